"""Pages of the platform's super-admins, below `/platform/`."""
