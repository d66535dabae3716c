"""Messages sent: the list with what the month has cost, and one message with all that happened to it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language, masked_phone
from smartqueue.kernel.clock import now
from smartqueue.notifications.models import Notification
from smartqueue.notifications.queries.sent import Spend, message_or_refuse, messages_about, spend_of_month
from smartqueue.notifications.states import (
    CHANNELS,
    PAGE,
    SIMULATION,
    WEB_PUSH,
    MessageChannel,
    MessageKind,
    NotificationState,
    Outcome,
    Provider,
    WhyNot,
)
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.integrations import sentence
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.messages_nav import tabs
from smartqueue.web.shared.office import Column, Filters, ListPage
from smartqueue.web.shared.templatetags.look import xof

ANY: tuple[str, Any] = ("", _("All"))
COLOURS = {
    NotificationState.PENDING: "info",
    NotificationState.SENT: "",
    NotificationState.DELIVERED: "ok",
    NotificationState.FAILED: "late",
}
FACTS = {
    "sent": _("Handed over"),
    "delivered": _("Delivered"),
    "failed": _("Not delivered"),
    "retry": _("Failed, to be tried again"),
    "reserved": _("Price reserved"),
    "returned": _("Price given back"),
    "read": _("Read"),
    "found": _("Found at the provider"),
    "simulated": _("Kept here, sent to nobody"),
}
"""What a line of a message's history says; a word that is not here is shown as it is."""
NEAR_SHARE = 0.8
"""From this share of the cap on the bar asks for a look."""


class SentFilters(Filters):
    """`since` and `until` are local days, both included."""

    channel = forms.ChoiceField(label=_("Channel"), choices=[ANY, *CHANNELS])
    kind = forms.ChoiceField(label=_("Message"), choices=[ANY, *MessageKind.choices])
    status = forms.ChoiceField(label=_("Status"), choices=[ANY, *NotificationState.choices])
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class SentPage(ManagePage):
    needs = Scope.SEND_NOTIFICATION
    section = "manage-sent"


class Sent(SentPage, ListPage):
    """`/{slug}/manage/sent/`: newest first; addresses are masked."""

    template = "manage/sent.html"
    filters = SentFilters
    sorts = {"-when": ("-id",), "when": ("id",)}
    columns = (
        Column("when", _("When")),
        Column("", _("Recipient")),
        Column("", _("Message")),
        Column("", _("Ticket")),
        Column("", _("Status")),
        Column("", _("Price"), right=True),
    )

    def rows(self, wanted: dict[str, Any]) -> Any:
        rows = messages_about(wanted.get("q", ""))
        rows = rows.filter(**{name: wanted[name] for name in ("channel", "kind", "status") if name in wanted})
        if "since" in wanted:
            rows = rows.filter(created_at__gte=self.midnight(wanted["since"]))
        if "until" in wanted:
            rows = rows.filter(created_at__lt=self.midnight(wanted["until"] + timedelta(days=1)))
        return rows

    def midnight(self, day: Any) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.tenant.time_zone))

    def about(self, rows: Any) -> dict[str, Any]:
        spend = spend_of_month(tenant_id=self.tenant.id, time_zone=self.tenant.time_zone, at=now())
        return {
            "title": gettext("Messages sent"), "sent": [told(row) for row in rows], "spend": bar(spend),
            "tabs": tabs(self, "manage-sent"),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A message in words; `to` is masked, `colour` is the status tag's kind."""

    row: Notification
    to: str
    kind: str
    channel: str
    status: str
    colour: str
    reason: str


def told(row: Notification) -> Told:
    status = NotificationState(row.status)
    colour, words = COLOURS[status], str(status.label)
    if row.is_simulated:
        colour, words = "info", gettext("Simulated")
    return Told(row, masked(row), kind_words(row.kind), channel_words(row.channel), words, colour, why(row.why_not))


def masked(row: Notification) -> str:
    """Enough to recognise an address that one knows; nothing once it was erased."""
    if row.channel == PAGE:
        return gettext("the open page")
    if not row.address:
        return gettext("erased")
    if row.channel == MessageChannel.PUSH:
        return gettext("a browser or an app")
    if "@" in row.address:
        return f"{row.address[0]}…@{row.address.rpartition('@')[2]}"
    return masked_phone(row.address)


def kind_words(kind: str) -> str:
    return str(MessageKind(kind).label) if kind in MessageKind.values else kind


def channel_words(channel: str) -> str:
    return str(dict(CHANNELS).get(channel, channel))


def why(code: str) -> str:
    """A reason's sentence: our own, or what a provider answered."""
    if code in WhyNot.values:
        return str(WhyNot(code).label)
    return sentence(Outcome(code)) if code in Outcome.values else code


def bar(spend: Spend) -> dict[str, Any]:
    """The month's money in words and as a bar up to the cap."""
    full = max(1, spend.cap_xof)
    level = "late" if spend.cost_xof >= spend.cap_xof else ""
    if not level and spend.cost_xof >= (spend.budget_xof or NEAR_SHARE * full):
        level = "warn"
    words = gettext("{spent} of at most {cap}").format(spent=xof(spend.cost_xof), cap=xof(spend.cap_xof))
    return {"spend": spend, "level": level, "words": words, "full": full, "share": min(full, spend.cost_xof)}


class OneSent(SentPage):
    """`/{slug}/manage/sent/{id}/`: the words, where they went, and every step."""

    def get(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        with self.scope():
            row = message_or_refuse(id)
            shown: dict[str, Any] = {
                "title": kind_words(row.kind), "one": told(row), "row": row, "events": events_of(row),
                "language": Language(row.language).label, "provider": provider_words(row.provider),
                "back": reverse("manage-sent", args=(slug,)), "is_sms": row.channel == MessageChannel.SMS,
            }  # fmt: skip
            return self.show("manage/sent_one.html", shown)


def provider_words(provider: str) -> str:
    if provider in Provider.values:
        return str(Provider(provider).label)
    return {SIMULATION: gettext("Simulated"), WEB_PUSH: gettext("The browser's own push service")}.get(provider, "")


def events_of(row: Notification) -> list[dict[str, Any]]:
    """Its life, oldest first, as a timeline takes it."""
    first = {"at": row.created_at, "title": gettext("Made"), "words": "", "kind": ""}
    return [first, *(_event(line) for line in row.history)]


def _event(line: dict[str, Any]) -> dict[str, Any]:
    """One line of the history; an unknown one is shown as it is."""
    what, outcome = (
        str(line.get("status") or line.get("what", "")),
        str(line.get("outcome") or line.get("why_not") or ""),
    )
    said = [why(outcome) if outcome else "", provider_words(str(line.get("provider", ""))), str(line.get("said", ""))]
    if "xof" in line:
        said.append(xof(line["xof"]))
    late = what == "failed" or (outcome not in ("", Outcome.OK))
    return {
        "at": _instant(line.get("at")), "title": FACTS.get(what, what), "kind": "late" if late else "",
        "words": " · ".join(word for word in said if word),
    }  # fmt: skip


def _instant(at: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(at))
    except ValueError:
        return None
