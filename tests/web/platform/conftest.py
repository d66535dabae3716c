"""Rokhaya, the platform's super-admin, and whoever else knocks at its pages."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.web.manage.conftest import browse, visit
from tests.web.shared.browser import chromium

__all__ = ["browse", "chromium", "visit"]


@pytest.fixture
def make_super() -> Callable[..., Any]:
    """A super-admin, with `.user` as the cast's persons have it."""
    from smartqueue.accounts.models import User
    from smartqueue.journal.states import Actor, ActorKind

    class Staff:
        def __init__(self, user: Any) -> None:
            self.user = user
            self.actor = Actor(kind=ActorKind.USER, user_id=user.id, label=user.full_name)

    def make(name: str) -> Any:
        email = f"{uuid4().hex[:12]}@smartqueue.example"
        return Staff(User.objects.create_superuser(email, "Teranga-2026-Dakar", full_name=name))

    return make


@pytest.fixture
def rokhaya(make_super: Callable[..., Any]) -> Any:
    return make_super("Rokhaya Sow")


@pytest.fixture
def as_rokhaya(visit: Callable[..., Any], rokhaya: Any) -> Any:
    """Rokhaya's browser; answers are in English."""
    return visit(rokhaya)


@pytest.fixture
def facts_of() -> Callable[..., list[Any]]:
    """The journal of a tenant, oldest first, with these facts only."""
    from smartqueue.journal.models import Entry

    def find(tenant_id: Any, *facts: str) -> list[Any]:
        entries = Entry.objects.using("platform").filter(tenant_id=tenant_id).order_by("id")
        return list(entries.filter(fact__in=facts) if facts else entries)

    return find
