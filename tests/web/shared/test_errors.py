"""What people are told when something is wrong, and what programs are."""

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import translation
from psycopg_pool import PoolTimeout

from smartqueue.config import urls
from smartqueue.kernel.errors import Forbidden, NotFound, RuleBroken
from smartqueue.queueing.errors import QueueClosed
from smartqueue.web.shared.pages import TenantPage


class Broken(TenantPage):
    """A page that does what its address says."""

    def get(self, request, slug, how):
        raise {
            "bug": KeyError("secret-detail"),
            "gone": OperationalError("secret-detail"),
            "full": PoolTimeout("secret-detail"),
            "absent": NotFound(),
            "forbidden": Forbidden(),
            "closed": QueueClosed(),
        }[how]


urlpatterns = [path("<slug:slug>/broken/<str:how>/", Broken.as_view()), *urls.urlpatterns]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def broken(bank):
    """`broken(how)`: the answer of that page."""
    with override_settings(ROOT_URLCONF=__name__):
        client = Client(raise_request_exception=False)
        yield lambda how, **headers: client.get(
            f"/{bank.slug}/broken/{how}/", headers={"accept-language": "en"} | headers
        )


@pytest.mark.parametrize(
    ("how", "status", "title"),
    [
        ("bug", 500, "Something went wrong on our side"),
        ("gone", 503, "We cannot answer right now"),
        ("full", 503, "We cannot answer right now"),
        ("absent", 404, "There is nothing at this address"),
        ("forbidden", 403, "This page is not open to you"),
        ("closed", 409, QueueClosed.sentence),
    ],
)
def test_each_trouble_has_a_page_of_its_own(broken, how, status, title):
    answer = broken(how)

    with translation.override("en"):
        title = str(title)
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert "secret-detail" not in answer.text
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("how", "status", "title"),
    [
        ("closed", 409, QueueClosed.sentence),
        ("gone", 503, "We cannot answer right now"),
        ("absent", 404, NotFound.sentence),
    ],
)
def test_htmx_is_answered_with_a_toast(broken, how, status, title):
    answer = broken(how, **{"hx-request": "true"})

    assert answer.status_code == status
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#toasts", "beforeend")
    with translation.override("en"):
        assert str(title) in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("language", ["fr", "wo", "en"])
def test_an_error_page_asks_the_database_nothing(language):
    client = Client(headers={"accept-language": language})
    client.cookies["sessionid"] = "nobodys0nobodys0nobodys0nobodys0"

    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/there/is/nothing/here/")

    assert answer.status_code == 404
    assert f'lang="{language}"' in answer.text
    assert asked.captured_queries == []


def test_a_form_that_was_open_for_too_long_is_told_so():
    answer = Client(enforce_csrf_checks=True, headers={"accept-language": "en"}).post("/sign-out/")

    assert answer.status_code == 403
    assert "This form was open for too long" in answer.text


def test_a_request_that_cannot_be_meant_is_a_400_in_the_frame():
    answer = Client(headers={"host": "elsewhere.example"}).get("/sign-in/")

    assert answer.status_code == 400
    assert "<main" in answer.text


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/live/nothing/"])
def test_programs_are_answered_in_json(address):
    answer = Client().get(address)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_the_toast_of_a_refusal_escapes_its_words():
    class Sly(RuleBroken):
        sentence = "<b>{name}</b>"

    request = RequestFactory().get("/", headers={"hx-request": "true"})
    said: HttpResponse = TenantPage().refused(request, Sly(name="<script>"))

    assert "<script>" not in said.text
    assert "&lt;b&gt;&lt;script&gt;&lt;/b&gt;" in said.text
