"""Who comes in: active platform staff, on the platform's connection, with as many tries as anywhere else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.accounts.phone import Phone
from tests.admin.conftest import PASSWORD

SIGN_IN = "/platform/admin/login/"
PATHS = ["", "tenants/tenant/", "queueing/ticket/", "journal/entry/", "autocomplete/", "tenants/", "jsi18n/"]


def is_sign_in(response: Any) -> bool:
    return response.status_code == 302 and response.url.startswith(SIGN_IN)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_shown_the_sign_in_page(pages: Any, path: str) -> None:
    assert is_sign_in(pages().get(path))


@pytest.mark.parametrize("path", PATHS)
def test_a_tenants_administrator_is_shown_the_sign_in_page(pages: Any, cheikh: Any, path: str) -> None:
    assert is_sign_in(pages(cheikh.user).get(path))


def test_a_tenants_administrator_is_told_so_on_the_sign_in_page(pages: Any, cheikh: Any) -> None:
    page = pages(cheikh.user).get("login/")

    assert page.status_code == 200
    assert cheikh.user.email in page.text
    assert 'name="password"' in page.text


def test_staff_whose_account_was_closed_come_no_further(pages: Any, make_account: Callable[..., Any]) -> None:
    account = make_account(is_staff=True, is_superuser=True)
    browser = pages(account)
    assert browser.get("").status_code == 200

    type(account).objects.filter(id=account.id).update(is_active=False)

    assert is_sign_in(browser.get(""))


def test_staff_without_a_right_see_no_rows(pages: Any, make_account: Callable[..., Any]) -> None:
    browser = pages(make_account(is_staff=True))

    assert browser.get("").status_code == 200
    assert browser.get("tenants/tenant/").status_code == 403


def test_signing_in_works_and_is_a_fact(pages: Any, rokhaya: Any) -> None:
    browser = pages()

    answer = browser.post("login/", username=rokhaya.email.upper(), password=PASSWORD, next="/platform/admin/")

    assert (answer.status_code, answer.url) == (302, "/platform/admin/")
    assert browser.get("").status_code == 200
    assert facts_about(rokhaya) == ["user.signed_in"]


def test_a_second_factor_is_not_passed_by_here(pages: Any, rokhaya: Any) -> None:
    Phone(rokhaya, at=datetime.now(UTC))
    browser = pages()

    answer = browser.post("login/", username=rokhaya.email, password=PASSWORD)
    wrong = pages().post("login/", username=rokhaya.email, password="wrong")

    told = "Sign in at /sign-in/: your account has a second factor."
    assert (answer.status_code, told in answer.text, told in wrong.text) == (200, True, False)
    assert is_sign_in(browser.get(""))
    assert "user.signed_in" not in facts_about(rokhaya)


def test_signing_out_is_a_fact(platform: Any, rokhaya: Any) -> None:
    assert platform.get("logout/").status_code == 405
    assert facts_about(rokhaya) == []

    assert platform.post("logout/").status_code == 200

    assert is_sign_in(platform.get(""))
    assert facts_about(rokhaya) == ["user.signed_out"]


def test_a_member_of_no_staff_cannot_sign_in_with_the_right_password(
    pages: Any, make_account: Callable[..., Any]
) -> None:
    account = make_account()

    answer = pages().post("login/", username=account.email, password=PASSWORD)

    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_twenty_wrong_passwords_close_the_door_for_the_right_one(pages: Any, rokhaya: Any) -> None:
    from smartqueue.accounts.models import Tally
    from smartqueue.accounts.queries import identifier_of

    pages().post("login/", username=rokhaya.email, password="wrong")
    tally = Tally.objects.get(identifier=identifier_of(rokhaya.email))
    assert len(tally.recent) == 1
    Tally.objects.filter(id=tally.id).update(recent=[datetime.now(UTC)] * 20)

    answer = pages().post("login/", username=rokhaya.email, password=PASSWORD)

    assert answer.status_code == 200
    assert "Too many tries" in answer.text


def test_a_page_and_a_sign_in_ask_the_platform_connection_only(pages: Any, rokhaya: Any) -> None:
    browser = pages()
    with CaptureQueriesContext(connections["default"]) as on_default:
        answer = browser.post("login/", username=rokhaya.email, password=PASSWORD)
        assert answer.status_code == 302
        for path in (
            "",
            "tenants/tenant/",
            "tenants/tenant/add/",
            "accounts/user/",
            f"accounts/user/{rokhaya.id}/change/",
        ):
            assert browser.get(path).status_code == 200
        autocomplete = browser.get(
            "autocomplete/", term=rokhaya.email, app_label="tenants", model_name="membership", field_name="user"
        )
    statements = [query["sql"] for query in on_default.captured_queries]

    assert [row["id"] for row in autocomplete.json()["results"]] == [str(rokhaya.id)]
    assert [sql for sql in statements if "accounts_tally" not in sql] == []


def test_the_role_of_the_platform_connection_is_not_the_applications() -> None:
    with connections["platform"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("sq_platform",)


def test_a_request_afterwards_is_the_applications_again(platform: Any) -> None:
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.routers import Connections

    platform.get("tenants/tenant/")
    platform.get(f"tenants/tenant/{uuid4()}/change/")

    assert Connections().db_for_read(Membership) == "default"


def facts_about(account: Any) -> list[str]:
    from smartqueue.journal.models import Entry

    entries = Entry.objects.using("platform").filter(actor_id=account.id).order_by("id")
    assert {(entry.tenant_id, entry.ip) for entry in entries} <= {(None, "127.0.0.1")}
    return [entry.fact for entry in entries]
