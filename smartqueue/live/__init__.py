"""Sockets, event streams and polling: one hub per process tells every screen how its queue stands."""
