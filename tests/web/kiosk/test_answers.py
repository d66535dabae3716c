"""The kiosk's addresses for programs: who is let in, what is written once, what bad input is told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.queueing.models import NumberBlock, Ticket
from smartqueue.tenants.scope import in_tenant
from tests.cast import at_the_same_time
from tests.races.world import broken_invariants
from tests.web.kiosk.conftest import Client

WRITES = ("/kiosk/blocks/", "/kiosk/tickets/", "/kiosk/sync/", "/kiosk/prints/01890000-0000-7000-8000-000000000000/")


@pytest.fixture
def kiosk(services, program):
    """A kiosk with one service and twenty numbers, `kiosk.block` and `kiosk.first` among them."""
    services(1)
    one = program()
    (block,) = one.post("/kiosk/blocks/", {"have": []}).json()["blocks"]
    one.block, one.first = block["id"], block["numbers"][0]["sequence"]
    return one


def paper(kiosk, offset, *, key=None, at=None, **more):
    """A ticket that was printed without us."""
    sequence = kiosk.first + offset
    return {
        "key": key or f"k{sequence}", "block": kiosk.block, "sequence": sequence,
        "arrived_at": (at or now()).isoformat(), "language": "wo",
    } | more  # fmt: skip


def tickets_of(bank):
    with in_tenant(bank.id):
        return list(Ticket.objects.order_by("sequence"))


@pytest.mark.parametrize("cookie", ["", "sqd_nonsense", "display", "revoked"])
def test_only_a_paired_kiosk_is_let_in(bank, moussa, pair, cookie):
    from smartqueue.devices.actions import revoke_device

    token = cookie
    if cookie in {"display", "revoked"}:
        device, token = pair("display" if cookie == "display" else "kiosk")
    if cookie == "revoked":
        with in_tenant(bank.id):
            revoke_device(device_id=device.id, actor=moussa.actor, at=now())
    client = Client(token)

    answers = [client.get("/kiosk/state/"), *(client.post(path, {"have": [], "tickets": []}) for path in WRITES)]

    assert [answer.status_code for answer in answers] == [401] * 5
    assert all(bank.name.encode() not in answer.content for answer in answers)


def test_another_sites_page_cannot_speak_as_the_kiosk(kiosk):
    answers = [kiosk.post(path, {"have": []}, Origin="https://elsewhere.example") for path in WRITES]

    assert [answer.status_code for answer in answers] == [401] * 4


def test_another_kiosks_numbers_are_out_of_reach(bank, kiosk, program, cheikh):
    other = program()

    taken = other.post(
        "/kiosk/tickets/", {"block": kiosk.block, "sequence": kiosk.first, "language": "fr"}, Idempotency_Key="x"
    )
    brought = other.post("/kiosk/sync/", {"tickets": [paper(kiosk, 0)]}).json()["tickets"]

    assert (taken.status_code, taken.json()["code"]) == (404, "number_not_leased")
    assert [one["code"] for one in brought] == ["number_not_leased"]
    assert tickets_of(bank) == []


def test_the_same_key_is_the_same_answer_and_one_ticket(bank, kiosk):
    wish = {"block": kiosk.block, "sequence": kiosk.first, "language": "fr"}

    first = kiosk.post("/kiosk/tickets/", wish, Idempotency_Key="once")
    kiosk.post("/kiosk/sync/", {"tickets": [paper(kiosk, 1, at=now() - timedelta(hours=1))]})  # goes before it
    again = kiosk.post("/kiosk/tickets/", wish, Idempotency_Key="once")
    other = kiosk.post("/kiosk/tickets/", wish | {"sequence": kiosk.first + 2}, Idempotency_Key="once")
    brought = kiosk.post("/kiosk/sync/", {"tickets": [paper(kiosk, 0, key="once")]}).json()["tickets"]

    assert first.content == again.content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert brought == [{"key": "once", "ticket": first.json()}]
    assert first.json()["people_ahead"] == 0
    assert [ticket.sequence for ticket in tickets_of(bank)] == [kiosk.first, kiosk.first + 1]


def test_two_who_bring_the_same_paper_at_once_write_it_once(bank, kiosk):
    papers = {"tickets": [paper(kiosk, offset) for offset in range(5)]}

    one, other = at_the_same_time(*[lambda: kiosk.post("/kiosk/sync/", papers)] * 2)

    assert one.json() == other.json()
    assert len(tickets_of(bank)) == 5
    assert broken_invariants(bank.id) == {}


def test_paper_stands_where_it_was_printed_and_says_who_printed_it(bank, kiosk):
    with in_tenant(bank.id):
        NumberBlock.objects.update(leased_at=now() - timedelta(hours=1))
    earlier = now() - timedelta(minutes=20)
    papers = [paper(kiosk, 1, at=earlier + timedelta(minutes=1)), paper(kiosk, 0, at=earlier, phone="77 123 45 67")]

    kiosk.post("/kiosk/sync/", {"tickets": papers})

    first, second = tickets_of(bank)
    assert (first.created_at, first.line_at) == (earlier, earlier)
    assert second.created_at - first.created_at == timedelta(minutes=1)
    assert (first.language, first.channel) == ("wo", "kiosk")
    with in_tenant(bank.id):
        entry = Entry.objects.get(object_id=first.id)
        assert (entry.actor_kind, entry.actor_label) == ("device", "Borne entrée")
        assert first.customer_id is not None
        assert "1234567" not in str(entry.data)
    assert broken_invariants(bank.id) == {}


def test_one_that_is_refused_does_not_hold_up_the_others(bank, kiosk):
    papers = [paper(kiosk, 0), paper(kiosk, 400), {"key": "", "block": 7}, "nonsense", paper(kiosk, 1, phone="x")]

    told = kiosk.post("/kiosk/sync/", {"tickets": papers}).json()["tickets"]

    assert [one.get("code", "ok") for one in told] == ["ok", "number_not_leased", "invalid", "ok"]
    assert len(tickets_of(bank)) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/kiosk/tickets/", []),
        ("/kiosk/tickets/", {}),
        ("/kiosk/tickets/", {"block": "x", "sequence": 1}),
        ("/kiosk/tickets/", {"block": "01890000-0000-7000-8000-000000000000", "sequence": True}),
        ("/kiosk/tickets/", {"block": "01890000-0000-7000-8000-000000000000", "sequence": 2**40}),
        ("/kiosk/blocks/", {"have": 1}),
        ("/kiosk/sync/", {}),
    ],
)
def test_bad_input_is_told_what_is_wrong(kiosk, path, body):
    answer = kiosk.post(path, body, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"]


def test_a_ticket_without_a_key_is_refused(bank, kiosk):
    wish = {"block": kiosk.block, "sequence": kiosk.first, "language": "fr"}

    assert kiosk.post("/kiosk/tickets/", wish).status_code == 400
    assert tickets_of(bank) == []


def test_a_wrong_phone_is_told_and_the_number_stays_free(bank, kiosk):
    wish = {"block": kiosk.block, "sequence": kiosk.first, "language": "fr"}

    refused = kiosk.post("/kiosk/tickets/", wish | {"phone": "12"}, Idempotency_Key="a")
    given = kiosk.post("/kiosk/tickets/", wish, Idempotency_Key="b")

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["phone"])
    assert given.status_code == 201


def test_a_block_the_kiosk_does_not_know_is_taken_back_and_its_paper_still_counts(bank, kiosk):
    """Its answer was lost, or the kiosk's store was emptied."""
    answer = kiosk.post("/kiosk/blocks/", {"have": []}).json()

    assert kiosk.block not in answer["open"]
    assert len(answer["blocks"]) == 1
    told = kiosk.post("/kiosk/sync/", {"tickets": [paper(kiosk, 3)]}).json()["tickets"]
    assert "ticket" in told[0]
    assert broken_invariants(bank.id) == {}


def test_a_kiosk_that_has_enough_is_given_nothing(kiosk):
    answer = kiosk.post("/kiosk/blocks/", {"have": [kiosk.block]}).json()

    assert answer == {"more": False, "open": [kiosk.block], "blocks": []}


def test_the_state_is_told_once_until_it_changes(kiosk):
    first = kiosk.get("/kiosk/state/")
    same = kiosk.get("/kiosk/state/", **{"If-None-Match": first["ETag"]})
    kiosk.post("/kiosk/sync/", {"tickets": [paper(kiosk, 0)]})
    later = kiosk.get("/kiosk/state/", **{"If-None-Match": first["ETag"]})

    assert (first.status_code, same.status_code, later.status_code) == (200, 304, 200)
    assert [tile["waiting"] for tile in later.json()["tiles"]] == [1]


def test_the_state_is_as_many_questions_for_three_services_as_for_one(services, program):
    one = program()
    asked = []
    for more in (1, 2):
        services(more, start=len(asked))
        with CaptureQueriesContext(connection) as seen:
            assert one.get("/kiosk/state/").status_code == 200
        asked.append(len(seen))

    assert asked[0] == asked[1]
    assert asked[0] <= 9, [query["sql"] for query in seen.captured_queries]


def test_a_kiosk_shows_the_queues_that_were_chosen_for_it_and_no_other_sites(bank, services, program):
    from smartqueue.devices.models import DeviceQueue

    queues = services(3)
    one = program()
    with in_tenant(bank.id):
        DeviceQueue.objects.create(tenant=bank, device_id=one.device.id, queue=queues[1])

    assert [tile["queue"] for tile in one.get("/kiosk/state/").json()["tiles"]] == [str(queues[1].id)]


def test_a_queue_kept_off_kiosks_gives_no_number_here_but_paper_still_counts(bank, kiosk, take):
    from smartqueue.queueing.models import Queue

    with in_tenant(bank.id):
        queue = Queue.objects.get(id=NumberBlock.objects.get(id=kiosk.block).queue_id)
        Queue.objects.update(shown_at_kiosk=False)
    wish = {"block": kiosk.block, "sequence": kiosk.first, "language": "fr"}

    refused = kiosk.post("/kiosk/tickets/", wish, Idempotency_Key="x")
    brought = kiosk.post("/kiosk/sync/", {"tickets": [paper(kiosk, 1)]}).json()["tickets"]
    fresh = kiosk.post("/kiosk/blocks/", {"have": []}).json()

    assert (refused.status_code, refused.json()["code"]) == (404, "queue_not_found")
    assert kiosk.get("/kiosk/state/").json()["tiles"] == []
    assert "ticket" in brought[0]
    assert fresh["blocks"] == []
    take(queue=queue)  # the counter and the phones give its tickets as before
    assert len(tickets_of(bank)) == 2


def test_no_token_stands_in_what_the_tiles_are_told(kiosk):
    told = kiosk.get("/kiosk/state/").content.decode()

    assert "token" not in told
    assert "sqd_" not in told
