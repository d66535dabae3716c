"""The base of the platform's pages: who may, on which connection, in which frame."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.tenants.routers import as_platform
from smartqueue.web.shared.office import Group, OfficePage, Section
from smartqueue.web.shared.pages import SignInFirst

MENU = (
    Group(
        _("Organisations"),
        (
            Section("platform-tenants", _("Organisations"), "home"),
            Section("platform-usage", _("Usage"), "chart"),
            Section("platform-plans", _("Plans and quotas"), "ticket"),
        ),
    ),
    Group(
        _("Platform"),
        (
            Section("platform-health", pgettext_lazy("of the platform", "Health"), "bell"),
            Section("platform-audit", _("Audit log"), "clock"),
            Section("platform-accounts", _("Accounts"), "person"),
            Section("platform-people", _("Super-admins"), "key"),
        ),
    ),
)


class PlatformPage(OfficePage):
    """A page below `/platform/`, for super-admins. Nobody signed in: the sign-in; anybody else: a 404, for the platform
    is none of their business.

    It has the shape of an office page without a tenant: `scope()` is one transaction as `sq_platform`, which sees every
    tenant's rows (docs/decisions/0002).
    """

    tenant = None  # type: ignore[assignment]  # the frame asks, and shows the platform's name instead
    is_support = False

    def enter(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            raise SignInFirst
        if not getattr(request.user, "is_superuser", False):
            raise NotFound
        self.user_id = UUID(str(request.user.pk))
        self.actor = self.actor_of(request, user_id=self.user_id, label=getattr(request.user, "full_name", "")[:150])
        self.at = now()

    def scope(self) -> AbstractContextManager[None]:
        return _on_platform()

    def groups(self) -> Sequence[Group]:
        return MENU

    def show(self, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        return super().show(template, {"now": self.at} | (context or {}), status=status)

    def go(self, name: str, *words: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse(name, args=words), status=303)


@contextmanager
def _on_platform() -> Iterator[None]:
    with as_platform(), transaction.atomic(using="platform"):
        yield


class Home(PlatformPage):
    """`/platform/`."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.go("platform-tenants")
