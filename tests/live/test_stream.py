"""Facts replayed, gaps, two processes, a broker that dies, readers that sleep, and whose names travel."""

import socket
import time


def test_who_was_away_gets_the_facts_since(tellers, binta, take, watch, relay, call, queue_path):
    take(), take()
    relay()
    call(binta)
    take()
    relay()

    seen = watch(queue_path, binta, since=1).hear()

    assert [(fact["seq"], fact["name"]) for fact in seen["facts"]] == [
        (2, "ticket.created"),
        (3, "ticket.called"),
        (4, "ticket.created"),
    ]
    assert "gap" not in seen


def test_facts_come_from_the_ring_and_from_the_database(tellers, binta, fatou, take, watch, relay, queue_path):
    """The first screen makes the process read from 3 on; the second asks for older ones, then for newer ones."""
    for _ in range(5):
        take()
    relay()
    first = watch(queue_path, binta, since=3)
    assert [fact["seq"] for fact in first.hear()["facts"]] == [4, 5]

    assert [fact["seq"] for fact in watch(queue_path, fatou, since=1).hear()["facts"]] == [2, 3, 4, 5]
    assert [fact["seq"] for fact in watch(queue_path, fatou, since=4).hear()["facts"]] == [5]
    assert watch(queue_path, fatou, since=5).hear()["facts"] == []
    assert watch(queue_path, fatou, since=99).hear()["facts"] == []
    assert first.silent(0.3)


def test_beyond_500_facts_there_is_a_gap_and_it_is_said(tellers, binta, take, watch, relay, queue_path):
    for _ in range(505):
        take()
    relay()

    seen = watch(queue_path, binta, since=1).hear()
    near = watch(queue_path, binta, since=5).hear()

    assert (seen["seq"], seen["facts"], seen["gap"]) == (505, [], True)
    assert ("gap" in near, len(near["facts"])) == (False, 500)


def test_every_fact_comes_once_and_in_order(tellers, binta, take, watch, relay, queue_path):
    screen = watch(queue_path, binta)
    screen.hear()
    for _ in range(12):
        take()
        relay()
        time.sleep(0.03)  # spread over several reads, not awaited
    seqs, heard = [], []
    while not seqs or seqs[-1] < 12:
        message = screen.hear()
        seqs.append(message["seq"])
        heard += [fact["seq"] for fact in message["facts"]]

    assert heard == list(range(1, 13))
    assert seqs == sorted(seqs)


def test_a_change_through_one_process_is_seen_through_the_other(
    tellers, binta, two_webs, watch, relay, queue_path, bank
):
    import httpx

    screens = [watch(queue_path, binta, web=web) for web in (0, 1)]
    assert [screen.hear()["seq"] for screen in screens] == [0, 0]

    answer = httpx.post(
        f"{two_webs[0]}/api/v1/tenants/{bank.slug}/tickets/", trust_env=False,
        headers={"Authorization": f"Bearer {binta.token}"}, json={"queue_id": str(tellers.id), "channel": "kiosk"},
    )  # fmt: skip
    relay()

    assert answer.status_code == 201
    for screen in screens:
        seen = screen.until(lambda message: message["seq"] == 1)
        assert [row["id"] for row in seen["waiting"]] == [answer.json()["id"]]


def test_the_worker_announces_by_itself(worker, binta, take, token_of, watch, call):
    mine = take()
    phone = watch(f"/ws/tickets/{token_of(mine)}/")
    phone.hear()
    began = time.monotonic()
    call(binta)

    phone.until(lambda message: message["status"] == "called")
    assert time.monotonic() - began < 4


def test_an_agents_break_is_seen_without_any_stream(bank, tellers, binta, fatou, watch, queue_path):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import set_agent_status
    from smartqueue.tenants.scope import in_tenant

    screen = watch(queue_path, fatou)
    assert screen.hear()["open_counters"] == 2
    with in_tenant(bank.id):
        set_agent_status(agent_id=binta.agent.id, status="paused", reason="", actor=binta.actor, at=now())

    seen = screen.hear()
    assert seen["open_counters"] == 1
    assert {agent["name"]: agent["status"] for agent in seen["agents"]} == {
        "Binta Ba": "paused", "Fatou Ndiaye": "available",
    }  # fmt: skip


def test_a_queue_that_was_left_by_a_transfer_is_read_too(
    tellers, make_queue, binta, fatou, take, watch, relay, transfer, bank
):
    """Its own stream does not move: the fact is in the stream of the queue that the ticket came to."""
    loans = make_queue(name="Crédits")
    mine = take()
    relay()
    left = watch(f"/ws/tenants/{bank.slug}/queues/{tellers.id}/", binta)
    come = watch(f"/ws/tenants/{bank.slug}/queues/{loans.id}/", binta)
    assert (left.hear()["waiting_total"], come.hear()["waiting_total"]) == (1, 0)
    began = time.monotonic()
    transfer(binta, mine, loans)
    relay()

    assert come.hear()["waiting_total"] == 1
    assert left.hear()["waiting_total"] == 0
    assert time.monotonic() - began < 2


NAME, PHONE = "Ndèye Fatou Sène", "+221771234567"


def test_no_frame_holds_a_customers_name_phone_or_token(
    bank, pair, tellers, binta, awa, take, ticket, token_of, watch, relay, call, close, queue_path, make_queue, transfer
):
    from smartqueue.customers.actions import customer_by_phone
    from smartqueue.customers.models import Customer
    from smartqueue.journal.states import SYSTEM
    from smartqueue.tenants.scope import in_tenant
    from tests.cast import NINE

    with in_tenant(bank.id):
        customer = customer_by_phone(tenant_id=bank.id, phone=PHONE, actor=SYSTEM, at=NINE)
        Customer.objects.filter(id=customer.id).update(full_name=NAME)
    loans = make_queue(name="Crédits")
    mine, other = take(customer_id=customer.id), take(customer_id=customer.id)
    screens = [
        watch(queue_path, binta, since=0),
        watch(f"/ws/tenants/{bank.slug}/agents/me/", binta, since=0),
        watch(f"/ws/tenants/{bank.slug}/displays/{pair().id}/", binta, since={str(tellers.id): 0}),
        watch(f"/ws/tenants/{bank.slug}/dashboard/", awa),
        watch(f"/ws/tickets/{token_of(other)}/"),
    ]
    call(binta)
    relay()
    close(binta, mine)
    transfer(binta, other, loans, reason=f"Pour {NAME}")
    relay()
    for screen in screens:
        while not screen.silent(1.2):
            pass

    frames = [frame for screen in screens for frame in screen.frames]
    secrets = [NAME, PHONE, PHONE[4:], str(customer.id), token_of(mine), token_of(other)]
    assert all(screen.frames for screen in screens)
    assert [(secret, frame) for secret in secrets for frame in frames if secret in frame] == []
    assert [frame for frame in screens[2].frames + screens[4].frames if "Binta" in frame] == []


def test_a_slow_reader_delays_nobody_and_is_cut_off(
    own_web, bank, tellers, binta, fatou, take, watch, relay, queue_path
):
    web = own_web(LIVE_SLOW_SECONDS="3", small_buffers=True)
    for _ in range(200):
        take()
    relay()
    asleep = watch(queue_path, binta, web=web, max_queue=1, sock=small_socket(web))
    awake = watch(queue_path, fatou, web=web)
    awake.hear()
    delays = []
    for number in range(201, 213):
        take()
        relay()
        began = time.monotonic()
        awake.until(lambda message, number=number: message["seq"] >= number)
        delays.append(time.monotonic() - began)
    assert max(delays) < 1.5

    time.sleep(3.5)  # the patience of the server, while the sleeper sleeps on
    assert asleep.close_code() == 4408
    take()
    relay()
    assert awake.until(lambda message: message["seq"] == 213)


def small_socket(web):
    """A connection whose buffers are full soon."""
    host, port = web.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    return connection


def test_who_sleeps_a_little_gets_the_newest_state_and_every_fact(
    own_web, tellers, binta, fatou, take, watch, relay, queue_path
):
    web = own_web(small_buffers=True)
    for _ in range(200):
        take()
    relay()
    dozing = watch(queue_path, binta, web=web, max_queue=1, sock=small_socket(web))
    awake = watch(queue_path, fatou, web=web)
    awake.hear()
    for number in range(201, 213):
        take()
        relay()
        awake.until(lambda message, number=number: message["seq"] == number)
    seqs, facts = [], []
    while not seqs or seqs[-1] < 212:
        message = dozing.hear()
        seqs.append(message["seq"])
        facts += [fact["seq"] for fact in message["facts"]]

    assert seqs == sorted(set(seqs))
    assert len(seqs) < 8
    assert facts == list(range(seqs[0] + 1, 213))


def test_valkey_dies_and_comes_back_and_everybody_is_right_within_two_seconds(
    own_valkey, own_web, binta, take, token_of, watch, call, relay, monkeypatch, queue_path
):
    from django.conf import settings

    url = own_valkey.redis_url
    web = own_web(REDIS_URL=url)
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", url)
    mine = take()
    relay()
    phone, screen = watch(f"/ws/tickets/{token_of(mine)}/", web=web), watch(queue_path, binta, web=web)
    assert (phone.hear()["position"], screen.hear()["waiting_total"]) == (1, 1)
    own_valkey.kill_valkey()
    call(binta)
    relay()  # numbered; nobody can be told
    own_valkey.start_valkey()
    back = time.monotonic()

    assert phone.until(lambda message: message["status"] == "called")["seq"] == 2
    assert screen.until(lambda message: message["seq"] == 2)["waiting_total"] == 0
    assert time.monotonic() - back < 2
    take()
    relay()
    began = time.monotonic()
    assert screen.until(lambda message: message["seq"] == 3)["waiting_total"] == 1
    assert time.monotonic() - began < 1, "heard through Valkey again, not found by looking"


def test_without_valkey_announcing_costs_a_line_in_the_log_and_no_time(monkeypatch, caplog, tellers, bank):
    from django.conf import settings

    from smartqueue.live.publish import announce

    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    began = time.monotonic()
    announce({(bank.id, tellers.id): 7})

    assert time.monotonic() - began < 1.5
    assert "screens look again by themselves" in caplog.text
