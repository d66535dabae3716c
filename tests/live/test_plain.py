"""Event streams and polling: the same lines, for networks that break sockets."""

from contextlib import contextmanager

import httpx
import orjson
import pytest


@pytest.fixture
def client(two_webs):
    with httpx.Client(base_url=two_webs[0], trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
def signed_in(binta):
    return {"Authorization": f"Bearer {binta.token}"}


@contextmanager
def events(client, path, **headers):
    """The stream's events one by one: (id, message)."""
    with client.stream("GET", path, headers=headers) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")

        def each():
            event = {}
            for line in answer.iter_lines():
                if not line and "data" in event:
                    yield event.get("id"), orjson.loads(event["data"])
                    event = {}
                name, _, value = line.partition(": ")
                event[name] = value

        yield each()


def test_a_phone_polls_and_hears_304_until_something_changes(client, binta, take, token_of, call, relay):
    path = f"/live/tickets/{token_of(take())}/"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    call(binta)
    changed = client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, first.json()["status"], first.json()["position"]) == (200, "waiting", 1)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (changed.status_code, changed.json()["status"]) == (200, "called")
    assert not first.headers["etag"].startswith("W/")
    assert len(first.content) <= 300


def test_staff_polls_a_queue(client, bank, tellers, take, signed_in):
    take()

    answer = client.get(f"/live/tenants/{bank.slug}/queues/{tellers.id}/", headers=signed_in)

    assert (answer.status_code, answer.json()["type"], answer.json()["waiting_total"]) == (200, "snapshot", 1)
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_stream_has_the_lines_of_a_socket(client, binta, take, token_of, call, relay):
    take()
    path = f"/live/tickets/{token_of(take())}/events/"
    with events(client, path) as stream:
        number, seen = next(stream)
        assert (number, seen["type"], seen["position"]) == ("0", "snapshot", 2)
        call(binta)
        relay()
        _, seen = next(stream)
        while seen["position"] != 1:
            _, seen = next(stream)


def test_a_stream_goes_on_where_it_was_cut(client, bank, tellers, take, relay, signed_in):
    for _ in range(3):
        take()
    relay()
    with events(
        client, f"/live/tenants/{bank.slug}/queues/{tellers.id}/events/", **signed_in, **{"Last-Event-ID": "1"}
    ) as stream:
        number, seen = next(stream)

    assert (number, [fact["seq"] for fact in seen["facts"]]) == ("3", [2, 3])


def test_a_quiet_stream_shows_that_it_lives(own_web, take, token_of):
    web = own_web(LIVE_HEARTBEAT_SECONDS="1")
    path = f"{web}/live/tickets/{token_of(take())}/events/"
    with httpx.stream("GET", path, trust_env=False, timeout=10) as answer:
        lines = answer.iter_lines()
        seen = []
        while seen.count(": here") < 2:
            seen.append(next(lines))

    assert seen[0].startswith("retry: ")


@pytest.mark.parametrize("path", ["/live/tickets/{token}/", "/live/tenants/{slug}/queues/{queue}/"])
@pytest.mark.parametrize("end", ["", "events/"])
def test_strangers_are_refused_as_at_the_sockets(client, bank, tellers, cheikh, path, end):
    path = path.format(token="x" * 22, slug=bank.slug, queue=tellers.id) + end
    stranger = client.get(path, headers={"Authorization": f"Bearer {cheikh.token}"})
    nobody = client.get(path)

    assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
    assert nobody.status_code == (404 if "tickets" in path else 401)
    assert stranger.headers["content-type"] == "application/problem+json"


def test_refusals_speak_the_readers_language_and_unknown_addresses_and_methods_are_refused(client):
    english = client.get("/live/tickets/x/", headers={"Accept-Language": "en"})

    assert english.json()["title"] == "There is nothing here."
    assert client.get("/live/nothing/").status_code == 404
    assert client.post("/live/tickets/x/").status_code == 405
    assert client.head("/live/tickets/x/events/").status_code == 405
    assert client.head("/live/tickets/x/").status_code == 404


def test_other_addresses_still_go_to_django(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_display_has_a_stream_of_all_its_queues(client, bank, tellers, make_queue, pair, binta, take, call, relay):
    loans, device = make_queue(name="Crédits"), pair()
    take()
    path = f"/live/tenants/{bank.slug}/displays/{device.id}/events/"
    with events(client, path, Cookie=f"sq_device={device.token}") as stream:
        _, told = next(stream)
        assert (told["type"], set(told["queue_ids"])) == ("queues", {str(tellers.id), str(loans.id)})
        seen: set[str] = set()
        while seen < set(told["queue_ids"]):
            seen.add(next(stream)[1]["queue_id"])
        call(binta)
        relay()
        _, state = next(stream)
        while not state["calls"]:
            _, state = next(stream)
    assert state["calls"][0]["number"] == "A001"
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer sqd_nonsense"}).status_code == 401


@pytest.mark.parametrize("door", ["agents/me/", "dashboard/"])
def test_staff_polls_and_streams_all_its_queues(client, bank, tellers, make_queue, awa, binta, take, call, relay, door):
    """The agent's door shows what the agent serves, the manager's every queue."""
    person = binta if "agents" in door else awa
    loans = make_queue(name="Crédits")
    ours = {str(tellers.id)} if person is binta else {str(tellers.id), str(loans.id)}
    take()
    path, signed_in = f"/live/tenants/{bank.slug}/{door}", {"Authorization": f"Bearer {person.token}"}

    first = client.get(path, headers=signed_in)
    again = client.get(path, headers=signed_in | {"If-None-Match": first.headers["etag"]})
    with events(client, f"{path}events/", **signed_in) as stream:
        _, streamed_told = next(stream)
        seen: set[str] = set()
        while seen < ours:
            seen.add(next(stream)[1]["queue_id"])
        call(binta)
        relay()
    changed = client.get(path, headers=signed_in | {"If-None-Match": first.headers["etag"]})

    told, *states = map(orjson.loads, first.content.splitlines())
    assert first.headers["content-type"] == "application/x-ndjson"
    assert (told["type"], set(told["queue_ids"])) == ("queues", ours)
    assert streamed_told == told
    assert {state["queue_id"] for state in states} == seen == ours
    assert sum(state["waiting_total"] for state in states) == 1
    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)
    assert client.get(path).status_code == 401
