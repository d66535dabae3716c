"""First a snapshot, then states in order: what each audience sees."""

import orjson

from smartqueue.live.cuts import PhoneLine, phone_message, waiting_tail

ETAS = ("seconds", "low_seconds", "high_seconds")


def test_the_first_message_is_a_snapshot_of_the_line(bank, tellers, binta, take, watch, relay, queue_path):
    first, second = take(), take()
    relay()

    seen = watch(queue_path, binta).hear()

    assert (seen["type"], seen["queue_id"], seen["seq"], seen["facts"]) == ("snapshot", str(tellers.id), 2, [])
    assert [(row["id"], row["number"], row["position"]) for row in seen["waiting"]] == [
        (str(first), "A001", 1),
        (str(second), "A002", 2),
    ]
    assert (seen["waiting_total"], seen["open_counters"]) == (2, 1)
    assert [row["name"] for row in seen["agents"]] == ["Binta Ba"]


def test_positions_and_estimates_are_those_that_the_api_shows(
    bank, tellers, binta, fatou, take, watch, queue_path, outlook_of
):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.queries import show_tickets

    ids = [take(), take(priority=10), take()]
    outlook_of(tellers, p50=[60, 150], p90=[90, 240])
    shown = {str(view.id): view for view in show_tickets(tenant_id=bank.id, ids=ids, at=now())}

    rows = watch(queue_path, binta).hear()["waiting"]

    assert {row["id"]: (row["position"], *(row[f"eta_{name}"] for name in ETAS)) for row in rows} == {
        ticket_id: (view.position, *(getattr(view, f"eta_{name}") for name in ETAS))
        for ticket_id, view in shown.items()
    }
    assert [(row["eta_seconds"], row["eta_high_seconds"]) for row in rows] == [(60, 90), (150, 240), (210, 330)]


def test_a_call_reaches_the_other_agents_screen_with_its_fact(
    tellers, binta, fatou, take, watch, relay, call, queue_path
):
    ticket_id = take()
    relay()
    screen = watch(queue_path, fatou)
    assert screen.hear()["seq"] == 1

    call(binta)
    relay()
    seen = screen.until(lambda message: message["seq"] == 2)

    assert seen["type"] == "state"
    assert [(fact["name"], fact["seq"], fact["number"], fact["ticket_id"]) for fact in seen["facts"]] == [
        ("ticket.called", 2, "A001", str(ticket_id))
    ]
    assert [(row["id"], row["status"], row["agent"]) for row in seen["in_hand"]] == [
        (str(ticket_id), "called", "Binta Ba")
    ]
    assert seen["waiting"] == []


def test_a_display_shows_calls_how_many_wait_and_how_long_the_next_one_would(
    bank, pair, tellers, binta, take, watch, relay, call, outlook_of
):
    device = pair()
    outlook_of(tellers, p50=[60, 150], p90=[90, 240], quality="rough")
    take(), take()
    call(binta)
    relay()
    screen = watch(f"/ws/tenants/{bank.slug}/displays/{device.id}/", binta)

    assert screen.hear() == {"type": "queues", "queue_ids": [str(tellers.id)], "agent_id": None}
    seen = screen.hear()

    assert set(seen) == {
        "type", "queue_id", "seq", "facts", "waiting", "calls",
        "eta_seconds", "eta_low_seconds", "eta_high_seconds", "eta_quality",
    }  # fmt: skip
    assert seen["waiting"] == 1
    assert [seen[f"eta_{name}"] for name in (*ETAS, "quality")] == [150, 150, 240, "rough"]
    assert [(row["number"], row["recalls"]) for row in seen["calls"]] == [("A001", 0)]
    assert set(seen["calls"][0]) == {"number", "counter", "called_at", "last_call_at", "recalls"}


def test_a_display_shows_the_last_six_calls_newest_first(bank, pair, binta, take, watch, relay, call, close):
    device = pair()
    for _ in range(8):
        ticket_id = take()
        call(binta)
        close(binta, ticket_id)
    relay()

    screen = watch(f"/ws/tenants/{bank.slug}/displays/{device.id}/", binta)
    calls = screen.until(lambda message: message["type"] == "snapshot")["calls"]

    assert [row["number"] for row in calls] == ["A008", "A007", "A006", "A005", "A004", "A003"]


def test_an_agents_socket_has_every_queue_that_he_serves_and_no_other(
    bank, tellers, make_queue, make_agent, take, watch
):
    loans, other = make_queue(name="Crédits"), make_queue(name="Autre")
    khady = make_agent("Khady Sow", tellers, loans)
    take(), take(loans), take(other)
    screen = watch(f"/ws/tenants/{bank.slug}/agents/me/", khady)

    told = screen.hear()
    seen = {message["queue_id"]: message for message in (screen.hear(), screen.hear())}

    assert (told["type"], told["agent_id"]) == ("queues", str(khady.agent.id))
    assert set(told["queue_ids"]) == set(seen) == {str(tellers.id), str(loans.id)}
    assert [agent["status"] for agent in seen[str(loans.id)]["agents"]] == ["available"]
    assert screen.silent(0.4)


def test_the_dashboard_has_counts_of_all_queues_and_statistics(
    bank, tellers, make_queue, awa, binta, take, watch, call
):
    loans = make_queue(name="Crédits")
    take(), take(), take(loans)
    call(binta)
    screen = watch(f"/ws/tenants/{bank.slug}/dashboard/", awa)
    told, counted = {}, {}
    assert screen.hear()["type"] == "queues"
    while len(told) < 2 or len(counted) < 2:
        message = screen.hear()
        (counted if message["type"] == "stats.updated" else told)[message["queue_id"]] = message

    assert {queue_id: (one["waiting_total"], one["called"]) for queue_id, one in told.items()} == {
        str(tellers.id): (1, 1),
        str(loans.id): (1, 0),
    }
    assert "waiting" not in told[str(tellers.id)]
    assert counted[str(tellers.id)]["stats"]["called"] == 1


def test_a_phone_is_told_its_place_its_call_and_its_end(
    binta, take, token_of, watch, relay, call, close, tellers, outlook_of
):
    first, mine = take(), take()
    outlook_of(tellers, p50=[300, 600], p90=[420, 900])
    phone = watch(f"/ws/tickets/{token_of(mine)}/")
    assert phone.hear() == {
        "type": "snapshot", "seq": 0, "status": "waiting", "position": 2, "people_ahead": 1, "eta_seconds": 600,
        "eta_low_seconds": 600, "eta_high_seconds": 900, "counter": None, "called_at": None, "version": 1,
    }  # fmt: skip

    call(binta)
    relay()
    next_one = phone.until(lambda message: message["position"] == 1)
    assert (next_one["people_ahead"], next_one["eta_low_seconds"], next_one["eta_high_seconds"]) == (0, 300, 420)
    close(binta, first)
    call(binta)
    relay()
    called = phone.until(lambda message: message["status"] == "called")
    assert (called["counter"], called["version"]) == (binta.agent.counter.name, 2)
    close(binta, mine)
    relay()
    assert phone.until(lambda message: message["status"] == "closed")["version"] == 3


def test_a_phone_whose_ticket_has_ended_long_ago_is_told_so(binta, take, token_of, watch, relay, call, close):
    mine = take()
    call(binta)
    close(binta, mine)
    relay()

    assert watch(f"/ws/tickets/{token_of(mine)}/").hear()["status"] == "closed"


def test_a_phone_follows_its_ticket_into_another_queue(
    bank, tellers, make_queue, binta, take, token_of, watch, relay, transfer
):
    loans = make_queue(name="Crédits")
    take(loans)
    mine = take()
    relay()
    phone = watch(f"/ws/tickets/{token_of(mine)}/")
    assert phone.hear()["position"] == 1

    transfer(binta, mine, loans)
    relay()

    moved = phone.until(lambda message: message["version"] == 2)
    assert (moved["type"], moved["status"], moved["position"], moved["seq"]) == ("snapshot", "waiting", 2, 2)


def test_a_phone_hears_nothing_of_what_does_not_concern_it(take, token_of, watch, relay, tellers):
    mine = take()
    relay()
    phone = watch(f"/ws/tickets/{token_of(mine)}/")
    phone.hear()
    for _ in range(3):
        take()
        relay()

    assert phone.silent(1)


def test_a_phones_message_has_at_most_300_bytes_with_the_longest_names():
    for name in ("é" * 40, '"' * 40, "𝄞" * 40, "\x01" * 40):
        line = PhoneLine("cancelled", 2**31, counter=name, called_at="2026-03-02T09:00:00.123456+00:00")
        message = phone_message("snapshot", 2**53 - 1, line.tail())
        assert len(message.encode()) <= 300
        assert orjson.loads(message)["counter"].rstrip("…") == name[: len(orjson.loads(message)["counter"]) - 1]


def test_the_line_written_by_hand_has_the_members_of_the_other():
    waiting = orjson.loads(phone_message("snapshot", 2**53 - 1, waiting_tail(2**31, 10**9, 10**9, 2**31)))
    held = PhoneLine("called", 3, counter="G1", called_at="2026-03-02T09:00:00+00:00")
    called = orjson.loads(phone_message("state", 7, held.tail()))

    assert list(waiting) == list(called)
    assert waiting["people_ahead"] == waiting["position"] - 1
    assert len(orjson.dumps(waiting)) <= 300
    assert orjson.loads(phone_message("state", 1, waiting_tail(1, None, None, 1)))["eta_high_seconds"] is None


def test_a_phones_real_frames_have_at_most_300_bytes(
    bank, site, tellers, make_agent, take, token_of, watch, call, relay
):
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.scope import in_tenant

    khady = make_agent("Khady Sow", tellers)
    with in_tenant(bank.id):
        Counter.objects.filter(id=khady.agent.counter_id).update(name="Ŋ" * 40)
    mine = take()
    phone = watch(f"/ws/tickets/{token_of(mine)}/")
    phone.hear()
    call(khady)
    relay()
    phone.until(lambda message: message["status"] == "called")

    assert max(len(frame.encode()) for frame in phone.frames) <= 300


def test_more_than_200_people_wait_staff_sees_200_and_the_total_and_the_last_phone_its_place(
    tellers, binta, take, token_of, watch, queue_path, outlook_of
):
    ids = [take() for _ in range(203)]
    outlook_of(tellers, p50=[60, 120], p90=[90, 180], tail=[0, 10, 20])

    seen = watch(queue_path, binta).hear()
    phone = watch(f"/ws/tickets/{token_of(ids[-1])}/").hear()

    assert (len(seen["waiting"]), seen["waiting_total"]) == (200, 203)
    assert (phone["position"], phone["people_ahead"]) == (203, 202)
    assert (phone["eta_seconds"], phone["eta_high_seconds"]) == (120 + 201 * 10, 180 + 201 * 20)
    assert (seen["waiting"][-1]["eta_seconds"], seen["waiting"][-1]["eta_high_seconds"]) == (2100, 4140)


def test_a_new_outlook_reaches_staff_as_a_fact_and_phones_as_another_range(
    tellers, binta, take, token_of, watch, relay, queue_path, outlook_of
):
    mine = take()
    outlook_of(tellers, p50=[300], p90=[420])
    relay()
    screen, phone = watch(queue_path, binta), watch(f"/ws/tickets/{token_of(mine)}/")
    assert (screen.hear()["seq"], phone.hear()["eta_seconds"]) == (1, 300)

    outlook_of(tellers, p50=[600], p90=[900], is_news=True)
    relay()

    seen = screen.until(lambda message: message["seq"] == 2)
    assert seen["facts"] == [
        {"name": "ticket.eta_updated", "seq": 2, "queue_id": str(tellers.id), "quality": "good", "next_s": 600}
    ]
    assert [(row["id"], row["eta_high_seconds"]) for row in seen["waiting"]] == [(str(mine), 900)]
    told = phone.until(lambda message: message["eta_seconds"] == 600)
    assert (told["seq"], told["status"], told["eta_high_seconds"]) == (2, "waiting", 900)
