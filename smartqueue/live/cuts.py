"""From a queue's board to what each audience may see of it. No personal data, no token: these travel in broadcasts.
Only what one person is told of the own tickets (`own_message`) has their keys."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from smartqueue.notifications.queries.told import Mine
from smartqueue.queueing.queries.board import Board, Elsewhere, Fact
from smartqueue.queueing.states import EtaQuality

PHONE_BYTES = 300
"""A phone's message is never longer."""


class View(StrEnum):
    """Audiences of a queue."""

    STAFF = "staff"
    DISPLAY = "display"
    COUNTS = "counts"
    PHONE = "phone"


STAFF_FACT_KEYS = (
    "number", "counter_id", "agent_id", "status", "outcome", "channel", "priority", "rule", "people", "place",
    "undone", "from_queue_id", "to_queue_id", "to_agent_id", "waited_s", "service_s", "quality", "next_s",
)  # fmt: skip
"""What of a fact's data travels: named, so that a new member of `data` stays at home until somebody has judged it."""

CALLS = frozenset({"ticket.called", "ticket.recalled"})


def staff_fact(fact: Fact) -> dict[str, Any]:
    told = {key: fact.data[key] for key in STAFF_FACT_KEYS if key in fact.data}
    return {"name": fact.name, "seq": fact.seq, f"{fact.object_type}_id": fact.object_id, **told} | (
        {"counter": fact.counter} if fact.counter else {}
    )


def display_fact(fact: Fact) -> dict[str, Any] | None:
    """Calls only: what a screen rings for."""
    if fact.name not in CALLS:
        return None
    return {"name": fact.name, "seq": fact.seq, "number": fact.data.get("number"), "counter": fact.counter}


def facts_for(view: View, facts: list[Fact]) -> list[dict[str, Any]]:
    """What `view` is told of these facts."""
    if view == View.STAFF:
        return [staff_fact(fact) for fact in facts]
    if view == View.DISPLAY:
        return [told for fact in facts if (told := display_fact(fact))]
    return []


def state_for(view: View, board: Board) -> dict[str, Any]:
    """What a screen shows. Nothing in it changes with the clock alone but `at_risk`, positions and estimates."""
    line = board.line
    if view == View.DISPLAY:
        return {"waiting": line.total, "calls": board.calls} | _joining(board)
    counts = {
        "queue_status": board.status, "waiting_total": line.total, "at_risk": line.at_risk,
        "longest_wait_since": line.since, "open_counters": board.open_counters, "pace_s": board.pace_s,
    } | _joining(board)  # fmt: skip
    if view == View.COUNTS:
        states = [ticket["status"] for ticket in board.in_hand]
        return counts | {state: states.count(state) for state in ("called", "serving", "paused")}
    return counts | {"waiting": line.first, "in_hand": board.in_hand, "agents": board.agents}


def _joining(board: Board) -> dict[str, Any]:
    """The estimate for whoever would join now."""
    wait = board.joining
    low, high = (wait.middle, wait.high) if wait else (None, None)
    quality = board.waits.quality if wait else EtaQuality.NONE
    return {"eta_seconds": low, "eta_low_seconds": low, "eta_high_seconds": high, "eta_quality": quality}


LONGEST_HEAD = len('{"type":"snapshot","seq":9007199254740991,')


class PhoneLine(NamedTuple):
    """What one phone shows of a ticket that does not wait in the line."""

    status: str
    version: int
    counter: str | None = None
    called_at: str | None = None

    def tail(self) -> str:
        """The message to the phone after its head. A counter's name that would make it too long is cut."""
        told = {
            "status": self.status, "position": None, "people_ahead": None, "eta_seconds": None,
            "eta_low_seconds": None, "eta_high_seconds": None, "counter": self.counter,
            "called_at": self.called_at and f"{self.called_at[:19]}+00:00", "version": self.version,
        }  # fmt: skip
        tail, name = orjson.dumps(told), self.counter or ""
        while len(tail) - 1 + LONGEST_HEAD > PHONE_BYTES and name:
            name = name[:-1]
            tail = orjson.dumps(told | {"counter": f"{name}…"})
        return tail[1:].decode()


def waiting_tail(place: int, eta: int | None, high: int | None, version: int) -> str:
    """The same for one who waits; written by hand, because five thousand of them follow one call.

    Args:
        place: 1 is next.
        eta, high: the range that is shown, seconds; None while nothing may be claimed.
    """
    middle = "null" if eta is None else eta
    return (
        f'"status":"waiting","position":{place},"people_ahead":{place - 1},'
        f'"eta_seconds":{middle},"eta_low_seconds":{middle},"eta_high_seconds":{"null" if high is None else high},'
        f'"counter":null,"called_at":null,"version":{version}}}'
    )


def phone_message(kind: str, seq: int, tail: str) -> str:
    """At most `PHONE_BYTES` long."""
    return f'{{"type":"{kind}","seq":{seq},{tail}'


def _by_place(known: Sequence[int], tail: int, people: int) -> Sequence[int | None]:
    """`Waits.at` for everybody in a line at once; it writes nothing and costs no look-up for each of them."""
    if not known:
        return [None] * people
    return [*known[:people], *(known[-1] + beyond * tail for beyond in range(1, people - len(known) + 1))]


class Places:
    """Everybody's own line of one board, found by ticket; `away` has those who are not on it."""

    def __init__(self, board: Board, away: dict[str, Elsewhere]) -> None:
        first, line = board.line.first, board.line
        ids = [ticket["id"] for ticket in first] + line.rest_ids
        waits = board.waits
        self._etas = _by_place(waits.p50, waits.tail[1], len(ids))
        self._highs = _by_place(waits.p90, waits.tail[2], len(ids))
        self._versions = [ticket["version"] for ticket in first] + line.rest_versions
        self._waiting = dict(zip(ids, range(len(ids)), strict=True))
        self._away = away
        self._in_hand = {ticket["id"]: ticket for ticket in board.in_hand}

    def __contains__(self, ticket_id: str) -> bool:
        return ticket_id in self._waiting or ticket_id in self._in_hand or ticket_id in self._away

    def new_queue(self, ticket_id: str, queue_id: str) -> str | None:
        """The queue in which the ticket stands now, when that is not `queue_id`."""
        away = None if ticket_id in self._waiting or ticket_id in self._in_hand else self._away.get(ticket_id)
        return away.queue_id if away and away.queue_id != queue_id else None

    def waiting_tail(self, ticket_id: str) -> str | None:
        """What the phone of a waiting ticket shows; None for any other."""
        place = self._waiting.get(ticket_id)
        if place is None:
            return None
        return waiting_tail(place + 1, self._etas[place], self._highs[place], self._versions[place])

    def tail_of(self, ticket_id: str) -> str:
        """What the phone of a ticket shows that is here and does not wait."""
        if held := self._in_hand.get(ticket_id):
            return PhoneLine(held["status"], held["version"], held["counter"], held["called_at"]).tail()
        away = self._away[ticket_id]
        return PhoneLine(away.status, away.version, away.counter, away.called_at).tail()


def own_message(own: Mine) -> str:
    """What a person is told first at `/ws/me/`. The places of the tickets follow, a line each."""
    tickets = [
        {
            "id": one.id, "number": one.number, "token": one.token, "organisation": one.organisation,
            "site": one.site, "service": one.service,
        }
        for one in own.tickets
    ]  # fmt: skip
    told = [one._asdict() | {"at": one.at.isoformat(timespec="seconds")} for one in own.messages]
    return orjson.dumps({"type": "me", "tickets": tickets, "notifications": told}).decode()


def of_ticket(ticket_id: str, message: str) -> str:
    """A phone's message for somebody who watches several tickets."""
    return f'{{"ticket_id":"{ticket_id}",{message[1:]}'
