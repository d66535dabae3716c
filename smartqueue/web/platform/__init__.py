"""Pages of platform staff."""
