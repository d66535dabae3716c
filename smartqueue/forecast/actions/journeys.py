"""Somebody waits elsewhere: says how they come, lets this visit know where they are, sets out, arrives, is forgotten.

A position is never in the journal, a log or a broadcast: only in the journey's row, and only until it is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from smartqueue.forecast.errors import ConsentMissing, JourneyNotFound, SiteNotOnMap
from smartqueue.forecast.models import Journey
from smartqueue.forecast.queries.journeys import UNDER_WAY, place_of
from smartqueue.forecast.states import POSITION_EVERY_S, POSITION_KEPT_S, SET_OUT_M
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.queueing.actions.away import return_from_away, step_out
from smartqueue.queueing.actions.tickets import check_in_ticket
from smartqueue.queueing.errors import IllegalMove, TicketNotFound
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.states import LIVE, TicketState
from smartqueue.travel.actions.lessons import learn_trip
from smartqueue.travel.queries.ways import metres_between, modes_offered, travel_rules
from smartqueue.travel.states import Point

LONGEST_WAY_MIN = 240
MOVED_M = 100
"""Whoever has moved so far has another way."""
MAY_MATTER = timedelta(minutes=15)
"""Whose moment to leave is nearer than this is looked at with each call."""
NOWHERE: dict[str, Any] = {"latitude": None, "longitude": None, "position_at": None}
NO_ORIGIN: dict[str, Any] = {"origin_latitude": None, "origin_longitude": None}
ANEW: dict[str, Any] = NOWHERE | NO_ORIGIN | {
    "travel_s": None, "travel_p80_s": None, "computed_at": None, "leave_at": None, "told_at": None,
    "told_leave_at": None, "told_travel_s": None, "set_out_at": None, "arrived_at": None, "ended_at": None,
    "has_left": False,
}  # fmt: skip


def plan_journey(
    *, ticket_id: UUID, mode: str, minutes: int | None, agrees: bool, actor: Actor, at: datetime
) -> None:  # fmt: skip
    """The owner of a waiting ticket goes elsewhere and says how they come. Said anew, it begins anew.

    Args:
        mode: one of those that the site offers.
        minutes: "I am about so many minutes away", 1 to 240; None for somebody who lets us see.
        agrees: that the position is used for this visit.

    Raises:
        Invalid: under `mode` or `minutes`; under `minutes` too where there is neither minutes nor agreement.
        SiteNotOnMap: a position would not help.
        IllegalMove: the ticket does not wait.
        TicketNotFound.
    """
    with transaction.atomic():
        ticket = Ticket.objects.select_related("queue__site").filter(id=ticket_id).first()
        if ticket is None:
            raise TicketNotFound
        if ticket.status != TicketState.WAITING:
            raise IllegalMove(ticket_id=ticket_id)
        _must_be_a_plan(ticket, mode, minutes, agrees)
        values = ANEW | {
            "mode": mode, "said_min": minutes, "consented_at": at if agrees else None, "due_at": at,
        }  # fmt: skip
        journey, _made = Journey.objects.update_or_create(
            ticket_id=ticket.id, tenant_id=ticket.tenant_id, defaults=values
        )
        _record(journey, "planned", AuditKind.CREATE, actor, at, data={"mode": mode, "with_position": agrees})
        step_out(ticket_id=ticket.id, actor=actor, at=at)


def _must_be_a_plan(ticket: Ticket, mode: str, minutes: int | None, agrees: bool) -> None:
    site = ticket.queue.site
    if mode not in modes_offered(site):
        raise Invalid(mode=_("Choose one of the ways that are offered."))
    if minutes is None and not agrees:
        raise Invalid(minutes=_("Say how many minutes you are away, or let this page use your position."))
    if minutes is not None and not 1 <= minutes <= LONGEST_WAY_MIN:
        raise Invalid(minutes=_("A whole number from 1 to {most}.").format(most=LONGEST_WAY_MIN))
    if minutes is None and place_of(site) is None:
        raise SiteNotOnMap


def move(*, ticket_id: UUID, point: Point, accuracy_m: float | None = None, at: datetime) -> bool:
    """Where the owner of a ticket is now. The newest position takes the place of the one before.

    Coming within the tenant's `near_m` of the site from outside is arriving: the ticket is checked in.

    Args:
        accuracy_m: how far off the position may be; a rough one does not count as arriving.

    Returns:
        Whether it was kept; not where the last one is less than ten seconds old, or the owner has arrived.

    Raises:
        Invalid: under `latitude` or `longitude`.
        ConsentMissing: the owner has not agreed.
        JourneyNotFound: nothing is planned, or it is over.
        IllegalMove: the visit is over, or goes on at a counter.
        TicketNotFound.
    """
    _must_be_on_earth(point)
    with _under_way(ticket_id) as journey:
        if journey.consented_at is None:
            raise ConsentMissing
        if journey.position_at and at - journey.position_at < timedelta(seconds=POSITION_EVERY_S):
            return False
        metres_from_site = _metres_from_site(journey, point)
        near_m = travel_rules().near_m
        moved = _has_moved(journey, point)
        _notice_setting_out(journey, point, at)
        journey.latitude, journey.longitude, journey.position_at = point.latitude, point.longitude, at
        if metres_from_site is not None and metres_from_site > near_m:
            journey.has_left = True
        is_sure = accuracy_m is None or accuracy_m <= near_m
        if journey.has_left and is_sure and metres_from_site is not None and metres_from_site <= near_m:
            _arrive(journey, at)
        elif moved:
            journey.due_at = at
        journey.save()
        return True


def set_out(*, ticket_id: UUID, at: datetime) -> None:
    """ "I am leaving." The first time counts.

    Raises:
        JourneyNotFound, IllegalMove, TicketNotFound.
    """
    with _under_way(ticket_id) as journey:
        if journey.set_out_at is None:
            journey.set_out_at, journey.due_at = at, at
            keep_origin(journey)
            journey.save()


def forget_journey(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """The owner waits elsewhere no more, or takes the agreement back: nothing is left of it.

    Raises:
        JourneyNotFound: there is nothing to forget.
    """
    with transaction.atomic():
        journey = Journey.objects.select_for_update().filter(ticket_id=ticket_id).first()
        if journey is None:
            raise JourneyNotFound
        _record(journey, "forgotten", AuditKind.DELETE, actor, at)
        journey.delete()


def welcome(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """The ticket was checked in, by the fence around the site or by a touch: whoever was passed over gets the place
    back, the trip teaches the table of speeds, and where it began is forgotten. Twice is once."""
    with transaction.atomic():
        journey = _locked(ticket_id)
        if journey is None or journey.ended_at is not None:
            return
        if journey.away_passes and journey.ticket.status == TicketState.WAITING:
            return_from_away(ticket_id=ticket_id, actor=actor, at=at)
        if journey.arrived_at:  # by the fence: its time is the trip's
            _learn(journey)
        _save(journey, arrived_at=journey.arrived_at or at, **NOWHERE, **NO_ORIGIN)


def end_journey(*, ticket_id: UUID, at: datetime) -> None:
    """The visit is over: where its owner was is forgotten. One statement: most tickets have no journey."""
    Journey.objects.filter(ticket_id=ticket_id, ended_at=None).update(ended_at=at, **NOWHERE, **NO_ORIGIN)


def forget_place(journey: Journey, at: datetime) -> None:
    """End a journey that is locked."""
    _save(journey, ended_at=at, **NOWHERE, **NO_ORIGIN)


def look_soon(*, queue_ids: list[UUID], at: datetime) -> int:
    """A line has moved: those who wait elsewhere, and for whom that may matter, are looked at when the clock comes by.

    Whoever has long to wait yet is looked at by the clock anyway.
    """
    in_line = Q(ticket__queue_id__in=queue_ids, ticket__status=TicketState.WAITING)
    may_matter = Q(leave_at=None) | Q(leave_at__lte=at + MAY_MATTER)
    due = Journey.objects.filter(UNDER_WAY, in_line, may_matter, due_at__gt=at).values("id")
    return Journey.objects.filter(UNDER_WAY, id__in=due).update(due_at=at)


def forget_old_positions(*, at: datetime) -> int:
    """The sweeper, for all tenants: no position lives longer than 24 hours, whatever became of the visit."""
    before = at - timedelta(seconds=POSITION_KEPT_S)
    rows = Journey.objects.using("platform")
    old = Q(position_at__lt=before) | Q(origin_latitude__isnull=False, set_out_at__lt=before)
    old |= Q(origin_latitude__isnull=False, told_at__lt=before)
    return rows.filter(old).update(**NOWHERE, **NO_ORIGIN)


def keep_origin(journey: Journey) -> None:
    """Where the way begins, to three decimals (about 100 m): enough to learn how long it takes."""
    if journey.latitude is not None and journey.longitude is not None:
        journey.origin_latitude, journey.origin_longitude = round(journey.latitude, 3), round(journey.longitude, 3)


@contextmanager
def _under_way(ticket_id: UUID) -> Iterator[Journey]:
    with transaction.atomic():
        journey = _locked(ticket_id)
        if journey is None:
            if not Ticket.objects.filter(id=ticket_id).exists():
                raise TicketNotFound
            raise JourneyNotFound
        if journey.ticket.status not in LIVE or journey.ticket.status == TicketState.SERVING:
            raise IllegalMove(ticket_id=ticket_id)
        if journey.ended_at or journey.arrived_at:
            raise JourneyNotFound
        yield journey


def _locked(ticket_id: UUID) -> Journey | None:
    """The journey is locked before its ticket, always: the other order could deadlock."""
    rows = Journey.objects.select_for_update(of=("self",)).select_related("ticket__queue__site")
    return rows.filter(ticket_id=ticket_id).first()


def _must_be_on_earth(point: Point) -> None:
    wrong = {
        name: _("Degrees from -{most} to {most}.").format(most=most)
        for name, value, most in (("latitude", point.latitude, 90), ("longitude", point.longitude, 180))
        if not isfinite(value) or abs(value) > most
    }
    if wrong:
        raise Invalid(**wrong)


def _metres_from_site(journey: Journey, point: Point) -> float | None:
    site = place_of(journey.ticket.queue.site)
    return None if site is None else metres_between(point, site)


def _has_moved(journey: Journey, point: Point) -> bool:
    if journey.latitude is None or journey.longitude is None:
        return True
    return metres_between(point, Point(journey.latitude, journey.longitude)) >= MOVED_M


def _notice_setting_out(journey: Journey, point: Point, at: datetime) -> None:
    """Whoever was told to leave and has moved well away from where they were is on the way."""
    if journey.set_out_at or journey.told_at is None:
        return
    if journey.origin_latitude is None or journey.origin_longitude is None:
        return
    if metres_between(point, Point(journey.origin_latitude, journey.origin_longitude)) >= SET_OUT_M:
        journey.set_out_at = journey.position_at or at


def _arrive(journey: Journey, at: datetime) -> None:
    """Near the site. The rest is `welcome`'s, when the relay hands over that the ticket was checked in."""
    journey.arrived_at = at
    for name, value in NOWHERE.items():
        setattr(journey, name, value)
    check_in_ticket(ticket_id=journey.ticket_id, actor=Actor(), at=at)


def _learn(journey: Journey) -> None:
    site = place_of(journey.ticket.queue.site)
    if site is None or journey.set_out_at is None or journey.arrived_at is None:
        return
    if journey.origin_latitude is None or journey.origin_longitude is None:
        return
    learn_trip(
        tenant_id=journey.tenant_id, origin=Point(journey.origin_latitude, journey.origin_longitude),
        destination=site, mode=journey.mode, left_at=journey.set_out_at, arrived_at=journey.arrived_at,
        time_zone=journey.ticket.queue.site.time_zone,
    )  # fmt: skip


def _save(journey: Journey, **values: Any) -> None:
    for name, value in values.items():
        setattr(journey, name, value)
    journey.save(update_fields=list(values))


def _record(journey: Journey, happened: str, kind: AuditKind, actor: Actor, at: datetime, **facts: Any) -> None:
    """That a person has agreed, or has taken it back, can be proved; where they were, never."""
    record(
        f"journey.{happened}", kind=kind, tenant_id=journey.tenant_id, object_type="ticket",
        object_id=journey.ticket_id, actor=actor, at=at, **facts,
    )  # fmt: skip
