"""Who waits elsewhere: how long the way is, when the turn comes, and so when to leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise

from smartqueue.forecast.models import Journey
from smartqueue.forecast.states import SAID_P80, Stage, is_time_to_leave
from smartqueue.queueing.models import Outlook, Ticket
from smartqueue.queueing.queries.outlook import Wait, waits_of
from smartqueue.queueing.states import EtaQuality, TicketState
from smartqueue.sites.models import Site
from smartqueue.travel.queries.ways import modes_offered, travel_rules
from smartqueue.travel.states import Mode, Point

UNDER_WAY = Q(ended_at=None, arrived_at=None)


@dataclass(frozen=True, slots=True)
class JourneyView:
    """Somebody's way to the site, as they may see it themselves; never their position.

    Attributes:
        may_use_position: whether its owner has agreed.
        position_at: how old the last known position is.
        travel_s, travel_p80_s: what is left of the way, in the middle of cases and in eight of ten.
        wait: seconds until the call; None while nothing may be claimed.
        away_passes: how often others went first because the turn came and the person was far.
        at: the instant of all this.
    """

    mode: str
    may_use_position: bool
    position_at: datetime | None
    said_min: int | None
    travel_s: int | None
    travel_p80_s: int | None
    wait: Wait | None
    margin_s: int
    told_at: datetime | None
    set_out_at: datetime | None
    arrived_at: datetime | None
    away_passes: int
    time_zone: str
    at: datetime

    @property
    def leave_at(self) -> datetime | None:
        """When to leave, maybe in the past; None where the way or the wait is not known."""
        if self.wait is None or self.travel_p80_s is None:
            return None
        return self.at + timedelta(seconds=self.wait.low - self.travel_p80_s - self.margin_s)

    @property
    def is_due(self) -> bool:
        """Whether it is time to leave."""
        if self.wait is None or self.travel_p80_s is None:
            return False
        return is_time_to_leave(wait_p10_s=self.wait.low, travel_p80_s=self.travel_p80_s, margin_s=self.margin_s)

    @property
    def stage(self) -> Stage:
        if self.arrived_at:
            return Stage.ARRIVED
        if self.set_out_at:
            return Stage.ON_THE_WAY
        if self.travel_s is None:
            return Stage.UNKNOWN_WAY
        if self.wait is None:
            return Stage.UNKNOWN_WAIT
        return Stage.NOW if self.is_due else Stage.LATER

    @property
    def travel_low_min(self) -> int | None:
        return None if self.travel_s is None else self.travel_s // 60

    @property
    def travel_high_min(self) -> int | None:
        return None if self.travel_p80_s is None else ceil(self.travel_p80_s / 60)

    @property
    def turn_from(self) -> datetime | None:
        return self.wait and self.at + timedelta(seconds=self.wait.middle)

    @property
    def turn_to(self) -> datetime | None:
        return self.wait and self.at + timedelta(seconds=self.wait.high)

    @property
    def mode_name(self) -> str | Promise:
        return Mode(self.mode).label


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody may choose who wants to wait elsewhere.

    Attributes:
        is_on_map: whether the site's place is known, so that a position helps.
    """

    modes: list[Mode]
    is_on_map: bool


def choices_of(ticket_id: UUID) -> Choice | None:
    """In the tenant's scope; None for a ticket that does not wait."""
    ticket = Ticket.objects.select_related("queue__site").filter(id=ticket_id, status=TicketState.WAITING).first()
    if ticket is None:
        return None
    site = ticket.queue.site
    return Choice(modes_offered(site), place_of(site) is not None)


def journey_of(ticket_id: UUID, *, at: datetime) -> JourneyView | None:
    """The journey of a ticket as it is at `at`, or None; in the tenant's scope. One query where there is none."""
    rows = Journey.objects.select_related("ticket__queue__site").filter(ticket_id=ticket_id, ended_at=None)
    journey = rows.first()
    return None if journey is None else view_of(journey, at=at)


def view_of(journey: Journey, *, at: datetime) -> JourneyView:
    """Args: journey: with its ticket, queue and site."""
    ticket = journey.ticket
    travel_s, travel_p80_s = remaining(journey, at=at)
    return JourneyView(
        mode=journey.mode,
        may_use_position=journey.consented_at is not None,
        position_at=journey.position_at,
        said_min=journey.said_min,
        travel_s=travel_s,
        travel_p80_s=travel_p80_s,
        wait=wait_of(ticket, at=at) if journey.arrived_at is None else None,
        margin_s=travel_rules().margin_min * 60,
        told_at=journey.told_at,
        set_out_at=journey.set_out_at,
        arrived_at=journey.arrived_at,
        away_passes=journey.away_passes,
        time_zone=ticket.queue.site.time_zone,
        at=at,
    )


def remaining(journey: Journey, *, at: datetime) -> tuple[int | None, int | None]:
    """What is left of the way, seconds: whoever has set out comes nearer also while the phone is silent."""
    if journey.said_min is not None:
        travel_s, p80_s = journey.said_min * 60, int(journey.said_min * 60 * SAID_P80)
    elif journey.travel_s is not None and journey.travel_p80_s is not None:
        travel_s, p80_s = journey.travel_s, journey.travel_p80_s
    else:
        return None, None
    if journey.set_out_at is None:
        return travel_s, p80_s
    since = max(journey.set_out_at, journey.position_at or journey.set_out_at)
    gone_s = max(0, int((at - since).total_seconds()))
    return max(0, travel_s - gone_s), max(0, p80_s - gone_s)


def place_of_ticket(ticket_id: UUID, *, at: datetime) -> int | None:
    """1 is next; None for a ticket that does not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_ahead(%s, %s)", [ticket_id, at])
        row = cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0]) + 1


def wait_of(ticket: Ticket, *, at: datetime) -> Wait | None:
    """Until the call, read off what is published of the queue; None wherever nobody is told minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.place, w.eta_quality FROM (SELECT queueing_ahead(%s, %s) + 1 AS place) p"
            " CROSS JOIN LATERAL queueing_wait(%s, p.place) w",
            [ticket.id, at, ticket.queue_id],
        )
        place, quality = cursor.fetchone()
    if place is None or quality == EtaQuality.NONE:
        return None
    waits = waits_of([ticket.queue_id]).get(ticket.queue_id)
    return waits.at(place) if waits else None


def counters_of(queue_id: UUID) -> int:
    """Counters open when the queue's outlook was published, shared ones rounded up."""
    open_now = Outlook.objects.filter(queue_id=queue_id).values_list("counters", flat=True).first()
    return ceil(open_now or 0)


def place_of(site: Site) -> Point | None:
    if site.latitude is None or site.longitude is None:
        return None
    return Point(site.latitude, site.longitude)


def people_to_pass(ticket: Ticket, *, place: int, at: datetime, most: int) -> int:
    """How many have to go before this ticket, so that the next one is not away as well; 0 where all behind are.

    Args:
        place: of the ticket; its followers in the lane are taken to stand right behind.
        most: people are looked at.
    """
    behind = list(
        Ticket.objects.filter(queue_id=ticket.queue_id, status=TicketState.WAITING, lane=ticket.lane)
        .filter(line_at__gte=ticket.line_at)
        .exclude(id=ticket.id)
        .exclude(line_at=ticket.line_at, id__lt=ticket.id)
        .order_by("line_at", "id")
        .values_list("id", flat=True)[:most]
    )
    far = {one.ticket_id: remaining(one, at=at)[0] or 0 for one in Journey.objects.filter(UNDER_WAY, ticket__in=behind)}
    waits = waits_of([ticket.queue_id]).get(ticket.queue_id)
    for people, ticket_id in enumerate(behind, 1):
        wait = waits.at(place + people) if waits else None
        if ticket_id not in far or wait is None or far[ticket_id] <= wait.high:
            return people
    return 0


def on_the_way(ticket_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, int]:
    """Minutes until those of these tickets' owners come who have set out; for staff. Never where they are."""
    rows = Journey.objects.filter(UNDER_WAY, ticket_id__in=ticket_ids, set_out_at__isnull=False)
    left = {row.ticket_id: remaining(row, at=at)[0] for row in rows}
    return {ticket_id: ceil(seconds / 60) for ticket_id, seconds in left.items() if seconds is not None}
