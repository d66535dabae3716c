"""CSAT and NPS. Not built yet."""
