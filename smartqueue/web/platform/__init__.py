"""Pages of platform staff. Not built yet: they use Django admin."""
