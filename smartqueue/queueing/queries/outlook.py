"""The wait by place, read off what the forecast published last. No query per ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from smartqueue.queueing.models import Outlook
from smartqueue.queueing.states import EtaQuality


class Wait(NamedTuple):
    """Seconds from now: in one case of ten it is shorter than `low`, in nine of ten it is not longer than `high`.

    People are shown `middle` to `high`.
    """

    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True)
class Waits:
    """A queue's outlook in memory: `at(place)` costs no query."""

    p10: Sequence[int]
    p50: Sequence[int]
    p90: Sequence[int]
    tail: Sequence[int]
    quality: str
    made_at: datetime | None = None

    def at(self, place: int) -> Wait | None:
        """Of whoever stands at `place`; 1 is next. None while no counter is open: then nothing is claimed."""
        known = len(self.p50)
        if not known or place < 1:
            return None
        index, beyond = min(place, known) - 1, max(0, place - known)
        low, middle, high = (
            by_place[index] + beyond * step
            for by_place, step in zip((self.p10, self.p50, self.p90), self.tail, strict=True)
        )
        return Wait(low, middle, high)


NOTHING = Waits((), (), (), (0, 0, 0), EtaQuality.NONE)


def waits_of(queue_ids: Sequence[UUID]) -> dict[UUID, Waits]:
    """What is published of these queues, in the tenant's scope; one query. A queue without an outlook is left out."""
    rows = Outlook.objects.filter(queue_id__in=queue_ids)
    return {row.queue_id: Waits(row.p10, row.p50, row.p90, row.tail, row.quality, row.made_at) for row in rows}
