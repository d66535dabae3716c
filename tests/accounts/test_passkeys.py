"""Passkeys: added, signed in with, refused, removed."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from smartqueue.accounts.actions import (
    Party,
    add_passkey,
    begin_passkey,
    begin_passkey_sign_in,
    remove_passkey,
    sign_in_with_passkey,
)
from smartqueue.accounts.errors import PasskeyKnown, PasskeyRefused
from smartqueue.accounts.models import Passkey, User
from smartqueue.kernel.errors import Invalid, NotFound
from tests.accounts.device import HOST, ORIGIN, Device
from tests.accounts.people import demba, letters_to
from tests.cast import NINE, at_the_same_time

PARTY = Party(host=HOST, origins=frozenset({ORIGIN}))


def add(user: Any, device: Device, name: str = "Téléphone", **how: Any) -> Any:
    options, state = begin_passkey(user=user, party=PARTY)
    return add_passkey(user=user, name=name, party=PARTY, state=state, answer=device.make(options, **how), at=NINE)


def enter(device: Device, **how: Any) -> Any:
    options, state = begin_passkey_sign_in(party=PARTY)
    return sign_in_with_passkey(party=PARTY, state=state, answer=device.sign(options, **how), at=NINE)


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def owner(device: Device) -> Any:
    user = demba()
    add(user, device)
    return user


def test_a_passkey_signs_its_owner_in(owner: Any, device: Device) -> None:
    assert enter(device) == owner

    kept = Passkey.objects.get(user=owner)
    assert (kept.name, kept.sign_count, kept.last_used_at, kept.created_at) == ("Téléphone", 2, NINE, NINE)
    assert User.objects.get(id=owner.id).last_login == NINE
    assert len(letters_to(owner.email)) == 1


def test_the_browser_is_asked_for_a_passkey_that_names_its_owner_and_needs_unlocking(owner: Any) -> None:
    made, _state = begin_passkey(user=owner, party=PARTY)
    asked, _state = begin_passkey_sign_in(party=PARTY)

    assert made["publicKey"]["authenticatorSelection"]["residentKey"] == "required"
    assert made["publicKey"]["authenticatorSelection"]["userVerification"] == "required"
    assert len(made["publicKey"]["excludeCredentials"]) == 1
    assert asked["publicKey"]["userVerification"] == "required"
    assert "allowCredentials" not in asked["publicKey"]


@pytest.mark.parametrize(
    "how",
    [{"origin": "https://elsewhere.example"}, {"origin": "http://testserver"}, {"origin": "https://testserver:8443"},
     {"origin": "https://a.testserver"}, {"host": "elsewhere.example"}, {"is_unlocked": False}],
)  # fmt: skip
def test_what_was_answered_elsewhere_or_by_a_locked_device_is_refused(owner: Any, device: Device, how: Any) -> None:
    with pytest.raises(PasskeyRefused) as refusal:
        enter(device, **how)
    assert refusal.value.user_id == owner.id

    with pytest.raises(PasskeyRefused):
        add(demba(), Device(), **how)


def test_an_answer_is_good_for_its_own_challenge_only(owner: Any, device: Device) -> None:
    (options, _state), (_options, another) = (begin_passkey_sign_in(party=PARTY) for _one in "ab")

    with pytest.raises(PasskeyRefused):
        sign_in_with_passkey(party=PARTY, state=another, answer=device.sign(options), at=NINE)


def test_a_device_that_we_do_not_know_opens_nothing(owner: Any) -> None:
    with pytest.raises(PasskeyRefused) as refusal:
        enter(Device())

    assert refusal.value.user_id is None


def test_another_key_under_a_known_name_opens_nothing(owner: Any, device: Device) -> None:
    forged = Device()
    forged.id, forged.user_handle = device.id, device.user_handle

    with pytest.raises(PasskeyRefused):
        enter(forged)


def test_a_copy_of_the_device_is_known_by_its_counter(owner: Any, device: Device) -> None:
    enter(device)
    device.counter -= 1

    with pytest.raises(PasskeyRefused):
        enter(device)
    assert enter(device) == owner


def test_a_device_that_does_not_count_is_let_in_every_time() -> None:
    user, device = demba(), Device()
    device.counter = 0
    add(user, device)

    assert [enter(device), enter(device)] == [user, user]


def test_of_one_answer_sent_twice_at_once_one_is_let_in(owner: Any, device: Device) -> None:
    options, state = begin_passkey_sign_in(party=PARTY)
    answer = device.sign(options)

    results = at_the_same_time(*[lambda: sign_in_with_passkey(party=PARTY, state=state, answer=answer, at=NINE)] * 2)

    assert Counter(type(result).__name__ for result in results) == {"User": 1, "PasskeyRefused": 1}


def test_a_closed_account_stays_closed(owner: Any, device: Device) -> None:
    User.objects.filter(id=owner.id).update(is_active=False)

    with pytest.raises(PasskeyRefused):
        enter(device)


def test_a_device_is_added_once_whoever_holds_it(owner: Any, device: Device) -> None:
    with pytest.raises(PasskeyKnown):
        add(demba(), device)
    with pytest.raises(PasskeyKnown):
        add(owner, device)


def test_two_who_add_the_last_one_at_once_do_not_get_past_twenty() -> None:
    user = demba()
    for _one in range(19):
        add(user, Device())

    at_the_same_time(lambda: add(user, Device()), lambda: add(user, Device()))

    assert Passkey.objects.filter(user=user).count() == 20


def test_a_passkey_has_a_name() -> None:
    with pytest.raises(Invalid) as refusal:
        add(demba(), Device(), name="  ")

    assert set(refusal.value.facts["errors"]) == {"name"}


@pytest.mark.parametrize("answer", [{}, {"id": 1}, {"id": "a", "rawId": "b"}, {"rawId": "AA", "response": []}])
def test_what_is_no_answer_is_refused_and_breaks_nothing(owner: Any, answer: Any) -> None:
    _options, state = begin_passkey_sign_in(party=PARTY)
    with pytest.raises(PasskeyRefused):
        sign_in_with_passkey(party=PARTY, state=state, answer=answer, at=NINE)

    _options, state = begin_passkey(user=owner, party=PARTY)
    with pytest.raises(PasskeyRefused):
        add_passkey(user=owner, name="x", party=PARTY, state=state, answer=answer, at=NINE)


def test_a_removed_passkey_opens_nothing_and_only_its_owner_removes_it(owner: Any, device: Device) -> None:
    passkey = Passkey.objects.get(user=owner)
    with pytest.raises(NotFound):
        remove_passkey(user=demba(), passkey_id=passkey.id)
    assert enter(device) == owner

    remove_passkey(user=owner, passkey_id=passkey.id)

    with pytest.raises(PasskeyRefused):
        enter(device)
    with pytest.raises(NotFound):
        remove_passkey(user=owner, passkey_id=passkey.id)


def test_time_passes_and_the_passkey_stays(owner: Any, device: Device) -> None:
    options, state = begin_passkey_sign_in(party=PARTY)
    later = NINE + timedelta(days=900)

    assert sign_in_with_passkey(party=PARTY, state=state, answer=device.sign(options), at=later) == owner
