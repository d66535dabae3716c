"""Endpoints, deliveries, signatures. Not built yet."""
