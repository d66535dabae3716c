"""Displays and kiosks: pairing, heartbeat, layout. Not built yet."""
