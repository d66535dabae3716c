"""`smartqueue bench waits`: recorded days through the house itself, in virtual time, and what became of its promises.

Everything is the product's: tickets are taken, called and closed by its actions, the relay numbers the journal, the
forecast follows it and publishes, and people read their wait where phones read it. Only the clock is the record's.
A record says when a number was called, not when its visit ended: an agent's visit lasts until that agent calls again.
"""

import csv
import os
import tempfile
import time
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import click
import psycopg
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from smartqueue.cli.benching import days
from smartqueue.cli.benching.order import MADE_PER_DAY
from smartqueue.cli.engines import remove_data, running_engines
from smartqueue.cli.processes import PlainError
from smartqueue.cli.replaying.recording import EVENTS, QUEUES, Kind, Line, Step, steps_of, straightened

if TYPE_CHECKING:
    from smartqueue.sites.models import Site

ZONE = "Europe/Warsaw"
LOOK_EVERY_MIN, READ_EVERY_MIN = 5, 10
"""So often all queues are looked at, and so often everybody who waits looks at their page."""

WANTED = (0.88, 0.92)
MADE_DAYS = 5
REASON = "as recorded"


class Instant(NamedTuple):
    """One thing that happens in one queue."""

    at: datetime
    queue: str
    step: Step


@dataclass(frozen=True)
class Office:
    """A site of a record.

    Attributes:
        lines: of each day, by queue.
    """

    name: str
    lines: dict[date, list[Line]]

    @property
    def seats(self) -> dict[str, int]:
        """Queue → the most counters that are ever open."""
        most: dict[str, int] = defaultdict(int)
        for line in (line for lines in self.lines.values() for line in lines):
            most[line.key] = max(most[line.key], line.most_counters)
        return dict(most)

    def instants(self, day: date) -> list[Instant]:
        """What happens on a day, in order; within a queue in the record's."""
        zone = ZoneInfo(ZONE)
        steps = [
            Instant(step.at.replace(tzinfo=zone), line.key, step) for line in self.lines[day] for step in line.steps
        ]
        return sorted(steps, key=lambda instant: instant.at)


def recorded(events: Path, office: str | None, most_queues: int | None) -> Office:
    """One office of a record: the named one, or the one with the most tickets. Queues without a name are one office.

    Args:
        most_queues: only its busiest.

    Raises:
        PlainError: the file is no record, or has no such office.
    """
    names = offices_of(events)
    found: defaultdict[tuple[date, str], list[Step]] = defaultdict(list)
    tickets: Tally[str] = Tally()
    for key, step in steps_of(events):
        found[step.at.date(), key].append(step)
        tickets[key] += step.kind == Kind.ISSUED
    of_office: Tally[str] = Tally()
    for key, n in tickets.items():
        of_office[names.get(key, "")] += n
    chosen = office if office is not None else max(of_office, key=lambda name: (of_office[name], name), default="")
    if not of_office[chosen]:
        raise PlainError(f"{events} has no ticket of {office or 'any office'}; offices: {', '.join(sorted(of_office))}")
    mine = {key for key in tickets if names.get(key, "") == chosen and tickets[key]}
    busiest = sorted(mine, key=lambda key: (-tickets[key], key))[:most_queues]
    lines: dict[date, list[Line]] = {}
    for (day, key), steps in sorted(found.items()):
        if key in busiest and (line := straightened(key, steps)).issued:
            lines.setdefault(day, []).append(line)
    return Office(chosen or events.name, lines)


def offices_of(events: Path) -> dict[str, str]:
    """Queue → office, from `…_queues.csv` beside the record, where there is one."""
    path = events.with_name(events.name.partition(EVENTS)[0] + QUEUES)
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["queue"]: row["office"] for row in csv.DictReader(file)}


def made(seed: int, most_queues: int | None) -> Office:
    """Generated days of a bank's branch, as those of `bench order`, with who leaves before the call left out."""
    rng, day, lines = Random(seed), date(2026, 3, 2), dict[date, list[Line]]()  # noqa: S311 - no secret
    services = days.services()["bank"]
    while len(lines) < MADE_DAYS:
        hours = days.hours_of("bank", day) if day.weekday() < days.SATURDAY else None
        if hours is not None:
            staffed = [
                days.Line(service, days.agents_for(n, service, hours), n)
                for service, n in zip(services, MADE_PER_DAY[:most_queues], strict=False)
            ]
            played = days.site_day(staffed, hours, days.busyness("bank", day), rng)
            lines[day] = [_made_line(f"q{place}", day, place, played) for place in range(len(staffed))]
        day += timedelta(days=1)
    return Office("generated branch", lines)


def _made_line(key: str, day: date, place: int, played: days.Day) -> Line:
    """A generated line as a record would have it."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a record's local time
    steps: list[Step] = []

    def note(seconds: float, kind: Kind, value: int) -> None:
        steps.append(Step(midnight + timedelta(seconds=round(seconds)), kind, value))

    mine = [stay for stay in played.stays if stay.line == stay.origin == place and stay.status != "cancelled"]
    for number, stay in enumerate(sorted(mine, key=lambda stay: stay.came), start=1):
        note(stay.came, Kind.ISSUED, number)
        if stay.called is not None:
            note(max(stay.came, stay.called), Kind.CALLED, number)
    there = [one for one in played.presences if one.line == place]
    moves = [(one.came, 1) for one in there] + [(one.left, -1) for one in there]
    moves += [(one.break_from, -1) for one in there if one.break_to > one.break_from]
    moves += [(one.break_to, 1) for one in there if one.break_to > one.break_from]
    counters = 0
    for seconds, change in sorted(moves):
        counters += change
        note(seconds, Kind.COUNTERS, counters)
    order = {Kind.COUNTERS: 0, Kind.ISSUED: 1, Kind.CALLED: 2}
    return straightened(key, sorted(steps, key=lambda step: (step.at, order[step.kind])))


@dataclass
class Seat:
    """An agent and the counter to sit at; `holding` is the ticket in hand, called at `since`."""

    agent_id: UUID
    counter_id: UUID
    holding: UUID | None = None
    since: datetime | None = None


@dataclass
class Window:
    """A queue of the record in the house: who serves it, who has gone home, its numbers of the day."""

    queue_id: UUID
    off: list[Seat]
    on: list[Seat] = field(default_factory=list)
    tickets: dict[int, UUID] = field(default_factory=dict)


def set_stage(tenant_id: UUID, office: Office, *, at: datetime) -> dict[str, Window]:
    """A site that never closes, and for each queue of the record a service, a queue, counters and agents."""
    from smartqueue.journal import actions as journal
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.queues import add_queue
    from smartqueue.sites.actions import set_hours
    from smartqueue.sites.models import Service, Site
    from smartqueue.sites.states import PRESETS
    from smartqueue.tenants.scope import in_tenant

    windows = {}
    with in_tenant(tenant_id):
        site = Site(tenant_id=tenant_id, name=office.name, code="REPLAY", time_zone=ZONE, observes_holidays=False)
        journal.add(site, actor=SYSTEM, at=at)
        set_hours(site=site, hours=PRESETS["around_the_clock"], actor=SYSTEM, at=at)
        for number, (key, seats) in enumerate(sorted(office.seats.items())):
            service = journal.add(Service(tenant_id=tenant_id, name=key, code=f"replay-{number}"), actor=SYSTEM, at=at)
            prefix = chr(ord("A") + number // 26) + chr(ord("A") + number % 26)
            values = {"site": site, "service": service, "name": key, "prefix": prefix}
            queue = add_queue(tenant_id=tenant_id, values=values, actor=SYSTEM, at=at)
            windows[key] = Window(queue.id, [_seat(tenant_id, site, queue.id, f"{key}-{n}", at) for n in range(seats)])
    return windows


def _seat(tenant_id: UUID, site: "Site", queue_id: UUID, name: str, at: datetime) -> Seat:
    from smartqueue.accounts.actions import make_user
    from smartqueue.journal import actions as journal
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.agents import hire_agent
    from smartqueue.sites.models import Counter

    email = f"{uuid4().hex[:12]}@example.invalid"
    user = make_user(email=email, password=uuid4().hex, full_name=name, check_password=False)
    agent = hire_agent(tenant_id=tenant_id, user=user, name=name, queue_ids=[queue_id], actor=SYSTEM, at=at)
    counter = journal.add(Counter(tenant_id=tenant_id, site=site, name=name), actor=SYSTEM, at=at)
    return Seat(agent.id, counter.id)


class Look(NamedTuple):
    """What somebody who waits has read: called within so many seconds, in nine cases of ten."""

    ticket_id: UUID
    at: datetime
    high_s: int


@dataclass
class Replay:
    """The house, day by day.

    Attributes:
        called: all tickets that were called, and when.
        looks: what was read, where a wait was shown.
        published: instants at which a queue's outlook was another than before.
        unmanned: calls while no counter was open by the record; somebody sat down for them.
    """

    tenant_id: UUID
    windows: dict[str, Window]
    called: dict[UUID, datetime] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    published: list[datetime] = field(default_factory=list)
    unmanned: list[datetime] = field(default_factory=list)
    _waiting: set[UUID] = field(default_factory=set)
    _made_at: dict[UUID, datetime | None] = field(default_factory=dict)

    def play_day(self, instants: Sequence[Instant]) -> None:
        """From the first thing that happens to the last, and home."""
        before = instants[0].at
        for at, together in groupby(instants, key=lambda instant: instant.at):
            self._pass_time(before, at)
            steps = list(together)
            for _at, key, step in steps:
                self._take(self.windows[key], step, at)
            is_look = is_on_the(LOOK_EVERY_MIN, at) or any(step.kind == Kind.COUNTERS for _at, _key, step in steps)
            self._follow(at, everything=is_look)
            self._read(at)
            before = at
        self._go_home(before + timedelta(minutes=1))

    def _pass_time(self, before: datetime, until: datetime) -> None:
        """The clock's looks from one instant to the next."""
        tick = before.replace(minute=before.minute - before.minute % LOOK_EVERY_MIN, second=0, microsecond=0)
        while (tick := tick + timedelta(minutes=LOOK_EVERY_MIN)) < until:
            if self._waiting:
                self._follow(tick, everything=True)
                self._read(tick)

    def _take(self, window: Window, step: Step, at: datetime) -> None:
        match step.kind:
            case Kind.COUNTERS:
                self._man(window, max(0, step.value), at)
            case Kind.ISSUED:
                self._issue(window, step.value, at)
            case Kind.CALLED:
                self._call(window, step.value, at)

    def _man(self, window: Window, counters: int, at: datetime) -> None:
        """So many serve from now on; who has nobody at the counter goes first, then who has had them longest."""
        from smartqueue.journal.states import SYSTEM
        from smartqueue.queueing.actions.agents import set_agent_status, sign_in_at_counter
        from smartqueue.queueing.states import AgentStatus
        from smartqueue.tenants.scope import in_tenant

        while len(window.on) < counters:
            seat = window.off.pop()
            with in_tenant(self.tenant_id):
                sign_in_at_counter(agent_id=seat.agent_id, counter_id=seat.counter_id, actor=SYSTEM, at=at)
            window.on.append(seat)
        while len(window.on) > counters:
            seat = self._next_free(window, at)
            with in_tenant(self.tenant_id):
                set_agent_status(agent_id=seat.agent_id, status=AgentStatus.OFFLINE, reason="", actor=SYSTEM, at=at)
            window.on.remove(seat)
            window.off.append(seat)

    def _next_free(self, window: Window, at: datetime) -> Seat:
        """Who is free, or becomes so by ending the longest visit."""
        from smartqueue.journal.states import SYSTEM
        from smartqueue.queueing.actions.hot import close_ticket

        seat = min(window.on, key=lambda one: one.since or datetime.min.replace(tzinfo=UTC))
        if seat.holding is not None:
            close_ticket(tenant_id=self.tenant_id, ticket_id=seat.holding, actor=SYSTEM, at=at)
            seat.holding = seat.since = None
        return seat

    def _issue(self, window: Window, number: int, at: datetime) -> None:
        from smartqueue.journal.states import SYSTEM
        from smartqueue.queueing.actions.hot import issue_ticket
        from smartqueue.queueing.states import Channel

        ticket_id = issue_ticket(
            tenant_id=self.tenant_id, queue_id=window.queue_id, channel=Channel.KIOSK, actor=SYSTEM, at=at
        )  # fmt: skip
        window.tickets[number] = ticket_id
        self._waiting.add(ticket_id)

    def _call(self, window: Window, number: int, at: datetime) -> None:
        from smartqueue.journal.states import SYSTEM
        from smartqueue.queueing.actions.hot import call_ticket
        from smartqueue.queueing.actions.tickets import start_service
        from smartqueue.tenants.scope import in_tenant

        is_unmanned = not window.on
        if is_unmanned:
            self.unmanned.append(at)
            self._man(window, 1, at)
        seat, ticket_id = self._next_free(window, at), window.tickets[number]
        call_ticket(
            tenant_id=self.tenant_id, ticket_id=ticket_id, reason=REASON, agent_id=seat.agent_id, actor=SYSTEM, at=at
        )  # fmt: skip
        with in_tenant(self.tenant_id):
            start_service(ticket_id=ticket_id, agent_id=seat.agent_id, actor=SYSTEM, at=at)
        seat.holding, seat.since = ticket_id, at
        self.called[ticket_id] = at
        self._waiting.discard(ticket_id)
        if is_unmanned:
            self._man(window, 0, at)

    def _follow(self, at: datetime, *, everything: bool) -> None:
        """What the relay and the forecast's tasks do."""
        from smartqueue.forecast.actions.following import follow_tenant, recompute_tenant
        from smartqueue.queueing.queries.outlook import waits_of
        from smartqueue.tenants.scope import in_tenant

        number_entries(at)
        (recompute_tenant if everything else follow_tenant)(tenant_id=self.tenant_id, at=at)
        with in_tenant(self.tenant_id):
            shown = waits_of([window.queue_id for window in self.windows.values()])
        made_at = {queue_id: waits.made_at for queue_id, waits in shown.items()}
        self.published += [at for queue_id in made_at if made_at[queue_id] != self._made_at.get(queue_id)]
        self._made_at = made_at

    def _read(self, at: datetime) -> None:
        """Everybody who waits looks at their page, when it is time."""
        from smartqueue.queueing.queries import show_tickets

        if is_on_the(READ_EVERY_MIN, at):
            for view in show_tickets(tenant_id=self.tenant_id, ids=sorted(self._waiting), at=at):
                if view.eta_high_seconds is not None:
                    self.looks.append(Look(view.id, at, view.eta_high_seconds))

    def _go_home(self, at: datetime) -> None:
        """Who was never called leaves; everybody who serves goes home."""
        from smartqueue.journal.states import SYSTEM
        from smartqueue.queueing.actions.tickets import cancel_ticket
        from smartqueue.tenants.scope import in_tenant

        for ticket_id in sorted(self._waiting):
            with in_tenant(self.tenant_id):
                cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=at)
        self._waiting.clear()
        for window in self.windows.values():
            self._man(window, 0, at)
            window.tickets.clear()
        self._follow(at, everything=True)


def is_on_the(minutes: int, at: datetime) -> bool:
    """Is this a whole so many minutes of the hour?"""
    return at.minute % minutes == 0 and at.second == 0


def number_entries(at: datetime) -> None:
    """The relay, for all that is new; only the queue's own pace hears of it."""
    from smartqueue.journal.actions.relay import AT_ONCE, relay_entries
    from smartqueue.queueing.handlers import learn_service_time

    while relay_entries(timetable={"ticket.closed": [learn_service_time]}, at=at, everything=False) >= AT_ONCE:
        pass


@dataclass(frozen=True)
class Figures:
    """What became of the promises of some days. Minutes, and shares from 0 to 1.

    Attributes:
        silent: tickets to which no minutes were named, because no counter was open.
        at_once: called at the instant at which they were taken: a record of minutes has them, and nobody waits there.
        scored: those to whom minutes were named, and who waited and were called.
        naive_mae: of people ahead × service time, on the scored ones.
        news: how often people who watch were told; published: how often an outlook was another than before.
        looks: reads during the wait whose ticket was called later; looks_under_90: called within the P90 read.
    """

    tickets: int
    silent: int
    at_once: int
    scored: int
    under_90: float
    under_10: float
    mean_wait: float
    mae: float
    width: float
    naive_mae: float
    published: int
    news: int
    looks: int
    looks_under_90: float
    unmanned: int

    @property
    def skill(self) -> float:
        """1 is perfect, 0 as bad as the naive formula."""
        return 1 - self.mae / self.naive_mae if self.naive_mae else 0.0


class Told(NamedTuple):
    """An estimate of the house. Seconds; `wait_s` is None for who was not called."""

    ticket_id: UUID
    asked_at: datetime
    p10_s: int | None
    p50_s: int | None
    p90_s: int | None
    naive_s: int
    wait_s: int | None


TOLD = """
SELECT ticket_id, asked_at, p10_s, p50_s, p90_s, naive_s, CASE WHEN ending = 'called' THEN wait_s END
FROM forecast_estimate WHERE tenant_id = %s ORDER BY asked_at, ticket_id
"""
NEWS = "SELECT at FROM journal_entry WHERE tenant_id = %s AND fact = 'ticket.eta_updated' ORDER BY at"


def figures_of(replay: Replay, chosen: Sequence[date]) -> Figures:
    """Of these days, from the house's rows and what was read in the meantime."""
    from django.db import connection

    from smartqueue.tenants.scope import in_tenant

    zone = ZoneInfo(ZONE)

    def within(instants: Iterable[datetime]) -> int:
        return sum(at.astimezone(zone).date() in chosen for at in instants)

    with in_tenant(replay.tenant_id), connection.cursor() as cursor:
        cursor.execute(TOLD, [replay.tenant_id])
        told = [Told(*row) for row in cursor.fetchall()]
        cursor.execute(NEWS, [replay.tenant_id])
        news = [at for (at,) in cursor.fetchall()]
    told = [one for one in told if within([one.asked_at])]
    scored = [
        (one.p10_s, one.p50_s, one.p90_s, one.naive_s, one.wait_s)
        for one in told
        if one.p10_s is not None and one.p50_s is not None and one.p90_s is not None and one.wait_s
    ]
    looks = [
        (replay.called[look.ticket_id] - look.at).total_seconds() <= look.high_s
        for look in replay.looks
        if within([look.at]) and look.ticket_id in replay.called
    ]
    return Figures(
        tickets=len(told), silent=sum(one.p50_s is None for one in told),
        at_once=sum(one.wait_s == 0 for one in told), scored=len(scored),
        under_90=_mean(wait <= high for _low, _middle, high, _naive, wait in scored),
        under_10=_mean(wait < low for low, _middle, _high, _naive, wait in scored),
        mean_wait=_mean(wait / 60 for *_said, wait in scored),
        mae=_mean(abs(middle - wait) / 60 for _low, middle, _high, _naive, wait in scored),
        width=_mean((high - middle) / 60 for _low, middle, high, _naive, _wait in scored),
        naive_mae=_mean(abs(naive - wait) / 60 for _low, _middle, _high, naive, wait in scored),
        published=within(replay.published), news=within(news),
        looks=len(looks), looks_under_90=_mean(looks), unmanned=within(replay.unmanned),
    )  # fmt: skip


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else 0.0


@contextmanager
def house() -> Iterator[None]:
    """An instance of our own in this process: engines and a migrated database. What a crash would lose may be lost."""
    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "DATABASE_PLATFORM_URL", "REDIS_URL", "SECRET_KEY"):
        os.environ.pop(name, None)
    try:
        with running_engines(home) as engines:
            os.environ |= {"SMARTQUEUE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "smartqueue.config.settings"}
            with psycopg.connect(engines.owner_url, autocommit=True) as db:
                db.execute("ALTER DATABASE smartqueue SET synchronous_commit = off")
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", database="owner", verbosity=0)
            try:
                yield
            finally:
                connections.close_all()
    finally:
        remove_data(home)


@click.command()
@click.argument("events", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--office", help="Of the record's offices; without it the one with the most tickets.")
@click.option("--days", "scored_from", type=click.IntRange(1), help="Score from the Nth day on; without it the last.")
@click.option("--most-queues", type=click.IntRange(1), help="Only the office's busiest.")
@click.option("--seed", default=1, show_default=True, help="Of the generated days.")
def command(
    events: Path | None, office: str | None, scored_from: int | None, most_queues: int | None, seed: int
) -> None:
    """Play the recorded days of an office (EVENTS: a log like that of `replay`; without one, generated days) through
    the whole house in virtual time, and compare what people were told with what happened.
    """
    played = recorded(events, office, most_queues) if events else made(seed, most_queues)
    dates = sorted(played.lines)
    first = min(scored_from or len(dates), len(dates)) - 1
    console = Console(width=150)
    started = time.monotonic()
    with house():
        replay = play(console, played)
        rows = {f"{day:%d %b}": figures_of(replay, [day]) for day in dates}
        rows["scored"] = figures_of(replay, dates[first:])
    console.print(table_of(rows, played, dates[first], time.monotonic() - started))


def play(console: Console, office: Office) -> Replay:
    """All days, in a tenant made for them."""
    from smartqueue.tenants.actions import create_tenant
    from smartqueue.tenants.states import OrganisationType

    tenant = create_tenant(name="Replay", slug="replay", type=OrganisationType.ADMINISTRATION)
    dates = sorted(office.lines)
    began = office.instants(dates[0])[0].at - timedelta(hours=1)
    replay = Replay(tenant.id, set_stage(tenant.id, office, at=began))
    with Progress(console=console, transient=True) as progress:
        for day in progress.track(dates, description=office.name):
            replay.play_day(office.instants(day))
    return replay


def table_of(rows: dict[str, Figures], office: Office, scored_from: date, seconds: float) -> Table:
    table = Table(
        "Day", "Tickets", "No min", "At once", "Scored", "≤ P90", "< P10", "Wait", "MAE", "P50–P90", "Skill",
        "Outlooks", "News", "Reads", "≤ P90", "Unmanned",
        title=f"{office.name}: {len(office.seats)} queues, {len(office.lines)} days in {seconds:,.0f} s",
        caption=f"Minutes. Scored from {scored_from:%d %b} on; the days before are learnt from, and printed. Wanted: "
        "0.88 to 0.92 called within the P90. No min: no minutes named, because no counter was open. At once: called in "
        "the minute in which they were taken; not scored. Skill: 1 − MAE ÷ MAE of people ahead × service time. "
        "Outlooks: published; news: of these, told to those who watch. Reads: everybody who waits, every ten minutes, "
        "off the published outlook. Unmanned: calls with no counter open by the record.",
    )  # fmt: skip
    for name, one in rows.items():
        is_off = name == "scored" and not WANTED[0] <= one.under_90 <= WANTED[1]
        table.add_row(
            name, f"{one.tickets:,}", f"{one.silent:,}", f"{one.at_once:,}", f"{one.scored:,}",
            f"{'[red]' if is_off else ''}{one.under_90:.3f}", f"{one.under_10:.3f}", f"{one.mean_wait:.1f}",
            f"{one.mae:.2f}", f"{one.width:.1f}", f"{one.skill:.2f}", f"{one.published:,}", f"{one.news:,}",
            f"{one.looks:,}", f"{one.looks_under_90:.3f}", f"{one.unmanned:,}",
            end_section=name == list(rows)[-2],
        )  # fmt: skip
    return table
