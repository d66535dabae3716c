"""One day on one page, for the daily letter."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from smartqueue.reporting.queries.tickets import DropOff, Flow, Waits, dropoff_report, queue_report, wait_report
from smartqueue.reporting.queries.wanted import Part, Wanted


@dataclass(frozen=True)
class DailySummary:
    """A local day: its figures, those of the same weekday a week before, and its queues, busiest first."""

    day: date
    waits: Waits
    week_before: Waits
    dropoff: DropOff
    queues: list[Part[Flow]]


def daily_summary(tenant_id: UUID, day: date, site_id: UUID | None = None) -> DailySummary:
    """The summary of one day; four statements, inside the tenant's scope.

    Args:
        day: a local day; final once `generate_daily_report` has passed its midnight.
        site_id: of one site; None for all.
    """
    wanted = Wanted(tenant_id, day, day, site_id)
    a_week_before = Wanted(tenant_id, day - timedelta(days=7), day - timedelta(days=7), site_id)
    return DailySummary(
        day=day,
        waits=wait_report(wanted).total,
        week_before=wait_report(a_week_before).total,
        dropoff=dropoff_report(wanted).total,
        queues=queue_report(wanted).parts,
    )
