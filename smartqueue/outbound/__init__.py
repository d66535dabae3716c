"""Calling somebody outside: into the internet, never into our own network. No tables."""
