"""Two tenants with one row of every kind, made once: these tests are refused everything, so nothing changes."""

import pytest

from tests.architecture.endpoints import World, make_world


@pytest.fixture(scope="session")
def bank_world() -> World:
    return make_world("CanariJaune")


@pytest.fixture(scope="session")
def town_world() -> World:
    """Cheikh's."""
    return make_world("MairieBleue")
