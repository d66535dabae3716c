"""Every other write, when two people want it at the same time: one gets it, the other is told why not."""

from functools import partial
from uuid import uuid4

import httpx
import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing import errors
from smartqueue.queueing.actions import agents, hot, tickets
from smartqueue.queueing.models import Agent, AgentSession, Ticket
from smartqueue.queueing.states import AgentStatus
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.races.world import Held, actor_of, broken_invariants, build_world

ROUNDS = 6
"""Chance decides who is first; a handful of rounds sees both."""


@pytest.fixture
def world():
    world = build_world(agents=3, queues=({}, {}))
    yield world
    assert broken_invariants(world.id) == {}


def in_scope(world, action, **wanted):
    """An action to be run later, in the tenant's scope."""

    def run():
        with in_tenant(world.id):
            return action(**{"actor": SYSTEM, "at": NINE} | wanted)

    return run


def take(world, queue=0):
    return hot.issue_ticket(tenant_id=world.id, queue_id=world.queues[queue].id, channel="kiosk", actor=SYSTEM, at=NINE)


def call(world, agent=0, ticket_id=None):
    person = world.agents[agent]
    wanted = {"tenant_id": world.id, "agent_id": person.agent.id, "actor": actor_of(person), "at": NINE}
    if ticket_id:
        return hot.call_ticket(**wanted, ticket_id=ticket_id, reason="Femme enceinte")
    return hot.call_next_ticket(**wanted, queue_id=world.queues[0].id)


def close(world, ticket_id, agent=0):
    hot.close_ticket(tenant_id=world.id, ticket_id=ticket_id, actor=actor_of(world.agents[agent]), at=NINE)


def row(world, ticket_id):
    with in_tenant(world.id):
        return Ticket.objects.get(id=ticket_id)


def refusals(results):
    """Names of the refusals among the results; anything else that was raised fails the test."""
    for result in results:
        assert isinstance(result, RuleBroken) or not isinstance(result, Exception), result
    return sorted(type(result).__name__ for result in results if isinstance(result, RuleBroken))


def test_a_parked_ticket_is_resumed_by_one_of_two_agents(world):
    for _ in range(ROUNDS):
        ticket_id = take(world)
        call(world)
        in_scope(world, tickets.pause_ticket, ticket_id=ticket_id, agent_id=None, reason="")()

        results = at_the_same_time(
            *[
                in_scope(world, tickets.resume_ticket, ticket_id=ticket_id, agent=world.agents[n].agent)
                for n in range(2)
            ]
        )

        assert refusals(results) == ["IllegalMove"]
        winner = next(n for n in range(2) if results[n] is None)
        assert row(world, ticket_id).agent_id == world.agents[winner].agent.id
        close(world, ticket_id)


def test_one_agent_resuming_two_tickets_gets_one(world):
    parked = [take(world), take(world)]
    for ticket_id in parked:
        call(world)
        in_scope(world, tickets.pause_ticket, ticket_id=ticket_id, agent_id=None, reason="")()

    results = at_the_same_time(
        *[
            in_scope(world, tickets.resume_ticket, ticket_id=ticket_id, agent=world.agents[1].agent)
            for ticket_id in parked
        ]
    )

    assert refusals(results) == ["AgentBusy"]


def test_a_ticket_cancelled_while_it_is_called_is_one_or_the_other_first(world):
    for _ in range(ROUNDS):
        ticket_id = take(world)

        called, cancelled = at_the_same_time(
            partial(call, world, 0, ticket_id),
            in_scope(world, tickets.cancel_ticket, ticket_id=ticket_id, agent_id=None, reason=""),
        )

        # Called first, then cancelled: both happen. Cancelled first: nobody is called.
        assert cancelled is None
        assert called == ticket_id or isinstance(called, errors.IllegalMove)
        now = row(world, ticket_id)
        assert (now.status, now.version) == ("cancelled", 3 if called == ticket_id else 2)


def test_call_next_passes_over_a_ticket_that_is_being_cancelled(world):
    leaving, staying = take(world), take(world)

    with Held(world.id, in_scope(world, tickets.cancel_ticket, ticket_id=leaving, agent_id=None, reason="")):
        assert call(world) == staying


def test_a_ticket_transferred_while_it_is_called_is_in_one_place(world):
    for _ in range(ROUNDS):
        ticket_id = take(world)

        called, transferred = at_the_same_time(
            partial(call, world, 0, ticket_id),
            in_scope(
                world, tickets.transfer_ticket, ticket_id=ticket_id, agent_id=None,
                to_queue_id=world.queues[1].id, reason="",
            ),
        )  # fmt: skip

        assert (called, transferred) == (ticket_id, None)
        now = row(world, ticket_id)
        assert (now.queue_id, now.version) == (world.queues[1].id, 3)
        assert (now.status, now.agent_id) in {("waiting", None), ("called", world.agents[0].agent.id)}
        if now.status == "called":
            close(world, ticket_id)


def test_two_closing_one_ticket_close_it_once(world):
    for _ in range(ROUNDS):
        ticket_id = take(world)
        call(world)

        results = at_the_same_time(*[partial(close, world, ticket_id, n) for n in range(3)])

        assert refusals(results) == ["IllegalMove"] * 2
        assert row(world, ticket_id).version == 3


def test_a_customer_letting_others_pass_while_he_is_called(world):
    for _ in range(ROUNDS):
        first, second = take(world), take(world)

        called, deferred = at_the_same_time(
            partial(call, world), in_scope(world, tickets.defer_ticket, ticket_id=first, people=1)
        )

        assert called in {first, second}
        # Called first: too late to let anybody pass. Passed over while he was letting others pass: they may be gone.
        too_late = errors.IllegalMove if called == first else errors.NobodyBehind
        assert deferred is None or type(deferred) is too_late
        assert row(world, first).status == ("called" if called == first else "waiting")
        close(world, called)
        while (rest := call(world)) is not None:
            close(world, rest)


def test_twenty_takers_at_once_fill_a_queue_to_its_capacity_and_no_further():
    world = build_world(queues=({"capacity": 7},))

    results = at_the_same_time(*[partial(take, world)] * 20)

    assert refusals(results) == ["QueueFull"] * 13
    assert broken_invariants(world.id) == {}
    call(world)
    assert refusals(at_the_same_time(*[partial(take, world)] * 4)) == ["QueueFull"] * 3


def test_the_last_place_goes_to_whoever_is_taking_it_already():
    world = build_world(queues=({"capacity": 2},))
    take(world)
    results = []

    with Held(world.id, partial(take, world)) as taking:
        late = Held(world.id, lambda: results.append(at_the_same_time(partial(take, world))[0]))
        late.thread.start()
        taking.until_someone_waits()
    late.__exit__()

    assert refusals(results) == ["QueueFull"]


def test_one_counter_takes_one_of_two_agents():
    world = build_world(agents=2, signed_in=False)

    results = at_the_same_time(
        *[
            in_scope(world, agents.sign_in_at_counter, agent_id=person.agent.id, counter_id=world.counters[0].id)
            for person in world.agents
        ]
    )

    assert refusals(results) == ["CounterTaken"]
    with in_tenant(world.id):
        assert AgentSession.objects.filter(closed_at=None).count() == 1
        assert sorted(Agent.objects.values_list("status", flat=True)) == ["available", "offline"]


def test_undo_and_close_at_once_leave_one_story(world):
    agent = world.agents[0]
    for _ in range(ROUNDS):
        ticket_id = take(world)
        call(world)
        in_scope(world, tickets.start_service, ticket_id=ticket_id, agent_id=None, actor=actor_of(agent))()

        undone, closed = at_the_same_time(
            in_scope(world, tickets.undo, ticket_id=ticket_id, actor=actor_of(agent)),
            partial(close, world, ticket_id),
        )

        # Undone first: called again, and a called ticket may be closed. Closed first: undo takes the closing back, or
        # is refused when it was about to take back the start.
        assert closed is None
        assert undone is None or isinstance(undone, errors.NothingToUndo)
        assert row(world, ticket_id).status in ({"closed", "serving"} if undone is None else {"closed"})
        if row(world, ticket_id).status == "serving":
            close(world, ticket_id)


def test_undo_twice_at_once_happens_once(world):
    agent = world.agents[0]
    ticket_id = take(world)
    call(world)

    results = at_the_same_time(*[in_scope(world, tickets.undo, ticket_id=ticket_id, actor=actor_of(agent))] * 3)

    assert refusals(results) == ["NothingToUndo"] * 2
    assert row(world, ticket_id).status == "waiting"


# --- an agent who is leaving the counter


def leave(world, agent=0):
    return in_scope(
        world, agents.set_agent_status, agent_id=world.agents[agent].agent.id, status=AgentStatus.OFFLINE, reason=""
    )


def test_nobody_is_called_to_a_counter_that_is_being_left(world):
    take(world)
    results = []

    with Held(world.id, leave(world)) as leaving:
        caller = Held(world.id, lambda: results.append(at_the_same_time(partial(call, world))[0]))
        caller.thread.start()
        leaving.until_someone_waits()
    caller.__exit__()

    assert refusals(results) == ["AgentOffline"]


def test_nobody_is_resumed_at_a_counter_that_is_being_left(world):
    ticket_id = take(world)
    call(world, 1)
    in_scope(world, tickets.pause_ticket, ticket_id=ticket_id, agent_id=None, reason="")()
    results = []

    resume = in_scope(world, tickets.resume_ticket, ticket_id=ticket_id, agent=world.agents[0].agent)
    with Held(world.id, leave(world)) as leaving:
        resuming = Held(world.id, lambda: results.append(at_the_same_time(resume)[0]))
        resuming.thread.start()
        leaving.until_someone_waits()
    resuming.__exit__()

    assert refusals(results) == ["AgentOffline"]
    assert row(world, ticket_id).status == "paused"


def test_an_agent_who_is_calling_does_not_leave(world):
    take(world)
    results = []

    with Held(world.id, partial(call, world)) as calling:
        leaving = Held(world.id, lambda: results.append(at_the_same_time(leave(world))[0]))
        leaving.thread.start()
        calling.until_someone_waits()
    leaving.__exit__()

    assert refusals(results) == ["AgentBusy"]


def test_a_closed_visit_does_not_come_back_to_a_counter_that_was_left(world):
    ticket_id = take(world)
    call(world)
    close(world, ticket_id)
    leave(world)()

    undone = at_the_same_time(in_scope(world, tickets.undo, ticket_id=ticket_id, actor=actor_of(world.agents[0])))

    assert refusals(undone) == ["AgentOffline"]
    assert row(world, ticket_id).status == "closed"


# --- idempotency keys, over HTTP against two processes


@pytest.fixture
def post(live_server_url, world):
    """`post(person, path, key, body) -> answer`: below the world's tenant."""

    def send(person, path, key, body):
        headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": key}
        url = f"{live_server_url}/api/v1/tenants/{world.tenant.slug}/{path}"
        with httpx.Client(headers=headers, timeout=30, trust_env=False) as client:
            return client.post(url, json=body)

    return send


def ticket_form(world, **fields):
    return {"queue_id": str(world.queues[0].id), "channel": "agent"} | fields


def test_ten_equal_requests_with_one_key_take_one_ticket(world, post):
    ask = partial(post, world.agents[0], "tickets/", uuid4().hex, ticket_form(world))

    answers = at_the_same_time(*[ask] * 10)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == [""] + ["true"] * 9
    with in_tenant(world.id):
        assert Ticket.objects.count() == 1


def test_one_key_with_other_bodies_at_once_takes_one_ticket(world, post):
    key = uuid4().hex

    answers = at_the_same_time(
        *[partial(post, world.agents[0], "tickets/", key, ticket_form(world, priority=n)) for n in (0, 5, 10)]
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]
    with in_tenant(world.id):
        assert Ticket.objects.count() == 1


def test_one_key_of_three_people_is_three_keys(world, post):
    key = uuid4().hex

    answers = at_the_same_time(*[partial(post, person, "tickets/", key, ticket_form(world)) for person in world.agents])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 3


def test_call_next_said_again_with_its_key_answers_the_same_ticket(world, post):
    take(world), take(world)
    queue = {"queue_id": str(world.queues[0].id)}
    ask = partial(post, world.agents[0], "agents/me/call-next/", uuid4().hex, queue)

    answers = [*at_the_same_time(*[ask] * 4), ask()]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    with in_tenant(world.id):
        assert Ticket.objects.filter(status="called").count() == 1


def test_one_agent_calling_at_once_with_several_keys_gets_one_person(world, post):
    for _ in range(4):
        take(world)
    queue = {"queue_id": str(world.queues[0].id)}

    answers = at_the_same_time(
        *[partial(post, world.agents[0], "agents/me/call-next/", uuid4().hex, queue) for _ in range(4)]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"agent_busy"}
