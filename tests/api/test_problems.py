"""What the rules refuse: 409 with a stable code and, for a ticket, the ticket as it is now; nothing changed."""

from uuid import uuid4

import pytest

from smartqueue.queueing.models import Queue
from smartqueue.sites.models import OpeningHours
from smartqueue.tenants.scope import in_tenant
from tests.architecture.endpoints import footprint, make_world

STATES = ("waiting", "called", "serving", "paused", "closed", "no_show", "cancelled", "expired")

# Moves by which a ticket comes into a state; then who may do what. `undo` and `transfer` have tests of their own.
WAY = {
    "waiting": [], "called": ["call"], "serving": ["call", "start-service"], "paused": ["call", "pause"],
    "closed": ["call", "close"], "no_show": ["call", "mark-no-show"], "cancelled": ["cancel"], "expired": ["expire"],
}  # fmt: skip
ALLOWED = {
    "call": {"waiting"}, "recall": {"called"}, "start-service": {"called"}, "close": {"called", "serving"},
    "transfer": {"waiting", "called", "serving", "paused"}, "pause": {"called", "serving"}, "resume": {"paused"},
    "mark-no-show": {"called"}, "put-back": {"called", "no_show", "paused"}, "defer": {"waiting"},
    "cancel": {"waiting", "called", "paused"}, "release": set(),
}  # fmt: skip
ILLEGAL = [(move, state) for move, states in ALLOWED.items() for state in STATES if state not in states]


@pytest.fixture
def world():
    """Its queue asks for no pause between two calls."""
    world = make_world("Règles")
    with in_tenant(world.tenant.id):
        Queue.objects.update(recall_gap_s=0, no_show_grace_s=0)
    return world


@pytest.fixture
def path(world):
    return f"tenants/{world.slug}/"


@pytest.fixture
def move(world, path):
    def run(name, *, ticket=None, role="agent", json=None, **options):
        if json is None:
            json = {"queue_id": world.rows["other_queue"], "reason": "Crédit"} if name == "transfer" else {}
        return world.api(role).post(f"{path}tickets/{ticket or world.rows['ticket']}/{name}/", json=json, **options)

    return run


@pytest.fixture
def bring(world, path, move):
    def run(state):
        for name in WAY[state]:
            if name == "expire":
                expire(world)
            else:
                assert move(name).status_code == 200
        now = world.api().get(f"{path}tickets/{world.rows['ticket']}/").json()
        assert now["status"] == state
        return now

    return run


def expire(world):
    """The site closes for good, and the leftovers end."""
    from datetime import UTC, datetime, timedelta

    from smartqueue.queueing.actions.tickets import expire_leftovers

    with in_tenant(world.tenant.id):
        OpeningHours.objects.all().delete()
    assert expire_leftovers(tenant_id=world.tenant.id, at=datetime.now(UTC) + timedelta(days=1)) == 2


def refused(answer, status, code):
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), problem
    assert (problem["code"], problem["status"], problem["type"]) == (code, status, f"urn:smartqueue:problem:{code}")
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(("name", "state"), ILLEGAL, ids=[f"{name} {state}" for name, state in ILLEGAL])
@pytest.mark.parametrize("with_key", [False, True])
def test_a_move_from_a_wrong_state_shows_the_ticket_as_it_is(world, move, bring, name, state, with_key):
    now = bring(state)
    if name in {"call", "resume"} and state in {"called", "serving"}:
        expected = "agent_busy" if name == "call" else "illegal_move"
    else:
        expected = "illegal_move"
    before = footprint(world.tenant.id)

    problem = refused(move(name, headers={"Idempotency-Key": str(uuid4())} if with_key else {}), 409, expected)

    assert drifting(problem["ticket"]) == drifting(now)
    assert footprint(world.tenant.id) == before


def drifting(ticket):
    """Without what depends on the instant of the question."""
    return {name: value for name, value in ticket.items() if not name.startswith("eta")}


@pytest.mark.parametrize("state", STATES)
def test_undo_has_nothing_to_take_back_of_somebody_else(world, move, bring, state):
    now = bring(state)
    before = footprint(world.tenant.id)

    problem = refused(move("undo", role="manager"), 409, "nothing_to_undo")

    assert drifting(problem["ticket"]) == drifting(now)
    assert footprint(world.tenant.id) == before


def test_a_colleagues_ticket_is_not_ones_own(world, move, bring):
    from tests.architecture.endpoints import _member

    bring("called")
    colleague = _member(world.tenant, "agent", "Fatou")
    with in_tenant(world.tenant.id):
        from smartqueue.queueing.models import Agent

        Agent.objects.create(tenant=world.tenant, user=colleague.user, name="Fatou")
    world.agent = colleague
    before = footprint(world.tenant.id)

    for name in ("recall", "start-service", "pause", "mark-no-show", "put-back", "cancel", "transfer", "close"):
        refused(move(name), 403, "not_your_ticket")
    assert footprint(world.tenant.id) == before


def test_a_parked_ticket_waits_until_its_agent_is_free(world, path, move, bring):
    bring("paused")
    second = world.api("agent").post(f"{path}agents/me/call-next/", json={}).json()
    before = footprint(world.tenant.id)

    problem = refused(move("resume"), 409, "agent_busy")

    assert (second["status"], problem["ticket"]["status"]) == ("called", "paused")
    assert footprint(world.tenant.id) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "closed"}, "queue_closed"),
        ({"status": "paused"}, "queue_paused"),
        ({"is_active": False}, "queue_closed"),
        ({"capacity": 2}, "queue_full"),
        (None, "site_closed"),
    ],
)
@pytest.mark.parametrize("with_key", [False, True])
def test_a_queue_that_takes_nobody_says_why(world, path, change, code, with_key):
    with in_tenant(world.tenant.id):
        if change is None:
            OpeningHours.objects.all().delete()
        else:
            Queue.objects.filter(id=world.rows["queue"]).update(**change)
    before = footprint(world.tenant.id)
    headers = {"Idempotency-Key": "k"} if with_key else {}

    answer = world.api("agent").post(
        f"{path}tickets/", json={"queue_id": world.rows["queue"], "channel": "kiosk"}, headers=headers
    )

    refused(answer, 409, code)
    assert footprint(world.tenant.id) == before


@pytest.mark.parametrize("change", [{"status": "closed"}, {"status": "paused"}, {"is_active": False}, None])
def test_a_transfer_to_a_queue_that_takes_nobody_is_refused(world, move, bring, change):
    bring("serving")
    with in_tenant(world.tenant.id):
        if change is None:
            OpeningHours.objects.all().delete()
        else:
            Queue.objects.filter(id=world.rows["other_queue"]).update(**change)
    before = footprint(world.tenant.id)

    problem = refused(move("transfer"), 409, "queue_closed")

    assert problem["ticket"]["status"] == "serving"
    assert footprint(world.tenant.id) == before


def test_a_transfer_to_where_one_is_goes_nowhere(world, move):
    problem = refused(move("transfer", json={"queue_id": world.rows["queue"], "reason": "x"}), 409, "same_queue")

    assert problem["ticket"]["id"] == world.rows["ticket"]


@pytest.mark.parametrize(
    ("name", "column", "code"),
    [("recall", "recall_gap_s", "too_soon"), ("mark-no-show", "no_show_grace_s", "too_soon")],
)
def test_too_soon_says_how_long_to_wait(world, move, bring, name, column, code):
    bring("called")
    with in_tenant(world.tenant.id):
        Queue.objects.update(**{column: 60})

    problem = refused(move(name), 409, code)

    assert 0 < problem["retry_after_s"] <= 60
    assert problem["ticket"]["status"] == "called"


def test_a_chosen_ticket_out_of_order_needs_a_reason(world, path, move):
    last = world.api().get(f"{path}tickets/?ordering=-created_at&limit=1").json()["results"][0]
    before = footprint(world.tenant.id)

    refused(move("call", ticket=last["id"]), 400, "reason_needed")

    assert footprint(world.tenant.id) == before
    assert move("call", ticket=last["id"], json={"reason": "Femme enceinte"}).json()["call_reason"]["rule"] == "chosen"


@pytest.mark.parametrize(
    ("status", "code"), [("paused", "agent_paused"), ("offline", "agent_offline"), ("busy", "agent_busy")]
)
def test_an_agent_who_is_not_available_calls_nobody(world, path, status, code):
    client = world.api("agent")
    client.post(f"{path}agents/me/set-status/", json={"status": status})
    before = footprint(world.tenant.id)

    refused(client.post(f"{path}agents/me/call-next/", json={}), 409, code)

    assert footprint(world.tenant.id) == before


def test_an_agent_calls_from_his_queues_only(world, path):
    before = footprint(world.tenant.id)

    answer = world.api("agent").post(f"{path}agents/me/call-next/", json={"queue_id": world.rows["other_queue"]})

    refused(answer, 403, "not_eligible")
    assert footprint(world.tenant.id) == before


def test_a_counter_has_one_agent(world, path):
    seat = world.api().get(f"{path}agents/{world.rows['agent']}/").json()["counter"]["id"]
    hired = world.api().post(f"{path}agents/", json={"email": f"{uuid4().hex}@example.sn", "name": "Fatou"}).json()
    before = footprint(world.tenant.id)

    refused(world.api().post(f"{path}agents/{hired['id']}/sign-in/", json={"counter_id": seat}), 409, "counter_taken")

    assert footprint(world.tenant.id) == before


def test_nobody_leaves_a_customer_at_the_counter(world, path, bring):
    now = bring("called")
    before = footprint(world.tenant.id)

    for doing, body in (("set-status", {"status": "offline"}), ("sign-in", {"counter_id": world.rows["counter"]})):
        refused(world.api("agent").post(f"{path}agents/me/{doing}/", json=body), 409, "agent_busy")

    assert now["status"] == "called"
    assert footprint(world.tenant.id) == before


def test_who_works_here_already_is_not_hired_again(world, path):
    before = footprint(world.tenant.id)

    answer = world.api().post(f"{path}agents/", json={"email": world.agent.user.email, "name": "Binta"})

    refused(answer, 409, "already_exists")
    assert footprint(world.tenant.id) == before


@pytest.mark.parametrize("change", [{"prefix": "B"}, {"kind": "vip"}])
def test_two_queues_of_a_site_differ(world, path, change):
    before = footprint(world.tenant.id)

    refused(world.api().patch(f"{path}queues/{world.rows['queue']}/", json=change), 409, "already_exists")

    assert footprint(world.tenant.id) == before


def test_a_queue_with_tickets_stays(world, path):
    before = footprint(world.tenant.id)

    refused(world.api().delete(f"{path}queues/{world.rows['queue']}/"), 409, "in_use")

    assert footprint(world.tenant.id) == before


def test_an_owner_lets_others_pass_as_often_as_allowed(world):
    with in_tenant(world.tenant.id):
        Queue.objects.update(max_deferrals=1)
    client, path = world.api("anybody"), f"public/tickets/{world.rows['token']}/"

    assert client.post(f"{path}defer/", json={}).json()["people_ahead"] == 1
    refused(client.post(f"{path}defer/", json={}), 409, "deferrals_used_up")


def test_the_owner_of_a_ticket_sees_nobodys_name(world):
    """Canary: the customer's and the agent's names are staff's business; the token opens this ticket only."""
    client = world.api("anybody")

    answer = client.get(f"public/tickets/{world.rows['token']}/")

    assert answer.status_code == 200
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert set(answer.json()) & {"customer", "agent", "token", "id", "reason"} == set()
    assert b"Demba" not in answer.content
    refused(client.get(f"public/tickets/{'x' * 22}/"), 404, "ticket_not_found")


def test_a_gone_ticket_stays_gone_for_its_owner(world, move, bring):
    bring("cancelled")

    for name in ("cancel", "defer"):
        answer = world.api("anybody").post(f"public/tickets/{world.rows['token']}/{name}/", json={})
        problem = refused(answer, 409, "illegal_move")
        assert problem["ticket"] == world.api("anybody").get(f"public/tickets/{world.rows['token']}/").json()
        assert "ticket_id" not in problem


@pytest.mark.parametrize("status", [401, 404])
def test_the_problem_is_the_same_at_every_door(world, path, status):
    headers = {"Authorization": "Bearer x"} if status == 401 else None
    slug = world.slug if status == 401 else "nowhere"

    problems = [
        world.api().request(method, f"tenants/{slug}/queues/", headers=headers).json()
        for method in ("GET", "POST", "PATCH", "DELETE")
    ]

    assert problems == [problems[0]] * 4
