"""Arrivals by the hour, today beside the same weekday before: the one figure of the dashboard that reports count."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from smartqueue.reporting.queries.hours import arrivals_today as counted
from smartqueue.reporting.queries.wanted import Wanted
from smartqueue.tenants.models import Tenant


class Hour(NamedTuple):
    """`today` arrived in this hour; `usual` is the average of the same weekday. Shares of the highest, 0 to 100."""

    hour: int
    today: int
    usual: float
    today_share: int
    usual_share: int

    @property
    def today_top(self) -> int:
        return 100 - self.today_share

    @property
    def usual_top(self) -> int:
        return 100 - self.usual_share


def arrivals_today(tenant: Tenant, *, site_id: UUID | None, at: datetime) -> list[Hour]:
    """From the first to the last hour in which anybody comes; empty when nothing is counted yet. One query."""
    today = at.astimezone(ZoneInfo(tenant.time_zone)).date()
    found = counted(Wanted(tenant_id=tenant.id, first=today, last=today, site_id=site_id))
    highest = max([*found.issued, *found.usual])
    if not highest:
        return []
    hours = [
        Hour(hour, count, usual, round(100 * count / highest), round(100 * usual / highest))
        for hour, (count, usual) in enumerate(zip(found.issued, found.usual, strict=True))
    ]
    busy = [hour.hour for hour in hours if hour.today or hour.usual]
    return hours[busy[0] : busy[-1] + 1]
