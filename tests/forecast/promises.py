"""Promises that were kept or not: rows as `forecast.follow` leaves them, on tickets that exist."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

JOURNEY = ("told_at", "arrived_at", "away_passes")


def drawn(rng: Random, since: datetime, days: int) -> dict[str, Any]:
    """One that could have been, of any kind."""
    p50_s = rng.choice([0, 299, 300, 600, 1199, 1200, 2400, rng.randrange(4000)])
    row = {
        "asked_at": since + timedelta(minutes=rng.randrange(days * 1440)), "p10_s": p50_s // 2, "p50_s": p50_s,
        "p90_s": round(p50_s * 1.5), "wait_s": max(0, round(p50_s * rng.gauss(1, 0.4)) + rng.choice([-60, 0, 60])),
        "naive_s": rng.choice([None, rng.randrange(5000)]), "les_s": rng.choice([None, rng.randrange(5000)]),
        "served_s": rng.randrange(5000), "ending": rng.choices(["called", "left", "open"], [8, 1, 1])[0],
    }  # fmt: skip
    if rng.random() < 0.1:
        row |= {"p10_s": None, "p50_s": None, "p90_s": None, "quality": "none"}
    if row["ending"] != "called":
        row["wait_s"] = None
    return row


def recorded(ticket: Any) -> Any:
    """The journal's entry without which no ticket is; nobody follows it."""
    from smartqueue.journal.models import Entry

    return Entry(
        tenant_id=ticket.tenant_id, at=ticket.created_at, kind="create", fact="ticket.created", object_type="ticket",
        object_id=ticket.id, version=1, actor_kind="system", dispatched_at=ticket.created_at,
    )  # fmt: skip


@pytest.fixture
def promises(bank: Any) -> Callable[..., list[Any]]:
    """`promises(queue, n, rng, since=…, days=…)` draws so many; `promises(queue, n, **columns)` makes them alike."""
    from smartqueue.forecast.models import Estimate, Journey
    from smartqueue.journal.models import Entry
    from smartqueue.queueing.models import Ticket

    numbers = count(1)

    def make(
        queue: Any, n: int, rng: Random | None = None, *, since: datetime = NINE, days: int = 7, **columns: Any
    ) -> list[Any]:
        tickets, estimates, journeys = [], [], []
        for _n in range(n):
            row = (drawn(rng, since, days) if rng else {}) | columns
            row = {"asked_at": NINE, "wait_s": 600, "ending": "called", "p10_s": 0, "p50_s": 600, "p90_s": 900} | row
            number, called_at = next(numbers), None
            if row["ending"] == "called":
                called_at = row["asked_at"] + timedelta(seconds=row["wait_s"])
            status = row.pop("status", "closed" if called_at else "cancelled")
            ticket = Ticket(
                tenant=bank, queue=queue, origin_id=queue.id, service=queue.service, day=date(2026, 1, 1),
                sequence=number, number=f"T{number}", status=status, created_at=row["asked_at"],
                line_at=row["asked_at"],
                called_at=called_at, ended_at=called_at or row["asked_at"], channel="web",
            )  # fmt: skip
            tickets.append(ticket)
            journey = {name: row.pop(name) for name in JOURNEY if name in row}
            estimates.append(
                Estimate(**{"tenant": bank, "ticket": ticket, "queue": queue, "place": 1, "quality": "good"} | row)
            )
            if journey:
                journeys.append(Journey(tenant=bank, ticket=ticket, consented_at=NINE, **journey))
        with in_tenant(bank.id):
            Ticket.objects.bulk_create(tickets)
            Entry.objects.bulk_create(recorded(one) for one in tickets)
            Estimate.objects.bulk_create(estimates)
            Journey.objects.bulk_create(journeys)
        return estimates

    return make


@pytest.fixture
def promise(promises: Callable[..., list[Any]]) -> Callable[..., Any]:
    """`promise(queue, **columns)`: one."""
    return lambda queue, **columns: promises(queue, 1, **columns)[0]
