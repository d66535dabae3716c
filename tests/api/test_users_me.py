"""GET and PATCH me/, POST me/password/."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from smartqueue.accounts.actions import make_access_token
from smartqueue.accounts.models import User
from smartqueue.journal.models import Entry
from smartqueue.tenants.models import Membership
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import scopes_of
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.people import PASSWORD, demba, start
from tests.cast import Api, Person

NEW = "yassa au poulet"


def token_of(user: Any, tenant: Any = None, **claims: Any) -> dict[str, str]:
    claims |= {"tenant_id": str(tenant.id)} if tenant else {}
    access = make_access_token(user_id=user.id, claims=claims, at=datetime.now(UTC))
    return {"Authorization": f"Bearer {access}"}


def named(tenant: Any) -> dict[str, str]:
    return {"id": str(tenant.id), "slug": tenant.slug, "name": tenant.name}


def join(user: Any, tenant: Any, role: str) -> Any:
    with in_tenant(tenant.id):
        return Membership.objects.create(tenant=tenant, user=user, role=role)


def facts(tenant: Any, user: Any) -> list[tuple[str, str, Any]]:
    with in_tenant(tenant.id):
        entries = Entry.objects.filter(tenant=tenant, object_id=user.id).order_by("id")
        return [(entry.fact, entry.kind, entry.data) for entry in entries]


def test_oneself_with_every_membership_and_no_other(
    api: Callable[..., Api], bank: Any, make_tenant: Any, moussa: Person, cheikh: Person
) -> None:
    user, second = demba(), make_tenant()
    join(user, bank, "agent")
    join(user, second, "manager")

    me = api().get("users/me/", headers=token_of(user, second))

    assert me.status_code == 200
    assert me.json() == {
        "user": {
            "id": str(user.id),
            "email": user.email,
            "email_verified": True,
            "phone": "",
            "full_name": "Demba Sow",
            "language": "fr",
            "is_superuser": False,
        },
        "memberships": [
            {"tenant": named(bank), "role": "agent", "scopes": sorted(scopes_of("agent"))},
            {"tenant": named(second), "role": "manager", "scopes": sorted(scopes_of("manager"))},
        ],
        "tenant": named(second),
        "role": "manager",
        "scopes": sorted(scopes_of("manager")),
    }
    assert me.headers["Cache-Control"] == "no-store"


def test_role_and_scopes_are_the_database_s_not_the_token_s(
    api: Callable[..., Api], bank: Any, make_person: Any
) -> None:
    agent = make_person(bank, "agent", "Binta Ba")
    boast = token_of(agent.user, bank, role="admin", scopes=sorted(scopes_of("admin")))

    me = api().get("users/me/", headers=boast).json()

    assert (me["role"], me["scopes"]) == ("agent", sorted(scopes_of("agent")))


def test_a_token_that_names_a_strange_tenant_shows_nothing_of_it(
    api: Callable[..., Api], moussa: Person, cheikh: Person
) -> None:
    me = api().get("users/me/", headers=token_of(moussa.user, cheikh.tenant))

    assert (me.json()["tenant"], me.json()["role"], me.json()["scopes"]) == (None, None, [])
    assert cheikh.tenant.slug not in me.content.decode()


@pytest.mark.parametrize(("method", "path"), [("GET", "me"), ("PATCH", "me"), ("POST", "me/password")])
def test_nobody_is_refused(api: Callable[..., Api], method: str, path: str) -> None:
    closed, gone = demba(is_active=False), demba()
    erased = token_of(gone)
    gone.delete()
    late = make_access_token(user_id=demba().id, claims={}, at=datetime.now(UTC) - timedelta(minutes=11))

    for headers in (
        {},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {late}"},
        {"Authorization": f"Bearer {start(demba(), datetime.now(UTC)).refresh}"},
        token_of(closed),
        erased,
    ):
        refused = api().request(method, f"users/{path}/", json={"current": PASSWORD, "new": NEW}, headers=headers)

        assert refused.status_code == 401
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def queries(doing: Callable[[], Any]) -> dict[str, int]:
    with CaptureQueriesContext(connections["default"]) as app, CaptureQueriesContext(connections["platform"]) as all_:
        doing()
    return {"default": len(app), "platform": len(all_)}


def test_three_memberships_cost_no_more_queries_than_one(api: Callable[..., Api], make_tenant: Any) -> None:
    one, three = demba(), demba()
    join(one, make_tenant(), "agent")
    for _ in range(3):
        join(three, make_tenant(), "agent")

    for user in (one, three):
        headers = token_of(user)
        assert queries(lambda headers=headers: api().get("users/me/", headers=headers)) == {
            "default": 1,
            "platform": 1,
        }


def test_what_is_changed_is_kept_answered_and_noted(api: Callable[..., Api], bank: Any, moussa: Person) -> None:
    changed = api().patch(
        "users/me/", json={"phone": "77 123 45 67", "language": "en"}, headers=token_of(moussa.user, bank)
    )

    assert changed.status_code == 200
    assert changed.json()["user"]["phone"] == "+221771234567"
    assert changed.json()["role"] == "admin"
    kept = User.objects.get(id=moussa.user.id)
    assert (kept.phone, kept.language, kept.full_name) == ("+221771234567", "en", "Moussa Diop")
    assert facts(bank, moussa.user) == [("user.updated", "update", {"changed": ["language", "phone"]})]


def test_changing_nothing_is_no_fact(api: Callable[..., Api], bank: Any, moussa: Person) -> None:
    for body in ({}, {"full_name": "Moussa Diop"}):
        assert api().patch("users/me/", json=body, headers=token_of(moussa.user, bank)).status_code == 200

    assert facts(bank, moussa.user) == []


@pytest.mark.parametrize(
    "field", ["email", "email_verified", "is_superuser", "is_staff", "is_active", "password", "id", "memberships"]
)
def test_what_is_not_one_s_own_to_change_is_refused(api: Callable[..., Api], moussa: Person, field: str) -> None:
    refused = api(moussa).patch("users/me/", json={field: True})

    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {field}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"language": "de"}, "language"),
        ({"full_name": "x" * 151}, "full_name"),
        ({"full_name": None}, "full_name"),
    ],
)
def test_a_bad_value_is_named(api: Callable[..., Api], moussa: Person, body: Any, field: str) -> None:
    refused = api(moussa).patch("users/me/", json=body)

    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {field}


def sign_in(api: Api, user: Any, password: str = PASSWORD) -> Any:
    return api.post("users/jwt/token/", json={"email": user.email, "password": password})


def test_changing_the_password_keeps_this_sign_in_and_ends_the_others(api: Callable[..., Api], bank: Any) -> None:
    user, client = demba(), api()
    join(user, bank, "agent")
    here, elsewhere = sign_in(client, user).json(), sign_in(client, user).json()

    changed = client.post(
        "users/me/password/",
        json={"current": PASSWORD, "new": NEW},
        headers={"Authorization": f"Bearer {here['access']}"},
    )

    assert (changed.status_code, changed.content) == (204, b"")
    assert client.post("users/jwt/refresh/", json={"refresh": here["refresh"]}).status_code == 200
    assert client.post("users/jwt/refresh/", json={"refresh": elsewhere["refresh"]}).status_code == 401
    assert sign_in(client, user).status_code == 401
    assert sign_in(client, user, NEW).status_code == 200
    assert ("user.password_changed", "update", {}) in facts(bank, user)


def test_a_wrong_current_password_is_named_and_counted(api: Callable[..., Api]) -> None:
    user, client = demba(), api()
    headers = token_of(user)
    for _ in range(20):
        refused = client.post("users/me/password/", json={"current": "wrong", "new": NEW}, headers=headers)
        assert refused.status_code == 400
        assert [error["code"] for error in refused.json()["errors"]["current"]] == ["wrong_password"]

    refused = client.post("users/me/password/", json={"current": PASSWORD, "new": NEW}, headers=headers)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
