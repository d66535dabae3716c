"""Signing in to the pages: who comes in, where they arrive, what the journal hears."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.tenants.models import Membership
from smartqueue.tenants.scope import in_tenant
from tests.accounts.people import PASSWORD, demba
from tests.cast import at_the_same_time


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True, headers={"accept-language": "en"})


@pytest.fixture
def employed(make_tenant):
    """A person with a password who has these roles, each in a tenant of its own."""

    def make(*roles, **fields):
        user, tenants = demba(**fields), [make_tenant() for _role in roles]
        for role, tenant in zip(roles, tenants, strict=True):
            with in_tenant(tenant.id):
                Membership.objects.create(tenant=tenant, user=user, role=role)
        return user, tenants

    return make


def send(browser, email, password=PASSWORD, **more):
    """What the form sends, with the token that stands in it."""
    token = browser.get("/sign-in/").context["csrf_token"]
    return browser.post("/sign-in/", {"email": email, "password": password, "csrfmiddlewaretoken": token, **more})


def arrival(browser, *args, **more):
    """Where the browser stands in the end."""
    answer = send(browser, *args, **more)
    assert answer.status_code == 302
    if answer["Location"] == "/sign-in/":
        answer = browser.get("/sign-in/")
    return answer


def facts_about(user):
    entries = Entry.objects.using("platform").filter(object_id=user.id).order_by("id")
    return [(entry.fact, entry.tenant_id, entry.data) for entry in entries]


@pytest.mark.parametrize(("role", "page"), [("agent", "counter"), ("manager", "manage"), ("admin", "manage")])
def test_a_member_arrives_where_the_work_is(browser, employed, role, page):
    user, (tenant,) = employed(role)

    assert arrival(browser, user.email)["Location"] == f"/{tenant.slug}/{page}/"
    assert facts_about(user) == [("user.signed_in", tenant.id, {})]


def test_who_works_in_two_places_is_asked_where(browser, employed):
    user, (first, second) = employed("agent", "admin")

    answer = arrival(browser, user.email)

    assert answer.status_code == 200
    offered = [place["url"] for place in answer.context["places"]]
    assert offered == [f"/{first.slug}/counter/", f"/{second.slug}/manage/"]
    assert f'href="/{second.slug}/manage/"' in answer.text


def test_who_belongs_nowhere_is_told_so(browser, employed):
    user, _none = employed()

    answer = arrival(browser, user.email)

    assert answer.status_code == 200
    assert "You belong to no organisation yet" in answer.text
    assert facts_about(user) == [("user.signed_in", None, {})]


def test_the_platforms_staff_go_to_the_platform(browser, employed):
    user, _none = employed(is_staff=True, is_superuser=True)

    assert arrival(browser, user.email)["Location"] == "/platform/"


def test_the_page_that_was_asked_for_comes_first(browser, employed):
    user, (tenant,) = employed("agent")
    wanted = f"/{tenant.slug}/manage/devices/?state=offline"

    assert send(browser, user.email, next=wanted)["Location"] == wanted
    assert browser.get("/sign-in/", {"next": wanted})["Location"] == wanted


@pytest.mark.parametrize(
    "elsewhere",
    ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)",
     "https:elsewhere.example", "\t//elsewhere.example", "ftp://testserver/"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(browser, employed, elsewhere):
    user, (tenant,) = employed("agent")

    assert send(browser, user.email, next=elsewhere)["Location"] == "/sign-in/"
    assert browser.get("/sign-in/", {"next": elsewhere})["Location"] == f"/{tenant.slug}/counter/"


@pytest.mark.parametrize(
    ("fields", "password", "sentence", "reason"),
    [
        ({}, "thiof", "The e-mail address or the password is wrong.", "wrong_credentials"),
        ({"is_active": False}, PASSWORD, "The e-mail address or the password is wrong.", "wrong_credentials"),
        ({"email_verified": False}, PASSWORD, "Confirm your e-mail address first", "email_not_verified"),
    ],
)
def test_a_refusal_stands_in_the_form_and_what_was_typed_stays(browser, employed, fields, password, sentence, reason):
    user, tenants = employed("agent", "admin", **fields)

    answer = send(browser, user.email, password, next="/somewhere/")

    assert answer.status_code == 400
    assert sentence in answer.text
    assert f'value="{user.email}"' in answer.text
    assert 'name="next" value="/somewhere/"' in answer.text
    assert password not in answer.text
    assert "sessionid" not in browser.cookies
    assert facts_about(user) == [("user.sign_in_failed", tenant.id, {"reason": reason}) for tenant in tenants]


def test_an_unknown_address_is_answered_like_a_known_one(browser, employed):
    user, _tenants = employed("agent")

    def said(email):
        return send(browser, email, "thiof").content.decode().replace(email, "")

    def without_token(text):
        return [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line and "hx-headers" not in line]

    assert without_token(said(f"{uuid4().hex}@example.sn")) == without_token(said(user.email))


@pytest.mark.parametrize(
    "typed", [{"email": "binta@"}, {"email": ""}, {"password": ""}, {"email": "x" * 300 + "@a.sn"}]
)
def test_what_cannot_be_an_address_is_refused_beside_its_field(browser, typed):
    answer = send(browser, **{"email": "binta@example.sn"} | typed)

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text


def test_after_twenty_failures_the_address_waits(browser, employed):
    from smartqueue.accounts.actions import tallies
    from smartqueue.accounts.states import TallyKind

    user, _tenants = employed("agent")
    for _try in range(20):
        tallies.count_failure(kind=TallyKind.SIGN_IN_FAILED, email=user.email, at=now() - timedelta(hours=1))

    answer = send(browser, user.email)

    assert answer.status_code == 429
    assert 82_000 < int(answer["Retry-After"]) <= 82_800
    assert "Too many tries for this address." in answer.text


def test_the_session_is_another_one_after_signing_in(browser, employed):
    user, _tenants = employed("agent")
    browser.cookies["sessionid"] = planted = "planted0planted0planted0planted0"

    send(browser, user.email)

    cookie = browser.cookies["sessionid"]
    assert cookie.value != planted
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_signing_out_ends_the_session_on_the_server(browser, employed):
    user, (tenant,) = employed("agent")
    send(browser, user.email)
    copied = browser.cookies["sessionid"].value
    token = browser.get("/sign-in/", {"next": "//x"}) and browser.cookies["csrftoken"].value

    assert browser.post("/sign-out/", {"csrfmiddlewaretoken": token})["Location"] == "/sign-in/"

    browser.cookies["sessionid"] = copied
    assert browser.get("/sign-in/").status_code == 200
    assert [fact for fact, *_ in facts_about(user)] == ["user.signed_in", "user.signed_out"]
    assert facts_about(user)[1][1] == tenant.id


def test_signing_out_needs_the_own_form(browser, employed):
    user, _tenants = employed("agent")
    send(browser, user.email)

    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/").status_code == 403
    assert browser.get("/sign-in/").status_code == 302


def test_two_sign_ins_at_once_are_two_sessions(employed):
    user, _tenants = employed("agent")
    browsers = [Client(), Client()]

    answers = at_the_same_time(
        *[lambda one=one: one.post("/sign-in/", {"email": user.email, "password": PASSWORD}) for one in browsers]
    )

    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({one.cookies["sessionid"].value for one in browsers}) == 2
    assert [fact for fact, *_ in facts_about(user)] == ["user.signed_in"] * 2


def test_nobody_keeps_the_page_on_the_way(browser):
    assert "no-store" in browser.get("/sign-in/")["Cache-Control"]
    assert settings.LOGIN_URL == "/sign-in/"
