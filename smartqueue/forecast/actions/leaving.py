"""When to leave, computed by the clock: who is told, who is passed over while far."""

import logging
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from smartqueue.forecast.actions.journeys import forget_place, keep_origin
from smartqueue.forecast.models import Journey
from smartqueue.forecast.queries.journeys import (
    UNDER_WAY,
    JourneyView,
    counters_of,
    people_to_pass,
    place_of,
    place_of_ticket,
    view_of,
)
from smartqueue.forecast.states import LOOK_AGAIN_S, MOST_AWAY_PASSES, is_told_again
from smartqueue.journal.actions import record
from smartqueue.journal.states import SYSTEM, AuditKind
from smartqueue.queueing.actions.away import pass_over_away
from smartqueue.queueing.errors import IllegalMove, NobodyBehind
from smartqueue.queueing.states import LIVE, TicketState
from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.queries.ways import way
from smartqueue.travel.states import Point, TravelTime

logger = logging.getLogger(__name__)

AT_ONCE = 100
LEASE = timedelta(seconds=30)
"""A look of which nothing was heard for so long has died with its process; another one follows."""
WAY_KNOWN = timedelta(seconds=LOOK_AGAIN_S - 10)
SOONEST = timedelta(seconds=15)
LOOKED_BEHIND = 20


def watch_journeys(*, at: datetime) -> int:
    """Every journey that is due, tenant by tenant. One tenant's trouble does not keep the others waiting.

    Returns:
        How many were looked at.
    """
    due = Journey.objects.using("platform").filter(UNDER_WAY, due_at__lte=at)
    looked_at = 0
    for tenant_id in due.order_by("tenant_id").values_list("tenant_id", flat=True).distinct():
        try:
            looked_at += watch_tenant(tenant_id=tenant_id, at=at)
        except (DatabaseError, PoolTimeout):
            logger.exception("the journeys to tenant %s were not looked at", tenant_id)
    return looked_at


def watch_tenant(*, tenant_id: UUID, at: datetime) -> int:
    """The same for one tenant. Two clocks at once share the journeys out."""
    looked_at = 0
    while claimed := _claim(tenant_id, at):
        for ticket_id in claimed:
            look_at_journey(tenant_id=tenant_id, ticket_id=ticket_id, at=at)
        looked_at += len(claimed)
    return looked_at


def look_at_journey(*, tenant_id: UUID, ticket_id: UUID, at: datetime) -> None:
    """Compute one journey anew, and tell its owner if it is time.

    Outside a transaction: a way may be asked of a routing engine, and nothing is locked meanwhile.
    """
    taken = _way(tenant_id, ticket_id, at)
    with in_tenant(tenant_id):
        rows = Journey.objects.select_for_update(of=("self",)).select_related("ticket__queue__site")
        journey = rows.filter(UNDER_WAY, ticket_id=ticket_id).first()
        if journey is None:
            return
        if journey.ticket.status not in LIVE:
            forget_place(journey, at)
            return
        if taken and journey.position_at:
            journey.travel_s, journey.travel_p80_s = ceil(taken.minutes * 60), ceil(taken.p80_minutes * 60)
            journey.computed_at = at
        _judge(journey, at)
        journey.save()


def _claim(tenant_id: UUID, at: datetime) -> list[UUID]:
    """Journeys that are due, leased; those who are nearest to their turn first, as far as is known."""
    with in_tenant(tenant_id):
        rows = Journey.objects.select_for_update(skip_locked=True).filter(UNDER_WAY, due_at__lte=at)
        due = list(rows.order_by("ticket__line_at").values_list("id", "ticket_id")[:AT_ONCE])
        Journey.objects.filter(id__in=[journey_id for journey_id, _ticket_id in due]).update(due_at=at + LEASE)
        return [ticket_id for _journey_id, ticket_id in due]


def _way(tenant_id: UUID, ticket_id: UUID, at: datetime) -> TravelTime | None:
    """From the newest position at the time of leaving, as far as that is known."""
    with in_tenant(tenant_id):
        rows = Journey.objects.select_related("ticket__queue__site")
        journey = rows.filter(UNDER_WAY, ticket_id=ticket_id, latitude__isnull=False).first()
        if journey is None or journey.latitude is None or journey.longitude is None or _is_known(journey, at):
            return None
        site = journey.ticket.queue.site
        destination = place_of(site)
        if destination is None:
            return None
        return way(
            origin=Point(journey.latitude, journey.longitude), destination=destination, mode=journey.mode,
            at=max(at, journey.leave_at or at), time_zone=site.time_zone,
        )  # fmt: skip


def _is_known(journey: Journey, at: datetime) -> bool:
    """Whether the way was computed a moment ago, from where its owner still is."""
    if journey.computed_at is None or journey.position_at is None:
        return False
    return at - journey.computed_at < WAY_KNOWN and journey.position_at <= journey.computed_at


def _judge(journey: Journey, at: datetime) -> None:
    seen = view_of(journey, at=at)
    journey.leave_at = seen.leave_at
    journey.due_at = at + timedelta(seconds=LOOK_AGAIN_S)
    if seen.leave_at and seen.leave_at > at:
        journey.due_at = min(journey.due_at, max(seen.leave_at, at + SOONEST))
    if _is_to_be_told(journey, seen):
        _tell(journey, seen)
    _pass_over_if_away(journey, seen)


def _is_to_be_told(journey: Journey, seen: JourneyView) -> bool:
    if seen.set_out_at or not seen.is_due or seen.leave_at is None:
        return False
    if journey.told_at is None or journey.told_leave_at is None:
        return True
    return is_told_again(
        told_at=journey.told_at, told_leave_at=journey.told_leave_at, leave_at=seen.leave_at, at=seen.at
    )


def _tell(journey: Journey, seen: JourneyView) -> None:
    """The fact and the mark in one transaction: whoever dies after it is followed by the relay, and tells once."""
    assert seen.wait is not None
    assert seen.leave_at is not None
    journey.told_at, journey.told_leave_at, journey.told_travel_s = seen.at, seen.leave_at, seen.travel_s
    keep_origin(journey)
    record(
        "ticket.leave_now", kind=AuditKind.SEND, tenant_id=journey.tenant_id, object_type="ticket",
        object_id=journey.ticket_id, actor=SYSTEM, at=seen.at,
        data={
            "leave_at": seen.leave_at.isoformat(), "travel_min": seen.travel_high_min,
            "low_min": seen.wait.middle // 60, "high_min": ceil(seen.wait.high / 60),
        },
    )  # fmt: skip


def _pass_over_if_away(journey: Journey, seen: JourneyView) -> None:
    """The turn comes before the person can: the next one who is not away goes first.

    It happens a few times and no more, never where everybody behind is away too, and never to somebody whose way is
    not known.
    """
    ticket = journey.ticket
    if ticket.status != TicketState.WAITING or seen.wait is None or seen.travel_s is None:
        return
    if journey.away_passes >= MOST_AWAY_PASSES or seen.travel_s <= seen.wait.high:
        return
    place = place_of_ticket(ticket.id, at=seen.at)
    if place is None or place > counters_of(ticket.queue_id) + 1:
        return
    people = people_to_pass(ticket, place=place, at=seen.at, most=LOOKED_BEHIND)
    if not people:
        return
    try:
        pass_over_away(ticket_id=ticket.id, people=people, actor=SYSTEM, at=seen.at)
    except (IllegalMove, NobodyBehind):  # called meanwhile, or those behind were
        return
    journey.away_passes += 1
