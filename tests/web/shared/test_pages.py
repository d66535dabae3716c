"""The base classes of pages: who gets in, what the page knows then, what it costs."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path

from smartqueue.config import urls
from smartqueue.tenants.states import Scope
from smartqueue.web.shared.pages import MemberPage, TenantPage


class Anybodys(TenantPage):
    def get(self, request, slug):
        return HttpResponse(f"{self.tenant.name} {self.actor.kind} {self.actor.user_id}")


class Members(MemberPage):
    def get(self, request, slug):
        return HttpResponse(f"{self.tenant.name} {self.role} {self.actor.user_id} {self.actor.endpoint}")


class Managers(Members):
    needs = Scope.MANAGE_QUEUE


urlpatterns = [
    path("<slug:slug>/open/", Anybodys.as_view()),
    path("<slug:slug>/inside/", Members.as_view()),
    path("<slug:slug>/managing/", Managers.as_view()),
    *urls.urlpatterns,
]
handler404 = urls.handler404


@pytest.fixture(autouse=True)
def _with_these_pages():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def visit(address, person=None, **headers):
    browser = Client(headers={"accept-language": "en"})
    if person:
        browser.force_login(person.user)
    return browser.get(address, headers=headers)


def test_anybody_sees_the_page_of_a_tenant(bank, awa):
    assert visit(f"/{bank.slug}/open/").text == f"{bank.name} customer None"
    assert visit(f"/{bank.slug}/open/", awa).text == f"{bank.name} customer None"


def test_there_is_no_page_of_an_unknown_or_suspended_tenant(make_tenant, awa):
    for slug in ("no-such-bank", make_tenant(is_active=False).slug):
        assert visit(f"/{slug}/open/").status_code == 404
        assert visit(f"/{slug}/inside/", awa).status_code == 404


def test_nobody_is_asked_to_sign_in_and_comes_back(bank):
    answer = visit(f"/{bank.slug}/inside/?state=late")

    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/?next=/{bank.slug}/inside/%3Fstate%3Dlate"
    assert "no-store" in answer["Cache-Control"]


def test_nobody_learns_at_the_sign_in_which_tenants_there_are(bank):
    for slug in (bank.slug, "no-such-bank"):
        assert visit(f"/{slug}/inside/")["Location"] == f"/sign-in/?next=/{slug}/inside/"


def test_htmx_takes_the_whole_page_to_the_sign_in(bank):
    shown = f"http://testserver/{bank.slug}/counter/"
    answer = visit(f"/{bank.slug}/inside/", **{"hx-request": "true", "hx-current-url": shown})

    assert answer.status_code == 401
    assert parse_qs(urlsplit(answer["HX-Redirect"]).query) == {"next": [shown]}


def test_a_stranger_sees_what_there_is_for_an_absent_tenant(bank, cheikh):
    foreign, absent = visit(f"/{bank.slug}/inside/", cheikh), visit("/no-such-bank/inside/", cheikh)

    assert foreign.status_code == absent.status_code == 404
    assert bank.name not in foreign.text
    assert foreign.text.split("<h1>")[1].split("</p>")[0] == absent.text.split("<h1>")[1].split("</p>")[0]


def test_a_member_without_the_scope_is_told_so(bank, binta, awa):
    refused = visit(f"/{bank.slug}/managing/", binta)

    assert refused.status_code == 403
    assert "This page is not open to you" in refused.text
    assert visit(f"/{bank.slug}/managing/", awa).text.startswith(f"{bank.name} manager")


def test_the_journal_will_know_who_it_was(bank, binta):
    answer = visit(f"/{bank.slug}/inside/", binta)

    assert answer.text == f"{bank.name} agent {binta.user.id} GET /{bank.slug}/inside/"
    assert "no-store" in answer["Cache-Control"]


def test_coming_in_costs_four_questions(bank, binta):
    """Session, person, tenant, role: on the application's connection, and none on the platform's."""
    browser = Client()
    browser.force_login(binta.user)

    with CaptureQueriesContext(connections["default"]) as asked, CaptureQueriesContext(connections["platform"]) as more:
        assert browser.get(f"/{bank.slug}/inside/").status_code == 200

    assert (len(asked), len(more)) == (4, 0)
