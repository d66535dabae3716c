"""Thin: the wiring in, batches out."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from smartqueue.journal.actions.relay import AT_ONCE, forget_answers, relay_entries
from smartqueue.kernel.clock import now

MOST_BATCHES = 40


@shared_task(name="journal.relay")
def relay(*, everything: bool = False) -> None:
    """Poked after commits for what is new, and by the clock every few seconds for everything.

    It ends with the first batch that was not full: what was committed meanwhile has its own poke. One that went on
    until nothing is left would never end while facts keep coming, and hand them over two by two.
    """
    wiring = import_module(settings.JOURNAL_WIRING)
    for _ in range(MOST_BATCHES):
        taken = relay_entries(
            timetable=wiring.LATER, at=now(), everything=everything, announce=getattr(wiring, "AT_ONCE", None)
        )
        if taken < AT_ONCE:
            return


@shared_task(name="journal.forget_answers")
def forget_old_answers() -> None:
    forget_answers(at=now())
