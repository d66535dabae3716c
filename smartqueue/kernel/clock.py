"""The only place that reads the time. Actions take `at`; surfaces and tasks pass `now()`."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, timezone-aware, UTC."""
    return datetime.now(UTC)
