"""Who may not watch: strangers, members without the scope, nobody; wrong origins, odd messages, too many."""

from contextlib import ExitStack
from uuid import uuid4

import httpx
import pytest

from tests.live.clients import Screen

STAFF = ("queues/{queue}/", "agents/{agent}/", "dashboard/", "displays/{device}/")


@pytest.fixture
def address(bank, tellers, pair, binta):
    device = pair()

    def fill(path, slug=None):
        ids = {"queue": tellers.id, "agent": binta.agent.id, "device": device.id}
        return f"/ws/tenants/{slug or bank.slug}/" + path.format(**ids)

    return fill


@pytest.fixture
def refused_with(two_webs):
    def ask(path, person=None, **options):
        with Screen.open(two_webs[0], path, person and person.token, **options) as screen:
            code = screen.close_code()
            assert screen.frames == []
            return code

    return ask


@pytest.mark.parametrize("path", STAFF)
def test_nobody_is_sent_to_sign_in(address, refused_with, path):
    assert refused_with(address(path)) == 4401


@pytest.mark.parametrize("path", STAFF)
def test_a_stranger_finds_nothing(address, refused_with, cheikh, path):
    assert refused_with(address(path), cheikh) == 4404


@pytest.mark.parametrize("path", STAFF[:2] + STAFF[3:])
def test_the_own_tenants_address_does_not_open_anothers_row(address, refused_with, cheikh, path):
    assert refused_with(address(path, cheikh.tenant.slug), cheikh) == 4404


@pytest.mark.parametrize("path", ["queues/{id}/", "agents/{id}/", "displays/{id}/", "nothing/", "queues/1/"])
def test_what_does_not_exist_is_not_found(bank, refused_with, moussa, path):
    assert refused_with(f"/ws/tenants/{bank.slug}/{path.format(id=uuid4())}", moussa) == 4404


def test_the_dashboard_is_not_for_agents(address, refused_with, binta):
    assert refused_with(address("dashboard/"), binta) == 4403


def test_a_person_who_serves_nobody_is_no_agent(bank, refused_with, awa):
    assert refused_with(f"/ws/tenants/{bank.slug}/agents/me/", awa) == 4404


@pytest.mark.parametrize("token", ["x", "A" * 32, "%00", "é"])
def test_an_unknown_token_opens_nothing(refused_with, token):
    assert refused_with(f"/ws/tickets/{token}/" if token != "é" else "/ws/tickets/%C3%A9/") == 4404


def test_a_token_that_is_none_of_ours_is_nobody(address, two_webs):
    with Screen.open(two_webs[0], address(STAFF[0]), "no.such.token") as screen:
        assert screen.close_code() == 4401


def test_an_account_that_was_closed_is_nobody(address, refused_with, binta):
    from smartqueue.accounts.models import User

    User.objects.filter(id=binta.user.id).update(is_active=False)

    assert refused_with(address(STAFF[0]), binta) == 4401


@pytest.mark.parametrize(
    ("origin", "code"), [("https://evil.example", 4403), ("null", 4403), ("http://127.0.0.1:1", 4403)]
)
def test_a_page_of_somebody_else_may_not_open_a_socket(refused_with, take, token_of, origin, code):
    assert refused_with(f"/ws/tickets/{token_of(take())}/", origin=origin) == code


def test_a_page_of_ours_may(two_webs, take, token_of, watch):
    assert watch(f"/ws/tickets/{token_of(take())}/", origin=two_webs[0]).hear()["type"] == "snapshot"


def test_the_server_answers_with_its_protocol_and_never_with_the_token(watch, binta, queue_path):
    screen = watch(queue_path, binta)

    assert screen.connection.subprotocol == "smartqueue.v1"
    assert binta.token not in str(screen.connection.response.headers)


def test_a_session_cookie_opens_a_socket(watch, binta, queue_path):
    from smartqueue.web.shared.sessions import SessionStore

    session = SessionStore()
    session["_auth_user_id"] = str(binta.user.id)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = binta.user.get_session_auth_hash()
    session.save()
    screen = watch(queue_path, additional_headers={"Cookie": f"sessionid={session.session_key}"})
    assert screen.hear()["type"] == "snapshot"

    assert watch(queue_path, since=False, additional_headers={"Cookie": "sessionid=abc"}).close_code() == 4401


@pytest.mark.parametrize("said", ["no json", "[]", '"hello"', "1", "{", b"\xff\xfe", "{" + " " * 5000 + "}"])
@pytest.mark.parametrize("when", ["first", "later"])
def test_a_message_that_is_no_object_ends_the_socket(take, token_of, watch, said, when):
    phone = watch(f"/ws/tickets/{token_of(take())}/", since=None if when == "later" else False)
    phone.say(said)

    assert phone.close_code() == 4400


def test_a_client_that_says_no_hello_is_served_all_the_same(own_web, take, token_of, watch):
    web = own_web(LIVE_HELLO_SECONDS="1")

    assert watch(f"/ws/tickets/{token_of(take())}/", since=False, web=web).hear()["type"] == "snapshot"


@pytest.mark.parametrize("since", ["1", -1, True, 1.5, [], {"a": "b"}, 2**60])
def test_an_odd_since_counts_as_none(tellers, binta, watch, since, queue_path):
    assert watch(queue_path, binta, since=since).hear()["facts"] == []


def test_ping_is_answered(take, token_of, watch):
    phone = watch(f"/ws/tickets/{token_of(take())}/")
    phone.hear()
    phone.say({"type": "ping"})

    assert phone.hear() == {"type": "pong"}


def test_from_one_address_come_only_so_many_phones(own_web, take, token_of, watch, binta, queue_path):
    web = own_web(LIVE_PER_ADDRESS="5")
    path = f"/ws/tickets/{token_of(take())}/"
    with ExitStack() as one:
        first = one.enter_context(Screen.open(web, path))
        rest = [watch(path, web=web) for _ in range(4)]
        assert [phone.hear()["type"] for phone in rest] == ["snapshot"] * 4
        too_many = [watch(path, since=False, web=web).close_code() for _ in range(20)]
        plain = httpx.get(f"{web}/live{path[3:]}", trust_env=False)
        first.connection.close()

    assert too_many == [4429] * 20
    assert (plain.status_code, plain.json()["code"]) == (429, "too_many_requests")
    assert watch(queue_path, binta, web=web).hear()["type"] == "snapshot", "staff is not counted"
    from smartqueue.cli.processes import wait_until

    assert wait_until(lambda: httpx.get(f"{web}/live{path[3:]}", trust_env=False).status_code == 200, seconds=5)


def test_a_member_who_is_removed_is_put_out(own_web, bank, binta, watch, queue_path):
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.scope import in_tenant

    screen = watch(queue_path, binta, web=own_web(LIVE_ASK_AGAIN_SECONDS="1"))
    assert screen.hear()["type"] == "snapshot"
    with in_tenant(bank.id):
        Membership.objects.filter(user=binta.user).delete()

    assert screen.close_code() == 4404


def test_who_loses_the_scope_is_put_out(own_web, bank, awa, watch):
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.scope import in_tenant

    screen = watch(f"/ws/tenants/{bank.slug}/dashboard/", awa, web=own_web(LIVE_ASK_AGAIN_SECONDS="1"))
    assert screen.hear()["type"] == "queues"
    with in_tenant(bank.id):
        Membership.objects.filter(user=awa.user).update(role="agent")

    assert screen.close_code() == 4403


def cookie(token):
    return {"additional_headers": {"Cookie": f"sq_device={token}"}}


@pytest.mark.parametrize("carry", ["cookie", "bearer"])
def test_a_device_watches_its_own_queues_with_its_token(two_webs, bank, tellers, make_queue, pair, moussa, carry):
    from smartqueue.devices.actions import change_device
    from smartqueue.tenants.scope import in_tenant
    from tests.cast import NINE

    make_queue(name="Autre")
    device = pair()
    with in_tenant(bank.id):
        change_device(device_id=device.id, values={"queue_ids": [tellers.id]}, actor=moussa.actor, at=NINE)
    path = f"/ws/tenants/{bank.slug}/displays/{device.id}/"
    how = cookie(device.token) if carry == "cookie" else {}

    with Screen.open(two_webs[0], path, device.token if carry == "bearer" else None, **how) as screen:
        screen.say({"type": "hello", "since": None})
        told, seen = screen.hear(), screen.hear()

    assert told["queue_ids"] == [str(tellers.id)]
    etas = {"eta_seconds", "eta_low_seconds", "eta_high_seconds", "eta_quality"}
    assert set(seen) == {"type", "queue_id", "seq", "facts", "waiting", "calls"} | etas


def test_a_device_opens_no_other_door(two_webs, bank, pair, cheikh, tellers):
    mine, other = pair(), pair()
    for path, code in (
        (f"/ws/tenants/{bank.slug}/displays/{other.id}/", 4404),
        (f"/ws/tenants/{cheikh.tenant.slug}/displays/{mine.id}/", 4404),
        (f"/ws/tenants/{bank.slug}/queues/{tellers.id}/", 4401),
        (f"/ws/tenants/{bank.slug}/dashboard/", 4401),
    ):
        for token, how in ((None, cookie(mine.token)), (mine.token, {})):
            with Screen.open(two_webs[0], path, token, **how) as screen:
                assert screen.close_code() == code, path
                assert screen.frames == []


def test_a_device_that_is_cut_off_is_put_out_and_a_new_token_puts_nobody_out(own_web, bank, moussa, pair, watch):
    from datetime import timedelta

    from smartqueue.devices import actions
    from smartqueue.devices.queries import device_of_token
    from smartqueue.tenants.scope import in_tenant
    from tests.cast import NINE

    device, web = pair(), own_web(LIVE_ASK_AGAIN_SECONDS="1")
    path, later = f"/ws/tenants/{bank.slug}/displays/{device.id}/", NINE + timedelta(days=30)
    screen = watch(path, web=web, **cookie(device.token))
    assert screen.hear()["type"] == "queues"
    with in_tenant(bank.id):
        seen = device_of_token(device.token).device
        assert actions.rotate_token(device=seen, token=device.token, at=later)
        actions.heartbeat(device_id=device.id, actor=moussa.actor, at=later)
    assert device_of_token(device.token) is None
    screen.say({"type": "ping"})
    screen.until(lambda message: message["type"] == "pong")
    assert screen.silent(2.5), "asked again twice, and still welcome"

    with in_tenant(bank.id):
        actions.revoke_device(device_id=device.id, actor=moussa.actor, at=later)

    assert screen.close_code() == 4401
    with Screen.open(web, path, **cookie(device.token)) as again:
        assert again.close_code() == 4401
