"""T4: answers that never arrive. Whoever asks again under the same key gets what was answered the first time."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.chaos.clients import Answer, Client, Ledger, all_together, fresh_key, tell
from tests.chaos.proxy import CuttingProxy, cutting

FULL = bool(os.environ.get("SMARTQUEUE_FULL"))
REQUESTS = 2_000 if FULL else 200
PEOPLE = 8
DELAY_S, TIMEOUT_S = (10.0, 5.0) if FULL else (1.0, 0.6)
# The proxy ends connections in the middle of what they do; that Python then grumbles about their generators is no news.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LONGEST_S = 900 if FULL else 60
SEED = 20261121


@dataclass(frozen=True)
class Asked:
    """A request that was answered in the end."""

    person: Any
    path: str
    body: Any
    answer: Answer


@dataclass
class Line:
    """A branch with its tellers' queue and eight people at it; each keeps what he was told, under its key."""

    bank: Any
    queue_id: str
    people: list[Any]
    ledger: Ledger = field(default_factory=Ledger)
    asked: dict[str, Asked] = field(default_factory=dict)

    def ask(self, person: Any, client: Client, path: str, body: Any, *, with_key: bool = True) -> Answer:
        key, path = fresh_key(), f"tenants/{self.bank.slug}/{path}"
        answer = client.post(path, body, key=key if with_key else None)
        self.asked[key] = Asked(person, path, body, answer)
        return answer

    def take_tickets(self, port: int, *, with_key: bool = True) -> None:
        """`REQUESTS` tickets in all."""

        def kiosk(person: Any, client: Client) -> None:
            for _ in range(REQUESTS // PEOPLE):
                body = {"queue_id": self.queue_id, "channel": "kiosk"}
                assert self.ask(person, client, "tickets/", body, with_key=with_key).status == 201

        self.everybody(kiosk, port)

    def call_everyone(self, port: int) -> None:
        """Until nobody waits any more."""

        def agent(person: Any, client: Client) -> None:
            while (
                called := self.ask(person, client, "agents/me/call-next/", {"queue_id": self.queue_id})
            ).status == 200:
                closed = self.ask(person, client, f"tickets/{called.json['id']}/close/", {"outcome": "served"})
                assert closed.status == 200, closed.body
            assert called.status == 204, called.body

        self.everybody(agent, port)

    def everybody(self, doing: Callable[[Any, Client], None], port: int) -> None:
        def connected(person: Any) -> None:
            client = Client(("127.0.0.1", port), person.token, self.ledger, timeout_s=TIMEOUT_S)
            doing(person, client)
            client.hang_up()

        all_together([lambda person=person: connected(person) for person in self.people], seconds=LONGEST_S)

    def answers(self, end_of_path: str) -> list[Answer]:
        return [asked.answer for asked in self.asked.values() if asked.path.endswith(end_of_path)]

    @property
    def tickets(self) -> set[str]:
        """Those in the database."""
        from smartqueue.queueing.models import Ticket
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.bank.id):
            return {str(ticket_id) for ticket_id in Ticket.objects.values_list("id", flat=True)}

    @property
    def broken(self) -> list[Any]:
        """What the checker finds in the database, and in what people were told."""
        from smartqueue.queueing.queries.invariants import check_acknowledged, check_invariants
        from smartqueue.tenants.scope import in_tenant

        taken = [UUID(answer.json["id"]) for answer in self.answers("/tickets/")]
        calls = [answer.json for answer in self.answers("/call-next/") if answer.status == 200]
        called = {UUID(call["id"]): UUID(call["agent"]["id"]) for call in calls}
        assert len(called) == len(calls), "somebody was called twice"
        with in_tenant(self.bank.id):
            findings = [
                *check_invariants(self.bank.id),
                check_acknowledged(tenant_id=self.bank.id, taken=taken, called=called),
            ]
        return [finding for finding in findings if finding.broken]


@pytest.fixture
def line(bank: Any, tellers: Any, make_agent: Callable[..., Any]) -> Line:
    return Line(bank, str(tellers.id), [make_agent(f"Agent {number}", tellers) for number in range(PEOPLE)])


@pytest.fixture
def server(live_server_url: str) -> tuple[str, int]:
    where = urlsplit(live_server_url)
    return str(where.hostname), int(where.port or 0)


def assert_hidden_answers_were_given_later(proxy: CuttingProxy, line: Line) -> None:
    """What the server had answered under a key and nobody saw is, byte by byte, what came in the end."""
    different = [
        (line.asked[key].path, body, line.asked[key].answer.body)
        for key, bodies in proxy.hidden.items()
        for body in bodies
        if body != line.asked[key].answer.body
    ]
    assert different == []


def test_with_keys_no_answer_is_lost_and_nothing_happens_twice(
    line: Line, server: tuple[str, int], capsys: Any
) -> None:
    with cutting(server, seed=SEED, delay_s=DELAY_S) as proxy:
        line.take_tickets(proxy.port)
        line.call_everyone(proxy.port)

    taken = {answer.json["id"] for answer in line.answers("/tickets/")}
    assert len(taken) == REQUESTS
    assert line.tickets == taken
    assert {answer.json["id"] for answer in line.answers("/call-next/") if answer.status == 200} == taken
    assert line.ledger.faults == []
    assert line.broken == []
    assert min(proxy.fates[fate] for fate in ("cut after", "cut before", "delayed", "reset")) > 0
    assert line.ledger.retries >= len(proxy.hidden) > 0
    assert_hidden_answers_were_given_later(proxy, line)
    assert_replays_are_equal(line, server)
    hidden = sum(map(len, proxy.hidden.values()))
    said = f"{line.ledger.retries} retries, {hidden} hidden answers, 0 ghosts"
    tell(capsys, f"{len(line.asked)} requests, {dict(proxy.fates)}, {said}")


def assert_replays_are_equal(line: Line, server: tuple[str, int]) -> None:
    """Each request once more, past the proxy: the same answer, and no new effect."""

    def replay(person: Any) -> None:
        client = Client(server, person.token, Ledger())
        for key, asked in line.asked.items():
            if asked.person is person:
                again = client.post(asked.path, asked.body, key=key)
                assert (again.status, again.body) == (asked.answer.status, asked.answer.body)
                assert again.headers["idempotency-replayed"] == "true"
        client.hang_up()

    before = line.tickets
    all_together([lambda person=person: replay(person) for person in line.people], seconds=LONGEST_S)
    assert line.tickets == before
    assert line.broken == []


def test_the_same_key_with_another_request_is_refused(line: Line, server: tuple[str, int]) -> None:
    person = line.people[0]
    client = Client(server, person.token, line.ledger)
    body = {"queue_id": line.queue_id, "channel": "kiosk"}
    line.ask(person, client, "tickets/", body)
    [(key, asked)] = line.asked.items()

    refused = client.post(asked.path, body | {"channel": "agent"}, key=key)
    client.hang_up()

    assert (refused.status, refused.json["code"]) == (422, "idempotency_key_reused")
    assert len(line.tickets) == 1


def test_without_keys_the_same_faults_leave_ghosts(line: Line, server: tuple[str, int], capsys: Any) -> None:
    """The twin: it proves that the test above can see what it looks for."""
    with cutting(server, seed=SEED, delay_s=DELAY_S) as proxy:
        line.take_tickets(proxy.port, with_key=False)

    taken = {answer.json["id"] for answer in line.answers("/tickets/")}
    ghosts = line.tickets - taken
    assert len(taken) == REQUESTS
    assert len(ghosts) >= len(proxy.hidden[""]) > 0
    tell(capsys, f"{REQUESTS} takes without keys, {dict(proxy.fates)}, {len(ghosts)} ghosts")
