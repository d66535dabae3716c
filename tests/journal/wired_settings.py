"""The house's settings with the test's timetable, for processes that a test starts."""

from smartqueue.config.settings import *  # noqa: F403 - settings are made to be taken whole

JOURNAL_WIRING = "tests.journal.timetable"
