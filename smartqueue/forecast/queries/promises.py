"""What somebody was told when they took their ticket."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from smartqueue.forecast.models import Estimate
from smartqueue.forecast.states import has_moved


class Promise(NamedTuple):
    """The range that was shown, in seconds from `asked_at`."""

    asked_at: datetime
    low_s: int
    high_s: int

    def is_off(self, middle_s: int, *, at: datetime) -> bool:
        """Does the wait now look much shorter or longer than was said, counted from the beginning?

        Args:
            middle_s: the middle of the wait that is left at `at`.
        """
        return has_moved(self.low_s, (at - self.asked_at).total_seconds() + middle_s)


def promise_of(ticket_id: UUID) -> Promise | None:
    """The estimate that was given with a ticket; one query, in the tenant's scope.

    Returns:
        None where none could be given, and for a ticket that has been sent to another line since.
    """
    rows = Estimate.objects.filter(ticket_id=ticket_id).order_by("id")
    first = rows.values_list("queue_id", "ticket__queue_id", "asked_at", "p50_s", "p90_s").first()
    if first is None:
        return None
    queue_id, stands_in, asked_at, low_s, high_s = first
    return None if queue_id != stands_in or low_s is None or high_s is None else Promise(asked_at, low_s, high_s)
