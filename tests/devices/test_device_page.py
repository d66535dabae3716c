"""The frame of `/display/` and `/kiosk/`: who sees the page, who a code, who a 401."""

import pytest
from django.test import Client

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

PAGE = {"headers": {"Accept": "text/html", "Accept-Language": "en"}}


@pytest.fixture
def device():
    """`device(token)`: its browser."""

    def make(token=None):
        client = Client(**PAGE)
        if token:
            client.cookies["sq_device"] = token
        return client

    return make


def is_pairing(answer):
    return answer.status_code == 200 and b"data-pairing" in answer.content


@pytest.mark.parametrize("kind", ["display", "kiosk"])
def test_without_a_token_there_is_a_code_to_ask_for(device, kind):
    assert is_pairing(device().get(f"/{kind}/"))
    assert is_pairing(device("sqd_nonsense").get(f"/{kind}/"))
    assert device().post(f"/{kind}/").status_code in {401, 403}
    program = Client(headers={"Accept": "application/json"}).get(f"/{kind}/")
    assert (program.status_code, program.json()["code"]) == (401, "device_revoked")


@pytest.mark.parametrize(("kind", "other"), [("display", "kiosk"), ("kiosk", "display")])
def test_a_paired_device_sees_its_own_page(device, pair, bank, kind, other):
    browser = device(pair(kind).token)

    page, elsewhere = browser.get(f"/{kind}/"), browser.get(f"/{other}/")

    assert page.status_code == 200
    assert not is_pairing(page)
    assert bank.name in page.content.decode()
    assert (elsewhere.status_code, elsewhere["Location"]) == (302, f"/{kind}/")


def test_a_device_that_was_cut_off_or_whose_tenant_was_closed_sees_a_code(device, pair, bank, moussa):
    from smartqueue.devices.actions import revoke_device
    from smartqueue.tenants.models import Tenant

    paired, other = pair(), pair()
    with in_tenant(bank.id):
        revoke_device(device_id=paired.id, actor=moussa.actor, at=NINE)
    assert is_pairing(device(paired.token).get("/display/"))
    assert not is_pairing(device(other.token).get("/display/"))

    Tenant.objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert is_pairing(device(other.token).get("/display/"))


def test_loading_the_page_again_collects_the_token_without_a_script(device, claim):
    from smartqueue.kernel.clock import now

    browser = device()
    browser.post("/devices/pairing/", {"kind": "display"})
    shown = browser.get("/display/")
    code = shown.context["waiting"].code
    assert code in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]

    claim(code, now())
    collected = browser.get("/display/")

    assert (collected.status_code, collected["Location"]) == (302, "/display/")
    assert collected.cookies["sq_device"]["samesite"] == "Strict"
    assert not is_pairing(browser.get("/display/"))


def test_the_code_of_a_display_is_not_shown_as_a_kiosks(device):
    browser = device()
    browser.post("/devices/pairing/", {"kind": "display"})

    assert browser.get("/kiosk/").context["waiting"] is None


def test_the_cookie_is_secure_where_sessions_are(device, claim, settings_of):
    from smartqueue.kernel.clock import now

    browser = device()
    with settings_of(SESSION_COOKIE_SECURE=True):
        began = browser.post("/devices/pairing/", {"kind": "display"})
        claim(browser.get("/display/").context["waiting"].code, now())
        collected = browser.get("/display/")

    assert began.cookies["sq_pairing"]["secure"] is True
    assert collected.cookies["sq_device"]["secure"] is True


@pytest.fixture
def settings_of():
    from django.test import override_settings

    return override_settings
