"""Secrets at rest."""

import pytest
from django.test import override_settings

from smartqueue.kernel.sealed import SealBroken, seal, unseal

KEY = b"sk_live_thiof"


def test_what_was_sealed_comes_out_again_and_is_not_readable_meanwhile() -> None:
    sealed = seal("payments.wave", KEY)

    assert unseal("payments.wave", sealed) == KEY
    assert unseal("payments.wave", memoryview(sealed)) == KEY  # as a BinaryField gives it
    assert KEY not in sealed
    assert sealed != seal("payments.wave", KEY)


def test_another_purpose_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        unseal("payments.orange", seal("payments.wave", KEY))


def test_a_changed_byte_opens_nothing() -> None:
    sealed = bytearray(seal("payments.wave", KEY))
    sealed[40] ^= 1

    with pytest.raises(SealBroken):
        unseal("payments.wave", bytes(sealed))


def test_another_secret_key_opens_nothing_unless_it_is_named_as_the_former() -> None:
    with override_settings(SECRET_KEY="the former one"):
        sealed = seal("payments.wave", KEY)

    with pytest.raises(SealBroken) as refusal:
        unseal("payments.wave", sealed)
    assert refusal.value.code == "seal_broken"
    with override_settings(SECRET_KEY_FALLBACKS=["the former one"]):
        assert unseal("payments.wave", sealed) == KEY
        with override_settings(SECRET_KEY="the next one"), pytest.raises(SealBroken):
            unseal("payments.wave", seal("payments.wave", KEY)[:-4])
