"""Facts that only tests know."""

HEARD = "test.happened"
"""Heard by `timetable.leave_a_trace`."""
EFFECT = "test.effect"
"""What that handler writes."""
