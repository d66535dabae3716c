"""Counting tries per address. The limit slides: at most so many within any stretch of that length."""

from datetime import datetime

from django.db import transaction

from smartqueue.accounts.errors import TooManyTries
from smartqueue.accounts.models import Tally
from smartqueue.accounts.queries import identifier_of, seconds_to_wait, seconds_until_free
from smartqueue.accounts.states import LIMITS


def refuse_if_full(*, kind: str, email: str, at: datetime) -> None:
    """Look without counting.

    Raises:
        TooManyTries: the address has used up its tries.
    """
    if wait_s := seconds_to_wait(kind=kind, email=email, at=at):
        raise TooManyTries(retry_after_s=wait_s)


def count(*, kind: str, email: str, at: datetime) -> None:
    """Count one try; of many at the same instant, no more pass than the limit allows.

    May join a transaction: rolled back with it, the try has not happened.

    Raises:
        TooManyTries: it was one too many, and is not counted.
    """
    with transaction.atomic():
        tally = _locked(kind, email, at)
        if wait_s := seconds_until_free(kind, tally.recent, at):
            raise TooManyTries(retry_after_s=wait_s)
        _append(tally, at)


def count_failure(*, kind: str, email: str, at: datetime) -> None:
    """Count what has already failed. Durable: the refusal that follows must not roll it back."""
    with transaction.atomic(durable=True):
        _append(_locked(kind, email, at), at)


def add_failure(*, kind: str, email: str, at: datetime) -> None:
    """Count what has already failed, in the caller's transaction, which must commit before the refusal is raised."""
    with transaction.atomic():
        _append(_locked(kind, email, at), at)


def forget_failures(*, kind: str, email: str) -> None:
    """Start from nothing: the owner of the address has proved who they are."""
    Tally.objects.filter(identifier=identifier_of(email), kind=kind).delete()


def _locked(kind: str, email: str, at: datetime) -> Tally:
    tallies = Tally.objects.select_for_update()
    return tallies.get_or_create(identifier=identifier_of(email), kind=kind, defaults={"last_at": at})[0]


def _append(tally: Tally, at: datetime) -> None:
    tally.recent = [*tally.recent, at][-LIMITS[tally.kind].most :]
    tally.last_at = at
    tally.save(update_fields=["recent", "last_at"])
