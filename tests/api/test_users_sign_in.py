"""POST jwt/token/, jwt/refresh/, jwt/blacklist/."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from smartqueue.accounts.models import User
from smartqueue.accounts.queries import read_access_token
from smartqueue.journal.models import Entry
from smartqueue.tenants.models import Membership
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import scopes_of
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.people import PASSWORD, demba, new_email
from tests.cast import Api, Person, at_the_same_time


@pytest.fixture
def anybody(api: Callable[..., Api]) -> Api:
    return api()


def enter(api: Api, user: Any, password: str = PASSWORD, **more: Any) -> Any:
    return api.post(
        "users/jwt/token/",
        json={"email": user.email, "password": password, **more},
        headers={"User-Agent": "Firefox"},
    )


def join(user: Any, tenant: Any, role: str = "agent") -> Any:
    with in_tenant(tenant.id):
        return Membership.objects.create(tenant=tenant, user=user, role=role)


def claims_of(response: Any) -> dict[str, Any]:
    claims = read_access_token(response.json()["access"])
    assert claims is not None
    return claims


def facts(tenant: Any, user: Any) -> list[Any]:
    with in_tenant(tenant.id):
        return list(Entry.objects.filter(tenant=tenant, object_id=user.id).order_by("id"))


@pytest.mark.parametrize("role", ["admin", "manager", "agent"])
def test_a_member_signs_in_to_the_first_tenant(anybody: Api, bank: Any, make_tenant: Any, role: str) -> None:
    user = demba()
    join(user, bank, role)
    join(user, make_tenant(), "agent")

    response = enter(anybody, user)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh", "user"}
    assert response.headers["Cache-Control"] == "no-store"
    claims = claims_of(response)
    assert {"user_id", "tenant_id", "role", "scopes", "exp", "iat"} <= set(claims)
    assert (claims["user_id"], claims["tenant_id"], claims["role"]) == (str(user.id), str(bank.id), role)
    assert claims["scopes"] == sorted(scopes_of(role))


def test_the_named_tenant_is_entered(anybody: Api, bank: Any, make_tenant: Any) -> None:
    user, second = demba(), make_tenant()
    join(user, bank)
    join(user, second, "manager")

    claims = claims_of(enter(anybody, user, tenant=second.slug))

    assert (claims["tenant_id"], claims["role"]) == (str(second.id), "manager")


def test_cheikh_s_tenant_does_not_exist_for_others(anybody: Api, bank: Any, cheikh: Person) -> None:
    user = demba()
    join(user, bank)

    foreign = enter(anybody, user, tenant=cheikh.tenant.slug)
    absent = enter(anybody, user, tenant="no-such-tenant")

    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content
    assert foreign.json()["code"] == "not_found"


def test_a_wrong_password_says_nothing_about_the_tenant(anybody: Api, bank: Any, cheikh: Person) -> None:
    user = demba()
    join(user, bank)

    answers = {enter(anybody, user, "wrong", tenant=slug).content for slug in (bank.slug, cheikh.tenant.slug, "none")}

    assert len(answers) == 1


def test_a_closed_tenant_is_no_tenant(anybody: Api, make_tenant: Any) -> None:
    user, closed = demba(), make_tenant(is_active=False)
    join(user, closed)

    assert claims_of(enter(anybody, user))["tenant_id"] is None
    assert enter(anybody, user, tenant=closed.slug).status_code == 404


def test_without_a_tenant_there_is_no_role(anybody: Api) -> None:
    claims = claims_of(enter(anybody, demba()))

    assert (claims["tenant_id"], claims["role"], claims["scopes"]) == (None, None, [])


def test_a_super_admin_signs_in_outside_every_tenant(anybody: Api) -> None:
    chief = User.objects.create_superuser(new_email(), PASSWORD)

    response = enter(anybody, chief)

    assert response.json()["user"]["is_superuser"] is True
    assert claims_of(response)["tenant_id"] is None


def test_nobody_learns_which_addresses_sign_in(anybody: Api) -> None:
    people = [User(email=new_email()), demba(), demba(is_active=False), demba(email_verified=False)]

    answers = [enter(anybody, user, "wrong") for user in people]

    assert {(answer.status_code, answer.content, tuple(sorted(answer.headers))) for answer in answers} == {
        (401, answers[0].content, tuple(sorted(answers[0].headers)))
    }
    assert answers[0].json()["code"] == "wrong_credentials"
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")
    assert answers[0].headers["Content-Type"] == "application/problem+json"


def test_a_closed_account_is_refused_like_an_unknown_one(anybody: Api) -> None:
    closed, unknown = enter(anybody, demba(is_active=False)), enter(anybody, User(email=new_email()))

    assert (closed.status_code, closed.content) == (unknown.status_code, unknown.content)


def test_an_unconfirmed_address_has_its_own_answer(anybody: Api) -> None:
    refused = enter(anybody, demba(email_verified=False))

    assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified")


@pytest.mark.parametrize("known", [True, False])
def test_after_twenty_failures_the_answer_says_when_to_come_back(anybody: Api, known: bool) -> None:
    user = demba() if known else User(email=new_email())
    for _ in range(20):
        assert enter(anybody, user, "wrong").status_code == 401

    refused = enter(anybody, user)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400


def test_a_sign_in_stands_in_the_journal_of_its_tenant(anybody: Api, bank: Any, make_tenant: Any) -> None:
    user, other = demba(), make_tenant()
    join(user, bank)
    join(user, other)

    enter(anybody, user)

    [entry] = facts(bank, user)
    assert (entry.fact, entry.kind, entry.actor_id) == ("user.signed_in", "login", user.id)
    assert (entry.ip, entry.user_agent, entry.endpoint) == ("127.0.0.1", "Firefox", "POST /api/v1/users/jwt/token/")
    assert (entry.object_type, entry.data, entry.before, entry.after) == ("user", {}, None, None)
    assert facts(other, user) == []


def test_a_failure_stands_in_the_journal_of_every_tenant(anybody: Api, bank: Any, make_tenant: Any) -> None:
    user, other = demba(), make_tenant()
    join(user, bank)
    join(user, other)

    enter(anybody, user, "wrong")

    for tenant in (bank, other):
        [entry] = facts(tenant, user)
        assert (entry.fact, entry.kind, entry.actor_id) == ("user.sign_in_failed", "login_failed", None)
        assert entry.data == {"reason": "wrong_credentials"}
    assert not Entry.objects.using("platform").filter(object_id=user.id, tenant=None).exists()


def test_a_failure_of_nobody_stands_outside_every_tenant(anybody: Api) -> None:
    outside = Entry.objects.using("platform").filter(tenant=None, object_id=None, fact="user.sign_in_failed")
    before = outside.count()

    enter(anybody, User(email=new_email()), "wrong")

    assert outside.count() == before + 1


def turn(api: Api, refresh: Any) -> Any:
    return api.post("users/jwt/refresh/", json={"refresh": refresh})


def test_an_exchange_keeps_the_tenant_and_reads_the_role_anew(anybody: Api, bank: Any, make_tenant: Any) -> None:
    user, second = demba(), make_tenant()
    join(user, bank)
    membership = join(user, second, "agent")
    first = enter(anybody, user, tenant=second.slug).json()
    with in_tenant(second.id):
        Membership.objects.filter(id=membership.id).update(role="admin")

    response = turn(anybody, first["refresh"])

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh", "user"}
    claims = claims_of(response)
    assert (claims["tenant_id"], claims["role"], len(claims["scopes"])) == (str(second.id), "admin", 14)


def test_who_left_the_tenant_has_no_role_after_the_exchange(anybody: Api, bank: Any) -> None:
    user = demba()
    membership = join(user, bank)
    first = enter(anybody, user).json()
    with in_tenant(bank.id):
        membership.delete()

    claims = claims_of(turn(anybody, first["refresh"]))

    assert (claims["tenant_id"], claims["role"], claims["scopes"]) == (None, None, [])


def test_a_token_that_comes_back_ends_the_sign_in_and_is_noted(anybody: Api, bank: Any) -> None:
    user = demba()
    join(user, bank)
    first = enter(anybody, user).json()
    second = turn(anybody, first["refresh"]).json()

    again = turn(anybody, first["refresh"])

    assert (again.status_code, again.json()["code"]) == (401, "refresh_token_reused")
    assert turn(anybody, second["refresh"]).status_code == 401
    [entry] = [entry for entry in facts(bank, user) if entry.kind == "login_failed"]
    assert entry.data == {"reason": "refresh_token_reused"}


def test_of_two_exchanges_at_once_one_is_answered(api: Callable[..., Api]) -> None:
    first = enter(api(), demba()).json()

    answers = at_the_same_time(*[lambda: turn(api(), first["refresh"])] * 2)

    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 1}


def test_a_closed_account_gets_no_next_token(anybody: Api) -> None:
    user = demba()
    first = enter(anybody, user).json()
    User.objects.filter(id=user.id).update(is_active=False)

    refused = turn(anybody, first["refresh"])

    assert (refused.status_code, refused.json()["code"]) == (401, "refresh_token_refused")


@pytest.mark.parametrize("token", ["a.b.c", "é", "a" * 4096])
def test_garbage_is_not_exchanged(anybody: Api, token: str) -> None:
    assert turn(anybody, token).json()["code"] == "refresh_token_refused"
    assert anybody.post("users/jwt/blacklist/", json={"refresh": token}).status_code == 401


@pytest.mark.parametrize("token", ["", None, 7.5, {}, [], "a" * 4097])
def test_what_is_no_text_of_that_length_is_named(anybody: Api, token: Any) -> None:
    for path in ("refresh", "blacklist"):
        response = anybody.post(f"users/jwt/{path}/", json={"refresh": token})
        assert response.status_code in {400, 401}


def test_an_access_token_is_not_exchanged(anybody: Api) -> None:
    assert turn(anybody, enter(anybody, demba()).json()["access"]).status_code == 401


def test_signing_out_ends_the_sign_in_and_is_noted_once(anybody: Api, bank: Any) -> None:
    user = demba()
    join(user, bank)
    first = enter(anybody, user).json()

    answers = [anybody.post("users/jwt/blacklist/", json={"refresh": first["refresh"]}) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert turn(anybody, first["refresh"]).json()["code"] == "refresh_token_refused"
    assert [(entry.fact, entry.kind) for entry in facts(bank, user)] == [
        ("user.signed_in", "login"),
        ("user.signed_out", "logout"),
    ]


def test_no_token_and_no_password_stands_in_the_journal(anybody: Api, bank: Any) -> None:
    user = demba()
    join(user, bank)
    first = enter(anybody, user).json()
    anybody.post("users/jwt/blacklist/", json={"refresh": first["refresh"]})
    enter(anybody, user, "à côté")

    written = str([list(vars(entry).items()) for entry in facts(bank, user)])

    assert not any(secret in written for secret in (PASSWORD, "à côté", first["access"], first["refresh"], user.email))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "x", "password": "y"}, {"email"}),
        ({"email": "a@example.sn", "password": ["y"]}, {"password"}),
        ({"email": "a@example.sn", "password": "y" * 1025}, {"password"}),
        ({"email": "a@example.sn", "password": "y", "tenant": "t" * 51}, {"tenant"}),
        ({"email": "a@example.sn", "password": "y", "role": "admin"}, {"role"}),
    ],
)
def test_a_bad_value_is_named(anybody: Api, body: Any, fields: set[str]) -> None:
    refused = anybody.post("users/jwt/token/", json=body)

    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == fields


@pytest.mark.parametrize("path", ["jwt/token", "jwt/refresh", "jwt/blacklist", "register", "me/password"])
def test_nothing_happens_by_get(api: Callable[..., Api], moussa: Person, path: str) -> None:
    assert api(moussa).get(f"users/{path}/").status_code == 405
