"""Telling other systems what happened, signed (Standard Webhooks 1.0.0), and hearing from them."""
