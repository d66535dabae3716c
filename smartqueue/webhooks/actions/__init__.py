"""Writing endpoints and sources, delivering, and hearing."""
