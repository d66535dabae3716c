"""Every write of the forecast."""
