"""Thin: the wiring in, batches out."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from smartqueue.journal.actions.relay import forget_answers, relay_entries
from smartqueue.kernel.clock import now

MOST_BATCHES = 40


@shared_task(name="journal.relay")
def relay() -> None:
    """Poked after commits, and by the clock every few seconds for what no poke announced."""
    timetable = import_module(settings.JOURNAL_WIRING).LATER
    for _ in range(MOST_BATCHES):
        if relay_entries(timetable=timetable, at=now()) == 0:
            return


@shared_task(name="journal.forget_answers")
def forget_old_answers() -> None:
    forget_answers(at=now())
