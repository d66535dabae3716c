"""The outbox: what would have been sent if something were connected, as it would look where it arrives."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.notifications.models import Notification
from smartqueue.notifications.queries.sent import simulated_messages, to_address
from smartqueue.notifications.states import MessageChannel
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.messages_nav import tabs
from smartqueue.web.manage.sent import channel_words, kind_words
from smartqueue.web.shared.office import Filters

SHOWN = 60
"""Messages on one page: enough for several phones, quick to load every few seconds."""


class OutboxFilters(Filters):
    channel = forms.ChoiceField(label=_("Channel"), choices=[("", _("All")), *MessageChannel.choices])
    language = forms.ChoiceField(label=_("Language"), choices=[("", _("All languages")), *Language.choices])


@dataclass
class Inbox:
    """What one person has on one channel, newest first."""

    address: str
    channel: str
    channel_words: str
    messages: list[tuple[Notification, str]] = field(default_factory=list)


class Outbox(ManagePage):
    """`/{slug}/manage/outbox/?q=&channel=&language=`; for htmx only the messages, and nothing where nothing is new."""

    needs = Scope.MANAGE_SETTINGS
    section = "manage-templates"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_part = bool(request.headers.get("HX-Request"))
        filters = OutboxFilters(request.GET)
        with self.scope():
            rows = self.rows(filters.wanted)
            newest = rows.values_list("id", flat=True).first()
            if is_part and request.headers.get("X-Newest") == str(newest or ""):
                return HttpResponse(status=204)
            page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
            told = {
                "title": gettext("Outbox"), "filters": filters, "rows": page, "inboxes": inboxes(page),
                "newest": newest or "", "is_narrowed": bool(filters.wanted), "tabs": tabs(self, "manage-outbox"),
            }  # fmt: skip
            return self.show("manage/outbox_messages.html" if is_part else "manage/outbox.html", told)

    def rows(self, wanted: dict[str, Any]) -> Any:
        rows = simulated_messages()
        if "q" in wanted:
            rows = rows.filter(to_address(wanted["q"]))
        rows = rows.filter(**{name: wanted[name] for name in ("channel", "language") if name in wanted})
        return rows.order_by("-id")


def inboxes(rows: Iterable[Notification]) -> list[Inbox]:
    """Messages by person and channel; whoever has the newest one comes first."""
    found: dict[tuple[str, str], Inbox] = {}
    for row in rows:
        key = (row.channel, row.address)
        inbox = found.setdefault(key, Inbox(_address(row), row.channel, channel_words(row.channel)))
        inbox.messages.append((row, kind_words(row.kind)))
    return list(found.values())


def _address(row: Notification) -> str:
    """Phones and mail addresses in full: whoever tries something must find his own. A push subscription says nobody's
    name."""
    return row.address if row.channel != MessageChannel.PUSH else gettext("A browser or an app")
