"""Many at once: what the locks, the unique indexes and the counter row are for, and twins that do without them."""
