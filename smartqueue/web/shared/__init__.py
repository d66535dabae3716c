"""Components that every audience uses."""
