"""A customer: a browser of one's own at an address of one's own."""

import re
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from random import getrandbits
from typing import Any

import pytest

from tests.feedback.conftest import answer, told, visit_over
from tests.live.conftest import call, relay, token_of
from tests.servers import running_web
from tests.web.shared.browser import chromium, open_page

__all__ = ["answer", "call", "chromium", "open_page", "relay", "token_of", "told", "visit_over"]


@pytest.fixture(scope="module")
def gallery_url(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of the pages, for `open_page`: one web process for the tests of a module."""
    with running_web(1, worker_environment, tmp_path_factory.mktemp("public")) as url:
        yield url


class Browser:
    """Django's client, with an address that no other test counts on and CSRF as strict as outside."""

    def __init__(self, **headers: str) -> None:
        from django.test import Client

        self.client = Client(
            enforce_csrf_checks=True, REMOTE_ADDR=str(IPv4Address(0x0A000000 | getrandbits(24))), headers=headers
        )

    def get(self, path: str, query: dict[str, str] | None = None, **options: Any) -> Any:
        return self.client.get(path, query, **options)

    def post(self, path: str, **form: Any) -> Any:
        """A form of ours, with the CSRF token that the last page gave."""
        from django.middleware.csrf import _get_new_csrf_string

        cookie = self.client.cookies.get("csrftoken")
        if cookie is None:
            self.client.cookies["csrftoken"] = _get_new_csrf_string()
        return self.client.post(path, form | {"csrfmiddlewaretoken": self.client.cookies["csrftoken"].value})

    def fields(self, page: Any) -> dict[str, str]:
        """Hidden fields of a page's form."""
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
        return {name: value for name, value in found if name != "next"}

    def take(self, address: str, queue: Any, **form: Any) -> Any:
        """Open a site and take a ticket there."""
        fields = self.fields(self.get(address)) | {"queue": str(queue.id)} | form
        return self.post(f"{address}take/", **{name: value for name, value in fields.items() if "csrf" not in name})


@pytest.fixture
def browser() -> Callable[..., Browser]:
    return Browser


@pytest.fixture
def place(bank: Any, site: Any) -> str:
    """The address of the Dakar branch."""
    return f"/{bank.slug}/sites/{site.code}/"


@pytest.fixture
def tickets_of(bank: Any) -> Callable[[Any], list[Any]]:
    """Every ticket of a queue, oldest first."""
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    def get(queue: Any) -> list[Any]:
        with in_tenant(bank.id):
            return list(Ticket.objects.filter(queue_id=queue.id).order_by("created_at"))

    return get
