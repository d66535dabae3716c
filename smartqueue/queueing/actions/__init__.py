"""Every write of the queue room, by noun."""
