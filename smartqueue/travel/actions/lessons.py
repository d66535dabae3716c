"""Learning from trips that people have made."""

import math
from datetime import datetime
from uuid import UUID

from django.db.models import F

from smartqueue.travel.models import TravelLesson
from smartqueue.travel.queries.ways import DAKAR_TIME, lesson_key, roads
from smartqueue.travel.states import Point

BELIEVED = (0.2, 5.0)
"""Real ÷ estimated minutes; what is outside was no trip by that way."""


def learn_trip(
    *, tenant_id: UUID, origin: Point, destination: Point, mode: str, left_at: datetime, arrived_at: datetime,
    time_zone: str = DAKAR_TIME,
) -> bool:  # fmt: skip
    """Compare a trip with what the table had said, before correction. Inside the tenant's scope; two at once are both
    counted. No person can be read from what is kept: a sum per zone, mode and hours.

    Returns:
        Whether it taught anything: a trip of a fifth, or of five times the estimate, does not.
    """
    real = (arrived_at - left_at).total_seconds() / 60
    table = roads().table_time(origin=origin, destination=destination, mode=mode, at=left_at, time_zone=time_zone)
    estimated = table.minutes
    if real <= 0 or estimated <= 0 or not BELIEVED[0] <= real / estimated <= BELIEVED[1]:
        return False
    zone, how, hours = lesson_key(origin, destination, mode, left_at, time_zone)
    row, _made = TravelLesson.objects.get_or_create(tenant_id=tenant_id, zone=zone, mode=how, hours=hours)
    TravelLesson.objects.filter(id=row.id).update(
        log_ratio_sum=F("log_ratio_sum") + math.log(real / estimated), trips=F("trips") + 1
    )
    return True
