"""Hashing that costs nothing: how long it takes is the subject of one test, which sets it back."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quick_hashing() -> Iterator[None]:
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
