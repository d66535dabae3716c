"""Pairing as two devices and two administrators live it: over real HTTP, with cookies."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import httpx
import pytest

from tests.cast import at_the_same_time

PAIRING, BEAT = "/devices/pairing/", "/devices/heartbeat/"


@pytest.fixture
def device(live_server_url) -> Iterator[object]:
    """`device()`: a browser of its own; each comes from another address as far as the limit can tell."""
    with ExitStack() as open_clients:

        def make():
            return open_clients.enter_context(httpx.Client(base_url=live_server_url, timeout=10, trust_env=False))

        yield make


@pytest.fixture
def shown():
    """The code that a device's page shows."""

    def ask(client, kind="display"):
        began = client.post(PAIRING, data={"kind": kind})
        assert (began.status_code, began.headers["Location"]) == (303, f"/{kind}/")
        cookie = began.headers["Set-Cookie"]
        assert all(word in cookie for word in ("sq_pairing=", "HttpOnly", "SameSite=Strict", "Path=/"))
        from smartqueue.devices.queries import pairing_of
        from smartqueue.kernel.clock import now

        return pairing_of(client.cookies["sq_pairing"], at=now()).code

    return ask


@pytest.fixture
def type_code(api, bank, site):
    def do(person, code, kind="display", place=None):
        body = {"code": code, "name": "Hall", "site_id": str((place or site).id)}
        return api(person).post(f"tenants/{person.tenant.slug}/{kind}s/pair/", json=body)

    return do


def test_a_device_without_a_code_is_told_so(device):
    assert device().get(PAIRING).status_code == 410
    assert device().post(PAIRING, data={"kind": "toaster"}).status_code == 400
    assert device().get(PAIRING, headers={"Cookie": f"sq_pairing={'x' * 9000}"}).status_code in {400, 410}


def test_two_devices_are_paired_and_each_holds_its_own_token(device, shown, type_code, moussa, bank, device_row):
    screen, kiosk = device(), device()
    codes = shown(screen), shown(kiosk, "kiosk")
    assert [client.get(PAIRING).status_code for client in (screen, kiosk)] == [204, 204]

    made = [type_code(moussa, code, kind).json() for code, kind in zip(codes, ("display", "kiosk"), strict=True)]
    answers = [client.get(PAIRING) for client in (screen, kiosk)]

    assert [answer.status_code for answer in answers] == [200, 200]
    cookie = answers[0].headers["Set-Cookie"]
    assert all(
        word in cookie for word in ("sq_device=sqd_", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=34560000")
    )
    assert screen.cookies["sq_device"] != kiosk.cookies["sq_device"]
    assert "sq_pairing" not in screen.cookies
    assert screen.get(PAIRING).status_code == 410, "a token is given once"
    for client, row in zip((screen, kiosk), made, strict=True):
        beat = client.post(BEAT, json={"problem": "", "version": "1"})
        assert (beat.status_code, beat.json()["revision"]) == (200, 1)
        assert device_row(row["id"]).is_online is True


def test_of_two_administrators_at_once_one_gets_the_device(device, shown, type_code, moussa, cheikh):
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(cheikh.tenant.id):
        town_hall = Site.objects.create(tenant=cheikh.tenant, name="Mairie", code="M1")
    screen = device()
    code = shown(screen)

    answers = at_the_same_time(lambda: type_code(moussa, code), lambda: type_code(cheikh, code, place=town_hall))

    assert sorted(answer.status_code for answer in answers) == [201, 400]
    (refused,) = [answer.json() for answer in answers if answer.status_code == 400]
    assert refused["code"] == "pairing_code_unknown"
    (winner,) = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    from smartqueue.devices.queries import device_of_token

    assert screen.get(PAIRING).status_code == 200
    assert str(device_of_token(screen.cookies["sq_device"]).device.id) == winner


def test_a_sixth_wrong_code_has_to_wait_even_with_a_key(type_code, moussa, api, bank, site):
    body = {"code": "BBBB-BBBB", "name": "Hall", "site_id": str(site.id)}

    answers = [
        api(moussa).post(
            f"tenants/{bank.slug}/displays/pair/", json=body,
            headers={"Idempotency-Key": str(uuid4())} if n % 2 else None,
        )
        for n in range(6)
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert answers[5].json()["code"] == "too_many_tries"
    assert 0 < int(answers[5]["Retry-After"]) <= 60


def test_a_device_that_is_cut_off_is_told_at_its_next_sign_of_life(device, pair, moussa, api, bank):
    paired, screen = pair(), device()
    by_cookie, by_header = (
        {"headers": {"Cookie": f"sq_device={paired.token}"}},
        {"headers": {"Authorization": f"Device {paired.token}"}},
    )
    assert screen.post(BEAT, **by_header).json()["revision"] == 1
    api(moussa).post(f"tenants/{bank.slug}/displays/{paired.id}/refresh/", json={})
    assert screen.post(BEAT, **by_header).json()["revision"] == 2

    assert api(moussa).post(f"tenants/{bank.slug}/displays/{paired.id}/revoke/", json={}).status_code == 200

    for sent in (by_cookie, by_header, {}, {"headers": {"Authorization": "Device nonsense"}}):
        answer = device().post(BEAT, **sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")


def test_an_odd_sign_of_life_is_refused(device, pair):
    sent = {"headers": {"Authorization": f"Device {pair().token}"}}

    for body in (b"[]", b"{", b'{"version": 1}', b'{"version": "\\u0000"}', b'{"version": "' + b"x" * 3000 + b'"}'):
        assert device().post(BEAT, content=body, **sent).status_code == 400, body


def test_an_old_token_is_replaced_in_the_cookie(device, pair, bank, device_row):
    from datetime import UTC, datetime, timedelta

    from smartqueue.devices.queries import device_of_token

    paired, screen = pair(at=datetime.now(UTC) - timedelta(days=31)), device()

    screen.cookies.set("sq_device", paired.token)
    first = screen.post(BEAT)
    fresh = first.cookies["sq_device"]

    assert fresh != paired.token
    for _twice in range(2):  # as if the answer had been lost
        assert device().post(BEAT, headers={"Cookie": f"sq_device={paired.token}"}).status_code == 200
    assert device_of_token(paired.token).is_former
    assert device().post(BEAT, headers={"Cookie": f"sq_device={fresh}"}).status_code == 200
    assert device_of_token(paired.token) is None


def test_an_address_that_asks_for_too_many_codes_has_to_wait(web_processes):
    from smartqueue.devices.states import PAIRINGS_PER_ADDRESS

    with httpx.Client(base_url=web_processes(1), timeout=10, trust_env=False) as client:
        statuses = [
            client.post(PAIRING, data={"kind": "display"}).status_code for _n in range(PAIRINGS_PER_ADDRESS + 1)
        ]
        page = client.post(PAIRING, data={"kind": "display"})

    assert 429 in statuses
    assert page.status_code == 429
    assert 'data-wait="60"' in page.text
    _forget_the_address()


def _forget_the_address():
    """What the other tests of this worker's database need free again."""
    from django.db import connections

    with connections["platform"].cursor() as cursor:
        cursor.execute("DELETE FROM devices_pairing WHERE address = '127.0.0.1' AND owner_id IS NULL")
