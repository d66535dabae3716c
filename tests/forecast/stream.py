"""The relay's part: facts get their number in their queue's stream."""

from datetime import datetime, timedelta

from tests.cast import NINE


def later(**parts: float) -> datetime:
    return NINE + timedelta(**parts)


def number_all(at: datetime) -> None:
    """As a relay does, with nobody who hears; it takes every test's facts, as the house's does."""
    from smartqueue.journal.actions.relay import AT_ONCE, relay_entries

    while relay_entries(timetable={}, at=at) >= AT_ONCE:
        pass
