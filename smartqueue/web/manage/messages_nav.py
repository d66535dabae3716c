"""The tabs of everything about messages: wordings, what was sent, rules, the outbox, what is connected."""

from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from smartqueue.tenants.states import Scope

if TYPE_CHECKING:
    from smartqueue.web.manage.menu import ManagePage

TABS = (
    ("manage-templates", _("Wordings"), Scope.MANAGE_SETTINGS),
    ("manage-sent", _("Sent"), Scope.SEND_NOTIFICATION),
    ("manage-message-rules", _("Rules"), Scope.MANAGE_SETTINGS),
    ("manage-outbox", _("Outbox"), Scope.MANAGE_SETTINGS),
    ("manage-integrations", _("Integrations"), Scope.MANAGE_SETTINGS),
)


def tabs(page: "ManagePage", here: str) -> list[dict[str, Any]]:
    """The tabs that this person may open; a single one is none."""
    shown = [
        {"label": label, "address": reverse(name, args=(page.tenant.slug,)), "is_here": name == here}
        for name, label, needs in TABS
        if needs in page.scopes and _exists(name, page.tenant.slug)
    ]
    return shown if len(shown) > 1 else []


def _exists(name: str, slug: str) -> bool:
    try:
        reverse(name, args=(slug,))
    except NoReverseMatch:
        return False
    return True
