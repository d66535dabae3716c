"""Pages of managers and administrators."""
