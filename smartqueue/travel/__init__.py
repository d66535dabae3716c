"""Positions, transport modes and travel times. Not built yet."""
