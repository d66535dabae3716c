"""Displays and kiosks: pairing, heartbeat, layout; the clips of the voice."""
