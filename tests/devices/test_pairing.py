"""A code on a screen, typed by an administrator, becomes a token: once, for one tenant, within ten minutes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection

from smartqueue.devices import actions
from smartqueue.devices.errors import (
    DeviceNotFound,
    PairingCodeUnknown,
    SiteNotFound,
    TooManyCodes,
    TooManyPairings,
)
from smartqueue.devices.queries import device_of_token, device_that_may_stay, pairing_of
from smartqueue.devices.states import CODE_SIGNS, PAIRINGS_PER_ADDRESS
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time

LATER = NINE + timedelta(minutes=10)
SECOND = timedelta(seconds=1)


def begin(kind="display", at=NINE, address=None):
    return actions.begin_pairing(kind=kind, address=address, at=at)


def test_a_code_is_eight_consonants_in_two_halves():
    code, secret = begin()

    assert (len(code), code[4]) == (9, "-")
    assert set(code.replace("-", "")) <= set(CODE_SIGNS)
    assert len(secret) >= 43
    assert pairing_of(secret, at=NINE).code == code


def test_the_device_gets_its_token_once(bank, claim, facts):
    code, secret = begin("kiosk")
    assert actions.collect(secret=secret, at=NINE) is None

    device = claim(code, name="Borne 1")
    token = actions.collect(secret=secret, at=NINE)

    assert (device.kind, device.layout, device.name) == ("kiosk", "tiles", "Borne 1")
    seen = device_of_token(token)
    assert (seen.tenant_id, seen.tenant_slug, seen.device.id, seen.is_former) == (bank.id, bank.slug, device.id, False)
    assert (seen.device.languages, seen.device.token_made_at) == (["fr"], NINE)
    assert actions.collect(secret=secret, at=NINE) is None
    assert pairing_of(secret, at=NINE) is None
    assert facts(device.id) == ["device.created", "device.paired"]


def test_two_polls_at_once_get_one_token(claim):
    code, secret = begin()
    claim(code)

    tokens = at_the_same_time(*[lambda: actions.collect(secret=secret, at=NINE)] * 4)

    assert sorted(type(token).__name__ for token in tokens) == ["NoneType"] * 3 + ["str"]


def test_two_administrators_who_type_one_code_at_once_get_one_device(
    claim, moussa, cheikh, make_tenant, make_person, bank
):
    from smartqueue.devices.models import Device
    from smartqueue.sites.models import Site

    with in_tenant(cheikh.tenant.id):
        town_hall = Site.objects.create(tenant=cheikh.tenant, name="Mairie", code="M1")
    code, secret = begin()

    made = at_the_same_time(
        lambda: claim(code), lambda: claim(code, person=cheikh, place=town_hall), lambda: claim(code)
    )

    devices = [one for one in made if isinstance(one, Device)]
    assert len(devices) == 1
    assert [type(one) for one in made if one is not devices[0]] == [PairingCodeUnknown] * 2
    seen = device_of_token(actions.collect(secret=secret, at=NINE))
    assert (seen.device.id, seen.tenant_id) == (devices[0].id, devices[0].tenant_id)


@pytest.mark.parametrize(
    "spell", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} {code[5:]} "]
)
def test_a_code_may_be_typed_carelessly(claim, spell):
    code, _secret = begin()

    assert claim(spell(code)).name == "Hall"


def test_a_code_expires_after_ten_minutes(claim):
    (early, _secret), (late, secret) = begin(), begin()

    assert claim(early, LATER - SECOND)
    with pytest.raises(PairingCodeUnknown):
        claim(late, LATER)
    assert pairing_of(secret, at=LATER) is None


def test_a_claimed_device_has_ten_minutes_to_come(claim):
    code, secret = begin()
    claim(code, LATER - SECOND)

    assert actions.collect(secret=secret, at=LATER + timedelta(minutes=9)) is not None


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "BCDF-GHJ", "BCDF-GHJKL", "ÉÉÉÉ-ÉÉÉÉ", "x" * 500, "\x00"])
def test_what_cannot_be_a_code_is_unknown(claim, code):
    with pytest.raises(PairingCodeUnknown):
        claim(code)


def test_the_code_of_a_kiosk_makes_no_display(claim):
    code, _secret = begin("kiosk")

    with pytest.raises(PairingCodeUnknown):
        claim(code, kind="display")
    assert claim(code, kind="kiosk").kind == "kiosk"


def test_another_tenants_site_is_absent_and_the_code_stays_good(claim, cheikh, site):
    code, _secret = begin()

    with pytest.raises(SiteNotFound):
        claim(code, person=cheikh, place=site)
    assert claim(code)


def test_five_wrong_codes_within_a_minute_are_enough(claim):
    code, _secret = begin()
    for n in range(5):
        with pytest.raises(PairingCodeUnknown):
            claim("BBBB-BBBB", NINE + n * SECOND)

    with pytest.raises(TooManyCodes) as refused:
        claim(code, NINE + 5 * SECOND)
    assert refused.value.facts == {"retry_after_s": 55}
    assert claim(code, NINE + timedelta(seconds=60))


def test_of_twenty_wrong_codes_at_once_five_are_looked_at(claim):
    refused = at_the_same_time(*[lambda: claim("BBBB-BBBB")] * 20)

    assert sorted(type(one).__name__ for one in refused) == ["PairingCodeUnknown"] * 5 + ["TooManyCodes"] * 15


def test_a_right_code_buys_no_more_wrong_ones(claim):
    for _n in range(4):
        with pytest.raises(PairingCodeUnknown):
            claim("BBBB-BBBB")
    assert claim(begin()[0])
    with pytest.raises(PairingCodeUnknown):
        claim("BBBB-BBBB")

    with pytest.raises(TooManyCodes):
        claim("BBBB-BBBB")


def test_one_address_asks_for_so_many_codes_only():
    address = f"2001:db8::{uuid4().hex[:4]}"
    for _n in range(PAIRINGS_PER_ADDRESS):
        begin(address=address)

    with pytest.raises(TooManyPairings):
        begin(address=address)
    assert begin(address="192.0.2.1")
    assert begin(address=address, at=LATER), "what has expired is deleted, and counts no more"


def test_many_at_once_from_one_address_do_not_slip_through():
    address = f"2001:db8::{uuid4().hex[:4]}"

    got = at_the_same_time(*[lambda: begin(address=address)] * (PAIRINGS_PER_ADDRESS + 5))

    assert sum(isinstance(one, TooManyPairings) for one in got) == 5


def test_a_device_that_lost_its_token_is_paired_again_with_its_settings(bank, moussa, pair, claim, device_row):
    paired = pair()
    with in_tenant(bank.id):
        actions.change_device(device_id=paired.id, values={"ticker": "Bonjour"}, actor=moussa.actor, at=NINE)
        actions.revoke_device(device_id=paired.id, actor=moussa.actor, at=NINE)
    code, secret = begin()

    claim(code, device_id=paired.id)
    token = actions.collect(secret=secret, at=NINE)

    assert device_of_token(paired.token) is None
    assert device_of_token(token).device.ticker == "Bonjour"
    with pytest.raises(DeviceNotFound):
        claim(begin()[0], device_id=uuid4())
    with pytest.raises(PairingCodeUnknown):
        claim(begin("kiosk")[0], device_id=paired.id)


def test_the_application_reaches_no_pairing_but_by_its_functions(claim):
    code, _secret = begin()

    for statement in (
        "SELECT * FROM devices_pairing",
        "DELETE FROM devices_pairing",
        "UPDATE devices_pairing SET code = 'x'",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)
    with connection.cursor() as cursor:  # outside every scope nobody claims
        cursor.execute("SELECT devices_claim(%s, '', %s, %s, %s)", [code.replace("-", ""), uuid4(), NINE, LATER])
        assert cursor.fetchone() == (None,)


@pytest.mark.parametrize("token", ["", "x", "sqd_", "sqd_" + "A" * 43, "sqd_" + "A" * 4000, "sqd_\x00", "sqd_é"])
def test_a_token_that_is_none_of_ours_opens_nothing(token):
    assert device_of_token(token) is None


def test_a_revoked_device_is_nobody(bank, moussa, pair, facts):
    paired = pair()

    with in_tenant(bank.id):
        assert device_that_may_stay(paired.id)
        for _twice in range(2):
            actions.revoke_device(device_id=paired.id, actor=moussa.actor, at=NINE)

    assert device_of_token(paired.token) is None
    assert device_of_token(paired.token, even_revoked=True).device.revoked_at == NINE
    with in_tenant(bank.id):
        assert device_that_may_stay(paired.id) is None
    assert facts(paired.id)[2:] == ["device.revoked"]


def test_a_device_of_a_tenant_that_was_closed_is_nobody(bank, pair):
    from smartqueue.tenants.models import Tenant

    paired = pair()
    Tenant.objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert device_of_token(paired.token) is None


def test_a_token_is_asked_for_in_one_round_trip(pair):
    from django.db import reset_queries
    from django.test.utils import CaptureQueriesContext

    paired = pair()
    reset_queries()

    with CaptureQueriesContext(connection) as asked:
        device_of_token(paired.token)

    assert len(asked) == 1
