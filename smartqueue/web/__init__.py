"""Pages, cut by audience."""
