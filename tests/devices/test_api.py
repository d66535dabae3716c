"""`displays/` and `kiosks/` over the API: who may is in tests/architecture; here is what they say and do."""

from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant


@pytest.fixture
def displays(bank):
    return f"tenants/{bank.slug}/displays/"


def names(answer):
    return [row["name"] for row in answer.json()["results"]]


def test_each_list_shows_its_kind_by_name_and_nobody_elses(bank, cheikh, api, binta, pair, displays):
    for name, kind in (("Zone B", "display"), ("Accueil", "display"), ("Borne", "kiosk")):
        pair(kind, name=name)

    assert names(api(binta).get(displays)) == ["Accueil", "Zone B"]
    assert names(api(binta).get(f"tenants/{bank.slug}/kiosks/")) == ["Borne"]
    assert names(api(binta).get(f"{displays}?name=zone")) == ["Zone B"]
    assert names(api(binta).get(f"{displays}?ordering=-name&limit=1")) == ["Zone B"]
    assert names(api(binta).get(f"{displays}?is_online=true")) == []
    assert names(api(binta).get(f"{displays}?problem=paper_out")) == []
    assert names(api(binta).get(f"{displays}?site_id={uuid4()}")) == []
    assert names(api(cheikh).get(f"tenants/{cheikh.tenant.slug}/displays/")) == []
    for wrong in ("?is_online=perhaps", "?problem=fire", "?site_id=1", "?colour=red", "?name="):
        assert api(binta).get(displays + wrong).status_code == 400, wrong


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_questions_for_one_and_for_three(api, binta, pair, displays, count):
    for _n in range(count):
        pair()
    api(binta).get(displays)

    with CaptureQueriesContext(connection) as asked, CaptureQueriesContext(connections["platform"]) as crossed:
        answer = api(binta).get(displays)

    assert len(answer.json()["results"]) == count
    # the door, the devices, what was chosen for them
    assert (len([query for query in asked if not query["sql"].startswith(("BEGIN", "COMMIT"))]), len(crossed)) == (3, 0)


def test_a_device_says_all_of_itself_but_its_token(api, binta, pair, displays, site):
    device = pair()

    said = api(binta).get(f"{displays}{device.id}/").json()

    assert (said["name"], said["site_id"], said["layout"], said["languages"]) == ("Hall", str(site.id), "hall", ["fr"])
    assert (said["is_paired"], said["is_online"], said["revision"], said["queue_ids"]) == (True, False, 1, [])
    assert not [name for name in said if "token" in name or "hash" in name]


def test_settings_change_and_what_does_not_fit_is_named(api, moussa, pair, displays, tellers, site):
    device = pair()

    def patch(**values):
        return api(moussa).patch(f"{displays}{device.id}/", json=values)

    changed = patch(ticker="Fermé demain", languages=["wo", "fr", "wo"], queue_ids=[str(tellers.id)]).json()
    assert (changed["ticker"], changed["languages"], changed["revision"]) == ("Fermé demain", ["wo", "fr"], 2)
    assert changed["queue_ids"] == [str(tellers.id)]
    for values, field in (
        ({"layout": "tiles"}, "layout"), ({"layout": "counter"}, "counter_id"), ({"languages": []}, "languages"),
        ({"languages": ["de"]}, "languages.0"), ({"printer_port": 0}, "printer_port"), ({"revision": 9}, "revision"),
        ({"token_hash": "x"}, "token_hash"), ({"kind": "kiosk"}, "kind"), ({"voice_on": 1}, "voice_on"),
        ({"counter_id": str(uuid4())}, "counter_id"), ({"printer_host": "a b"}, "printer_host"),
        ({"printer_host": "http://x/"}, "printer_host"),
    ):  # fmt: skip
        answer = patch(**values)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), values
    assert patch(queue_ids=[str(uuid4())]).json()["code"] == "queue_not_found"
    assert patch(site_id=str(uuid4())).json()["code"] == "site_not_found"
    assert patch().json()["revision"] == 2


def test_a_display_is_no_kiosk(bank, api, moussa, pair):
    device, kiosks = pair(), f"tenants/{bank.slug}/kiosks/"

    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "refresh/"), ("POST", "revoke/")):
        answer = api(moussa).request(method, f"{kiosks}{device.id}/{path}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found"), (method, path)


def test_pairing_again_with_one_key_answers_the_same(api, moussa, displays, site):
    from smartqueue.devices.actions import begin_pairing
    from smartqueue.devices.models import Device
    from smartqueue.kernel.clock import now

    code, _secret = begin_pairing(kind="display", address=None, at=now())
    body = {"code": code, "name": "Hall", "site_id": str(site.id)}

    first, again = (
        api(moussa).post(f"{displays}pair/", json=body, headers={"Idempotency-Key": "abc"}) for _twice in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    with in_tenant(moussa.tenant.id):
        assert Device.objects.count() == 1


def test_a_device_that_was_cut_off_says_so(api, moussa, pair, displays):
    device = pair()

    revoked = api(moussa).post(f"{displays}{device.id}/revoke/", json={})
    refused = api(moussa).post(f"{displays}{device.id}/refresh/", json={})

    assert (revoked.status_code, revoked.json()["is_paired"]) == (200, False)
    assert (refused.status_code, refused.json()["code"]) == (409, "device_revoked")
    assert api(moussa).delete(f"{displays}{device.id}/").status_code == 204
    assert api(moussa).get(f"{displays}{device.id}/").status_code == 404


def test_the_audit_trail_has_the_four_kinds(bank, api, moussa, pair, displays):
    device = pair()
    api(moussa).patch(f"{displays}{device.id}/", json={"theme": "light"})
    api(moussa).post(f"{displays}{device.id}/revoke/", json={})
    api(moussa).delete(f"{displays}{device.id}/")

    rows = api(moussa).get(f"tenants/{bank.slug}/audit-log/").json()["results"]

    of_device = {(row["fact"], row["kind"]) for row in rows if row["object_id"] == str(device.id)}
    assert of_device == {
        ("device.created", "create"), ("device.paired", "permission_change"), ("device.updated", "update"),
        ("device.revoked", "permission_change"), ("device.deleted", "delete"),
    }  # fmt: skip
