"""Pages, cut by audience. Not built yet."""
