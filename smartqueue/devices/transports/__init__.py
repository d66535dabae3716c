"""How a device's words reach paper."""
