"""The page of displays and kiosks: who may, what it shows, and every press."""

from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/devices/"


@pytest.fixture
def code():
    """The code that a screen shows now."""
    from smartqueue.devices.actions import begin_pairing
    from smartqueue.kernel.clock import now

    return lambda kind="display": begin_pairing(kind=kind, address=None, at=now())[0]


@pytest.fixture
def settings(site):
    """A whole form of a display, as a browser sends it."""
    whole = {
        "name": "Hall",
        "site": str(site.id),
        "layout": "hall",
        "theme": "dark",
        "languages": "fr",
        "voice_on": "on",
    }
    return lambda **changed: whole | changed


def devices_of(bank):
    from smartqueue.devices.models import Device

    with in_tenant(bank.id):
        return list(Device.objects.order_by("id"))


def text_of(answer):
    return answer.content.decode()


@pytest.mark.parametrize("path", ["", "{id}/", "{id}/pair/", "{id}/refresh/", "{id}/revoke/", "{id}/delete/"])
def test_who_may(base, path, pair, visit, moussa, awa, cheikh, device_row):
    device = pair()
    address, before = base + path.format(id=device.id), device_row(device.id)
    for method in ("get", "post"):

        def ask(person, method=method):
            return getattr(visit(person), method)(address)

        nobody = ask(None)
        assert (nobody.status_code, nobody["Location"]) == (302, f"/sign-in/?next={address}")
        assert ask(cheikh).status_code == 404
        assert ask(awa).status_code == 403
    foreign = base.replace(device_row(device.id).tenant.slug, cheikh.tenant.slug)
    if path:
        for device_id in (device.id, uuid4()):
            assert visit(cheikh).post(foreign + path.format(id=device_id)).status_code == 404
    assert device_row(device.id) == before
    assert device_row(device.id).revision == before.revision


def test_the_front_door_leads_to_what_is_open(bank, visit, moussa, awa, cheikh):
    front = f"/{bank.slug}/manage/"

    assert visit(moussa).get(front)["Location"] == f"{front}sites/"
    assert visit(awa).get(front)["Location"] == f"{front}dashboard/"
    assert visit(cheikh).get(front).status_code == 404


def test_the_empty_list_says_what_to_do(base, bank, visit, moussa, site):
    page = text_of(visit(moussa).get(base))

    assert "No display and no kiosk yet" in page
    assert f'<option value="{site.id}">Agence Plateau</option>' in page
    assert 'name="q"' not in page


def test_without_a_site_there_is_nothing_to_pair(base, visit, moussa):
    page = text_of(visit(moussa).get(base))

    assert "There is no site yet" in page
    assert 'name="code"' not in page


def test_pairing_by_a_carelessly_typed_code(base, bank, site, visit, moussa, code):
    typed = code("kiosk").lower().replace("-", " ")

    answer = visit(moussa).post(base, {"code": typed, "name": "Borne 1", "site": site.id})

    (device,) = devices_of(bank)
    assert (answer.status_code, answer["Location"]) == (303, f"{base}{device.id}/")
    assert (device.kind, device.name, device.site_id) == ("kiosk", "Borne 1", site.id)


def test_a_wrong_code_keeps_what_was_typed_and_five_are_enough(base, bank, site, visit, moussa, code):
    person, typed = visit(moussa), {"code": "BBBB-BBBB", "name": "Écran du hall", "site": site.id}

    answers = [person.post(base, typed) for _n in range(6)]

    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert "This code is not valid" in text_of(answers[0])
    assert "Too many wrong codes" in text_of(answers[5])
    assert 'value="Écran du hall"' in text_of(answers[5])
    assert devices_of(bank) == []


@pytest.mark.parametrize("missing", ["code", "name", "site"])
def test_an_incomplete_form_says_so_beside_the_field(base, bank, site, visit, moussa, missing):
    answer = visit(moussa).post(base, {"code": "BBBB-BBBB", "name": "Hall", "site": site.id, missing: ""})

    assert answer.status_code == 400
    assert f'id="id_{missing}_error"' in text_of(answer)


def test_a_code_typed_in_two_windows_at_once_makes_one_device(base, bank, site, visit, moussa, code):
    typed, windows = {"code": code(), "name": "Hall", "site": site.id}, [visit(moussa), visit(moussa)]

    answers = at_the_same_time(*[lambda window=window: window.post(base, typed) for window in windows])

    assert sorted(answer.status_code for answer in answers) == [303, 400]
    assert len(devices_of(bank)) == 1


def test_settings_are_saved_and_the_device_is_told(
    base, bank, site, tellers, visit, moussa, pair, settings, device_row
):
    from smartqueue.devices.queries import chosen_queue_ids

    device = pair()
    form = settings(theme="light", ticker="Fermé demain", languages=["fr", "wo"], queues=[str(tellers.id)])
    form.pop("voice_on")

    answer = visit(moussa).post(f"{base}{device.id}/", form)

    row = device_row(device.id)
    assert answer.status_code == 303, text_of(answer)
    assert (row.theme, row.ticker, row.languages, row.voice_on, row.revision) == (
        "light",
        "Fermé demain",
        ["fr", "wo"],
        False,
        2,
    )
    with in_tenant(bank.id):
        assert chosen_queue_ids([device.id]) == {device.id: [tellers.id]}
    page = text_of(visit(moussa).get(f"{base}{device.id}/"))
    assert f'value="{tellers.id}" id="id_queues_0" checked' in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layout": "counter"}, "Choose the counter that this screen shows."),
        ({"layout": "tiles"}, "tiles"),
        ({"name": ""}, 'id="id_name_error"'),
        ({"languages": []}, "Choose at least one language."),
        ({"site": str(uuid4())}, 'id="id_site_error"'),
        ({"queues": [str(uuid4())]}, "is not one of the available choices"),
        ({"ticker": "x" * 301}, 'id="id_ticker_error"'),
    ],
)
def test_a_mistake_is_said_beside_the_field_and_nothing_is_saved(
    base, visit, moussa, pair, settings, device_row, changed, said
):
    device = pair()

    answer = visit(moussa).post(f"{base}{device.id}/", settings(**changed))

    assert answer.status_code == 400
    assert said in text_of(answer)
    assert device_row(device.id).revision == 1


def test_at_another_site_the_former_sites_queues_are_no_mistake(
    base, bank, visit, moussa, pair, settings, tellers, device_row
):
    from smartqueue.devices.queries import chosen_queue_ids
    from smartqueue.sites.models import Site

    device = pair()
    visit(moussa).post(f"{base}{device.id}/", settings(queues=[str(tellers.id)]))
    with in_tenant(bank.id):
        other = Site.objects.create(tenant=bank, name="Thiès", code="THS1")

    answer = visit(moussa).post(f"{base}{device.id}/", settings(site=str(other.id), queues=[str(tellers.id)]))

    assert answer.status_code == 303
    assert device_row(device.id).site_id == other.id
    with in_tenant(bank.id):
        assert chosen_queue_ids([device.id]) == {device.id: []}


def test_a_kiosk_has_a_printer_and_no_ticker(base, visit, moussa, pair, site, device_row):
    device = pair("kiosk")
    page = text_of(visit(moussa).get(f"{base}{device.id}/"))
    assert ('name="printer_host"' in page, 'name="ticker"' in page, 'name="layout"' in page) == (True, False, False)

    form = {
        "name": "Borne",
        "site": str(site.id),
        "theme": "light",
        "languages": "wo",
        "printer": "escpos",
        "printer_port": "9100",
    }
    refused = visit(moussa).post(f"{base}{device.id}/", form)
    saved = visit(moussa).post(f"{base}{device.id}/", form | {"printer_host": "192.168.1.50"})

    assert (refused.status_code, saved.status_code) == (400, 303)
    assert "Give the printer&#x27;s address." in text_of(refused)
    assert device_row(device.id).printer_host == "192.168.1.50"


def test_loading_again_cutting_off_pairing_again_and_deleting(base, bank, visit, moussa, pair, code, device_row, facts):
    device, person = pair(), visit(moussa)
    page = f"{base}{device.id}/"

    assert person.post(f"{page}refresh/").status_code == 303
    assert device_row(device.id).revision == 2
    assert person.post(f"{page}revoke/").status_code == 303
    assert device_row(device.id).revoked_at is not None
    assert "cut off" in text_of(person.get(base))
    refused = person.post(f"{page}refresh/", follow=True)
    assert "This device was cut off. Pair it again." in text_of(refused)
    assert person.post(f"{page}pair/", {"code": "BBBB-BBBB"}).status_code == 400
    assert person.post(f"{page}pair/", {"code": ""}).status_code == 400
    assert person.post(f"{page}pair/", {"code": code()}).status_code == 303
    assert device_row(device.id).revoked_at is None
    assert person.post(f"{page}delete/")["Location"] == base
    assert devices_of(bank) == []
    assert facts(device.id) == [
        "device.created", "device.paired", "device.refreshed", "device.revoked", "device.paired", "device.deleted"
    ]  # fmt: skip
    assert person.get(f"{page}revoke/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_questions_for_one_and_for_three(base, bank, site, visit, moussa, count):
    make_devices(bank, site, count)
    person = visit(moussa)
    person.get(base)

    with CaptureQueriesContext(connection) as asked, CaptureQueriesContext(connections["platform"]) as crossed:
        page = text_of(person.get(base))

    assert page.count('class="who"') == count
    # session, person, tenant, door; begin, scope; count, devices, sites
    assert (len([query for query in asked if not query["sql"].startswith(("BEGIN", "COMMIT"))]), len(crossed)) == (8, 0)


def make_devices(bank, site, count):
    from smartqueue.devices.models import Device

    with in_tenant(bank.id):
        Device.objects.bulk_create(
            Device(
                tenant=bank, site=site, kind="kiosk" if n % 3 == 2 else "display", name=f"Écran {n:03}",
                layout="tiles" if n % 3 == 2 else "hall", token_hash=uuid4().bytes, paired_at=NINE, last_seen_at=NINE,
                is_online=n % 4 != 1, problem="paper_out" if n % 12 == 2 else "",
            )
            for n in range(count)
        )  # fmt: skip


def test_two_hundred_come_in_pages_and_can_be_searched(base, bank, site, visit, moussa, cheikh):
    make_devices(bank, site, 200)
    person = visit(moussa)

    first, last, found, none = (text_of(person.get(base + query)) for query in ("", "?page=4", "?q=cran+017", "?q=xyz"))

    assert [page.count('class="who"') for page in (first, last, found, none)] == [50, 50, 1, 0]
    assert first.index("Out of paper") < first.index("offline since"), "who needs somebody comes first"
    assert ("Page 1 of 4" in first, "Page 4 of 4" in last) == (True, True)
    assert "Nothing of that name" in none
    assert person.get(f"{base}?page=none").status_code == 200
