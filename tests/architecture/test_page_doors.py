"""Every page of staff × who knocks: nobody is sent to the sign-in, a stranger finds nothing, a role without the scope
is refused, and whoever may enter is answered, empty forms and ids of nothing included. New pages are found by
themselves."""

import re
from itertools import chain
from uuid import uuid4

import pytest

from smartqueue.tenants.states import SCOPES_OF_ROLE
from smartqueue.web.agent.urls import urlpatterns as of_agents
from smartqueue.web.manage.urls import urlpatterns as of_managers
from smartqueue.web.platform.urls import urlpatterns as of_the_platform
from smartqueue.web.shared.pages import MemberPage
from tests.cast import Person
from tests.web.manage.conftest import visit

__all__ = ["visit"]

OPEN = {"welcome"}
"""Whoever was invited has no account yet."""
OF_STAFF = [one for one in chain(of_agents, of_managers) if one.name not in OPEN]

WORDS = {
    "counter-move": "recall",
    "slug": "nothing",
    "str": "nothing",
    "int": "1",
    "path": "nothing",
    "date": "2026-11-02",
}


def view_of(pattern):
    return getattr(pattern.callback, "view_class", object)


@pytest.fixture
def super_admin():
    from smartqueue.accounts.models import User

    user = User.objects.create_superuser(f"{uuid4().hex[:12]}@example.sn", uuid4().hex)
    return Person(user, None, None)


def address(pattern, slug):
    """With the tenant's slug, and ids of nothing elsewhere."""

    def word(place):
        kind, _, name = place[1].rpartition(":")
        return slug if name == "slug" else WORDS.get(kind, str(uuid4()))

    return "/" + re.sub(r"<([^>]+)>", word, str(pattern.pattern))


def surprises(client, patterns, slug, expected):
    """Where GET or an empty POST was answered otherwise than `expected(pattern, answer)` says."""
    return [
        (method, str(pattern.pattern), answer.status_code, answer.headers.get("Location"))
        for pattern in patterns
        for method in ("get", "post")
        if not expected(pattern, answer := getattr(client, method)(address(pattern, slug)))
    ]


def is_sent_to_sign_in(_pattern, answer):
    return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/")


def is_absent(_pattern, answer):
    return answer.status_code == 404


def test_every_page_below_a_tenant_is_for_members():
    assert [str(one.pattern) for one in OF_STAFF if not issubclass(view_of(one), MemberPage)] == []
    open_to_all = [one.name for one in of_managers if one in OF_STAFF and view_of(one).needs is None]
    assert open_to_all == ["manage"], "only the front door is open to every member: it leads on"


def test_pages_of_staff_send_nobody_to_the_sign_in_and_show_a_stranger_nothing(visit, bank, cheikh):
    assert surprises(visit(), OF_STAFF, bank.slug, is_sent_to_sign_in) == []
    assert surprises(visit(cheikh), OF_STAFF, bank.slug, is_absent) == []


@pytest.mark.parametrize("role", ["agent", "manager", "admin"])
def test_each_role_gets_in_where_its_scopes_reach_and_nowhere_else(visit, bank, make_person, role):
    def is_right(pattern, answer):
        needs = view_of(pattern).needs
        if needs and needs not in SCOPES_OF_ROLE[role]:
            return answer.status_code == 403
        return answer.status_code < 500

    assert surprises(visit(make_person(bank, role, "Awa Fall")), OF_STAFF, bank.slug, is_right) == []


def test_the_platform_is_closed_to_everybody_but_its_own_people(visit, bank, moussa, super_admin):
    assert surprises(visit(), of_the_platform, bank.slug, is_sent_to_sign_in) == []
    assert surprises(visit(moussa), of_the_platform, bank.slug, is_absent) == []
    answered = surprises(visit(super_admin), of_the_platform, bank.slug, lambda _one, answer: answer.status_code < 500)
    assert answered == []
