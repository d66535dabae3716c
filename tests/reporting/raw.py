"""All the rollup's rows once more, in plain Python from the raw rows: the other side of every comparison."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

US = timedelta(microseconds=1)
LIVE = {"waiting", "called", "serving", "paused"}
Rows = dict[tuple[Any, ...], dict[str, Any]]


def stored(tenant: Any) -> dict[str, Rows]:
    """What stands in the tables: table → key → values."""
    from smartqueue.reporting import models
    from smartqueue.reporting.states import unpacked
    from smartqueue.tenants.scope import in_tenant

    keys = {
        models.QueueDay: ("queue_id", "day"),
        models.QueueHour: ("queue_id", "day", "hour"),
        models.AgentDay: ("agent_id", "site_id", "day"),
        models.OriginDay: ("queue_id", "day", "commune"),
        models.SatisfactionDay: ("queue_id", "day"),
    }
    found: dict[str, Rows] = {}
    with in_tenant(tenant.id):
        for model, names in keys.items():
            rows = found[model.__name__] = {}
            for values in model.objects.values():
                key = tuple(values.pop(name) for name in names)
                del values["id"], values["tenant_id"]
                for name in ("wait_histogram", "service_histogram"):
                    if name in values:
                        values[name] = unpacked(f"{values[name]:f}")
                rows[key] = values
    return found


def expected(tenant: Any, at: datetime) -> dict[str, Rows]:
    """What ought to stand there. `at`: until when a stay that goes on counts."""
    from smartqueue.feedback.models import Feedback
    from smartqueue.journal.models import Entry
    from smartqueue.queueing.models import AgentSession, Ticket
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(tenant.id):
        raw = Raw(
            tickets=list(Ticket.objects.select_related("queue__site", "counter", "customer")),
            entries=list(Entry.objects.filter(tenant_id=tenant.id).order_by("id")),
            sessions=list(AgentSession.objects.select_related("counter__site")),
            answers=list(Feedback.objects.select_related("queue__site")),
            at=at,
        )
        return {
            "QueueDay": raw.queue_days(),
            "QueueHour": raw.queue_hours(),
            "AgentDay": raw.agent_days(),
            "OriginDay": raw.origins(),
            "SatisfactionDay": raw.satisfaction(),
        }


def wait_us(ticket: Any) -> int | None:
    return (ticket.called_at - ticket.created_at) // US if ticket.called_at else None


def service_us(ticket: Any) -> int | None:
    if ticket.status != "closed" or not ticket.started_at:
        return None
    return max(0, (ticket.ended_at - ticket.started_at - timedelta(seconds=ticket.paused_s)) // US)


def walk_us(ticket: Any) -> int | None:
    return (ticket.started_at - ticket.called_at) // US if ticket.started_at and ticket.called_at else None


def in_target(ticket: Any) -> bool:
    queue, waited = ticket.queue, wait_us(ticket)
    target = {10: queue.urgent_target_s, 5: queue.elevated_target_s}.get(ticket.priority, queue.wait_target_s)
    return waited is not None and waited <= target * 10**6


def measured(values: list[int | None]) -> list[int]:
    return sorted(value for value in values if value is not None)


class Raw:
    def __init__(self, *, tickets: Any, entries: Any, sessions: Any, answers: Any, at: datetime) -> None:
        self.tickets, self.entries, self.sessions, self.answers, self.at = tickets, entries, sessions, answers, at
        self.last_entry = {entry.object_id: entry for entry in entries if entry.version}

    def by(self, *key: Any) -> dict[tuple[Any, ...], list[Any]]:
        groups = defaultdict(list)
        for ticket in self.tickets:
            groups[tuple(one(ticket) for one in key)].append(ticket)
        return groups

    @staticmethod
    def place(tickets: list[Any]) -> dict[str, Any]:
        queue = tickets[0].queue
        return {"site_id": queue.site_id, "service_id": queue.service_id}

    def queue_days(self) -> Rows:
        return {
            key: self.place(tickets) | self.counts(tickets) | self.durations(tickets)
            for key, tickets in self.by(lambda t: t.queue_id, lambda t: t.day).items()
        }

    def counts(self, tickets: list[Any]) -> dict[str, Any]:
        states, channels = Counter(t.status for t in tickets), Counter(t.channel for t in tickets)
        gone = [t for t in tickets if t.status == "cancelled"]
        return {
            "issued": len(tickets),
            "called": sum(t.called_at is not None for t in tickets),
            "served": states["closed"],
            "no_show": states["no_show"],
            "cancelled": states["cancelled"],
            "expired": states["expired"],
            "live": sum(states[state] for state in LIVE),
            "in_target": sum(map(in_target, tickets)),
            "left_line": sum(t.called_at is None for t in gone),
            "cancelled_by_customer": sum(self.last_entry[t.id].actor_kind == "customer" for t in gone),
        } | {
            f"by_{name}": channels[name] for name in ("web", "mobile", "kiosk", "sms", "ussd", "whatsapp", "agent")
        }  # fmt: skip

    @staticmethod
    def durations(tickets: list[Any]) -> dict[str, Any]:
        from smartqueue.reporting.states import bucket_of

        values: dict[str, Any] = {}
        for name, measure in (("wait", wait_us), ("service", service_us), ("walk", walk_us)):
            found = measured([measure(ticket) for ticket in tickets])
            values[f"{name}_us"] = sum(found)
            values[f"{name}_min_us"], values[f"{name}_max_us"] = (found[0], found[-1]) if found else (None, None)
            if name != "wait":
                values[f"{name}_n"] = len(found)
            if name != "walk":
                values[f"{name}_histogram"] = dict(Counter(bucket_of(one / 1e6) for one in found))
        return values

    def queue_hours(self) -> Rows:
        from smartqueue.queueing.models import Queue

        zones = {queue.id: ZoneInfo(queue.site.time_zone) for queue in Queue.objects.select_related("site")}
        groups = self.by(
            lambda t: t.queue_id, lambda t: t.day, lambda t: t.created_at.astimezone(zones[t.origin_id]).hour
        )  # fmt: skip
        return {
            key: self.place(tickets)
            | {
                "issued": len(tickets),
                "called": sum(t.called_at is not None for t in tickets),
                "served": sum(t.status == "closed" for t in tickets),
                "in_target": sum(map(in_target, tickets)),
                "wait_us": sum(measured([wait_us(t) for t in tickets])),
            }
            for key, tickets in groups.items()
        }

    def origins(self) -> Rows:
        from smartqueue.sites.models import Division

        known = set(Division.objects.filter(level="commune").values_list("code", flat=True))

        def commune(ticket: Any) -> str:
            code = ticket.customer.metadata.get("commune") if ticket.customer else None
            return code if code in known else ""

        groups = self.by(lambda t: t.queue_id, lambda t: t.day, commune)
        return {key: self.place(tickets) | {"issued": len(tickets)} for key, tickets in groups.items()}

    def satisfaction(self) -> Rows:
        groups = defaultdict(list)
        for answer in self.answers:
            day = answer.created_at.astimezone(ZoneInfo(answer.queue.site.time_zone)).date()
            groups[answer.queue_id, day].append(answer)
        return {
            key: {
                "site_id": answers[0].queue.site_id,
                "service_id": answers[0].queue.service_id,
                "csat": [sum(one.csat == stars for one in answers) for stars in range(1, 6)],
                "nps": [sum(one.nps == mark for one in answers) for mark in range(11)],
            }
            for key, answers in groups.items()
        }

    def agent_days(self) -> Rows:
        sums: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        for ticket in self.tickets:
            if ticket.agent_id:
                site_id = ticket.counter.site_id if ticket.counter else ticket.queue.site_id
                own = sums[ticket.agent_id, site_id, ticket.day]
                own["handled"] += ticket.status not in LIVE
                own["served"] += ticket.status == "closed"
                own["no_show"] += ticket.status == "no_show"
                own["service_n"] += service_us(ticket) is not None
                own["service_us"] += service_us(ticket) or 0
                own["walk_us"] += walk_us(ticket) or 0
        self.add_moves(sums)
        self.add_stays(sums)
        self.add_breaks(sums)
        names = (
            "handled", "served", "no_show", "transferred", "put_back", "parked", "service_n", "service_us", "walk_us",
            "signed_in_us", "break_us",
        )  # fmt: skip
        return {key: {name: own[name] for name in names} for key, own in sums.items()}

    def add_moves(self, sums: dict[tuple[Any, ...], Counter[str]]) -> None:
        from smartqueue.sites.models import Counter as Seat

        seats = {str(seat.id): seat for seat in Seat.objects.all()}
        tickets = {ticket.id: ticket for ticket in self.tickets}
        came = {(e.object_id, e.version) for e in self.entries if e.fact == "ticket.checked_in"}
        undone = {
            (e.object_id, e.version - (2 if (e.object_id, e.version - 1) in came else 1))
            for e in self.entries if e.fact == "ticket.reopened"
        }  # fmt: skip
        words = {"ticket.transferred": "transferred", "ticket.put_back": "put_back", "ticket.paused": "parked"}
        for entry in self.entries:
            word = words.get(entry.fact)
            released = word == "transferred" and not (entry.data.get("to_queue_id") or entry.data.get("to_agent_id"))
            if not word or released or (entry.object_id, entry.version) in undone:
                continue
            told = (entry.before or {}) if (entry.before or {}).get("agent_id") else entry.data
            agent_id = told.get("agent_id")
            if agent_id:
                ticket = tickets[entry.object_id]
                seat = seats.get(str((entry.before or {}).get("counter_id") or entry.data.get("counter_id")))
                site_id = seat.site_id if seat else ticket.queue.site_id
                sums[type(ticket.id)(agent_id), site_id, ticket.day][word] += 1

    def spread(self, begins: datetime, ends: datetime | None, zone: ZoneInfo) -> Any:
        """Local days and the microseconds of a span that fall on each."""
        ends = min(ends or self.at, self.at)
        day = begins.astimezone(zone).date()
        while True:
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            following = day + timedelta(days=1)
            next_midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
            if midnight >= ends:
                return
            lasted = min(ends, next_midnight) - max(begins, midnight)
            if lasted > timedelta():
                yield day, lasted // US
            day = following

    def add_stays(self, sums: dict[tuple[Any, ...], Counter[str]]) -> None:
        for stay in self.sessions:
            site = stay.counter.site
            for day, lasted in self.spread(stay.opened_at, stay.closed_at, ZoneInfo(site.time_zone)):
                sums[stay.agent_id, site.id, day]["signed_in_us"] += lasted

    def add_breaks(self, sums: dict[tuple[Any, ...], Counter[str]]) -> None:
        from smartqueue.sites.models import Counter as Seat

        seats = {str(seat.id): seat for seat in Seat.objects.select_related("site")}
        of_agent = defaultdict(list)
        for entry in self.entries:
            if entry.fact == "agent.status_updated":
                of_agent[entry.object_id].append(entry)
        for agent_id, entries in of_agent.items():
            ordered = sorted(entries, key=lambda entry: (entry.at, entry.id))
            for entry, following in zip(ordered, [*ordered[1:], None], strict=True):
                if entry.data["status"] == "paused":
                    site = seats[entry.data["counter_id"]].site
                    until = following.at if following else None
                    for day, lasted in self.spread(entry.at, until, ZoneInfo(site.time_zone)):
                        sums[agent_id, site.id, day]["break_us"] += lasted


def percentile(values: list[int], share: float) -> float:
    """Nearest rank, in seconds."""
    rank = max(1, -(-round(share * len(values) * 1000) // 1000))
    return values[rank - 1] / 1e6


def differences(found: dict[str, Rows], wanted: dict[str, Rows]) -> list[str]:
    """Where two sides differ, few words each; empty when they are equal."""
    lines = []
    for table in wanted:
        for key in sorted({*found[table], *wanted[table]}, key=str):
            left, right = found[table].get(key), wanted[table].get(key)
            if left != right:
                names = sorted({*(left or {}), *(right or {})})
                pairs = {name: ((left or {}).get(name), (right or {}).get(name)) for name in names}
                lines.append(f"{table} {key}: { {name: pair for name, pair in pairs.items() if pair[0] != pair[1]} }")
    return lines
