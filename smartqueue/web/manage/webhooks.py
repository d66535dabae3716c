"""Webhooks: which there are, a new one, its secret once, and its log."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import Column, DeedPage, Filters, FormPage, ListPage
from smartqueue.webhooks.actions import endpoints as actions
from smartqueue.webhooks.models import Delivery, Endpoint
from smartqueue.webhooks.queries import (
    Tally,
    deliveries,
    delivery_or_refuse,
    endpoint_or_refuse,
    endpoints,
    numbers_of,
    tallies,
)
from smartqueue.webhooks.states import FACTS, PUBLIC_FACTS, TEST, DeliveryStatus, Fault, WhyOff

STATUS_KIND = {DeliveryStatus.PENDING: "info", DeliveryStatus.DELIVERED: "ok", DeliveryStatus.FAILED: "late"}
CHOICES = [(words, list(facts.items())) for words, facts in PUBLIC_FACTS.items()]


def what_of(facts: Iterable[str]) -> str:
    """In plain words: all, one by name, or how many."""
    listed = list(facts)
    if not listed:
        return gettext("Everything that happens")
    if len(listed) == 1:
        return str(FACTS.get(listed[0], listed[0]))
    return ngettext("{n} kind of fact", "{n} kinds of facts", len(listed)).format(n=len(listed))


class WebhookForm(Labelled):
    description = forms.CharField(
        label=_("What it is for"), max_length=80, required=False, help_text=_("To recognise it: Cash desk, Website.")
    )
    url = forms.CharField(
        label=_("Address"), max_length=500,
        help_text=_("Where we send each fact, such as https://example.com/smartqueue"),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    facts = forms.MultipleChoiceField(
        label=_("What it is told"), required=False, widget=forms.CheckboxSelectMultiple, choices=CHOICES,
        help_text=_("Choose none to send everything."),
    )  # fmt: skip


class WebhooksPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-webhooks"


class Webhooks(WebhooksPage, ListPage):
    """`/{slug}/manage/webhooks/`: newest first."""

    template = "manage/webhooks.html"
    sorts: ClassVar = {"made": ("-created_at", "id"), "url": ("url", "id")}
    columns = (
        Column("url", _("Address")),
        Column("", _("What it is told")),
        Column("", _("Last delivered")),
        Column("made", _("Made")),
        Column("", _("State")),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        words = wanted.get("q", "")
        return endpoints().filter(url__icontains=words) if words else endpoints()

    def about(self, rows: Any) -> dict[str, Any]:
        counted = tallies(row.id for row in rows)
        for row in rows:
            row.what, row.tally = what_of(row.facts), counted.get(row.id, Tally())
        return {"title": gettext("Webhooks")}


class NewWebhook(WebhooksPage, FormPage):
    """`…/webhooks/new/`: the secret is in the answer to the form, and nowhere after."""

    template = "manage/webhook_form.html"
    said: ClassVar[str | Promise] = ""

    def form(self, data: Any = None, files: Any = None) -> WebhookForm:
        return WebhookForm(data)

    def about(self, form: WebhookForm) -> dict[str, Any]:
        return {
            "title": gettext("New webhook"),
            "lead": gettext("We tell another system what happens here, a moment later, signed."),
            "back": reverse("manage-webhooks", args=(self.tenant.slug,)),
            "submit": gettext("Make the webhook"),
            "groups_of_facts": CHOICES,
        }

    def save(self, form: WebhookForm) -> HttpResponse:
        endpoint, secret = actions.add_endpoint(
            tenant_id=self.tenant.id, **form.cleaned_data, actor=self.actor, at=now()
        )
        return self.show_secret(endpoint, secret, status=201)

    def show_secret(self, endpoint: Endpoint, secret: str, *, status: int = 200) -> HttpResponse:
        next_page = reverse("manage-webhook", args=(self.tenant.slug, endpoint.id))
        told = {"title": str(endpoint), "secret": secret, "next": next_page, "overlaps": status == 200}
        return self.show("manage/webhook_secret.html", told, status=status)


class EditWebhook(NewWebhook):
    said: ClassVar[str | Promise] = _("Saved.")

    def find(self) -> None:
        self.endpoint = endpoint_or_refuse(self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> WebhookForm:
        kept = {name: getattr(self.endpoint, name) for name in actions.CHANGEABLE}
        return WebhookForm(data, initial=kept)

    def about(self, form: WebhookForm) -> dict[str, Any]:
        back = reverse("manage-webhook", args=(self.tenant.slug, self.endpoint.id))
        return {"title": str(self.endpoint), "back": back, "groups_of_facts": CHOICES}

    def save(self, form: WebhookForm) -> HttpResponse:
        actions.change_endpoint(endpoint_id=self.endpoint.id, values=form.cleaned_data, actor=self.actor, at=now())
        return self.go("manage-webhook", self.endpoint.id)


class Rotate(NewWebhook):
    """POST only: a new secret, shown as after making a webhook; a refusal goes back to the log."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with self.scope():
                made = actions.rotate_secret(endpoint_id=kwargs["id"], actor=self.actor, at=now())
                return self.show_secret(*made)
        except RuleBroken as refusal:
            if refusal.status in (403, 404):
                raise
            messages.error(request, str(refusal))
        return self.go("manage-webhook", kwargs["id"])


class LogFilters(Filters):
    status = forms.ChoiceField(label=_("State"), choices=[("", _("all")), *DeliveryStatus.choices])
    fact = forms.ChoiceField(label=_("Fact"), choices=[("", _("all")), *CHOICES, (TEST, _("Test"))])


class OneWebhook(WebhooksPage, ListPage):
    """`…/webhooks/{id}/`: what became of each fact."""

    template = "manage/webhook.html"
    filters = LogFilters
    sorts: ClassVar = {"at": ("-created_at", "id"), "tries": ("-tries", "-created_at", "id")}
    columns = (
        Column("", ""),
        Column("at", _("When")),
        Column("", _("Fact")),
        Column("", _("State")),
        Column("tries", _("Tries"), right=True),
        Column("", _("Last answer")),
        Column("", ""),
    )
    bulk: ClassVar = {"replay": _("Send again")}

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        self.endpoint = endpoint_or_refuse(self.kwargs["id"])
        return deliveries(
            self.endpoint.id, status=wanted.get("status", ""), fact=wanted.get("fact", ""), words=wanted.get("q", "")
        )

    def about(self, rows: Any) -> dict[str, Any]:
        numbers = numbers_of(rows)
        for row in rows:
            row.words, row.number = FACTS.get(row.fact, gettext("Test")), numbers.get(row.entry_id, "")
            row.kind, row.answer = STATUS_KIND[row.status], answer_of(row)
        off = WhyOff(self.endpoint.disabled_reason).label if self.endpoint.disabled_reason else ""
        return {
            "title": str(self.endpoint), "endpoint": self.endpoint, "what": what_of(self.endpoint.facts), "off": off,
        }  # fmt: skip

    def do_bulk(self, deed: str, ids: list[str]) -> str:
        rows = deliveries(endpoint_or_refuse(self.kwargs["id"]).id)
        found = [one for one in rows.values_list("id", flat=True) if str(one) in set(ids)]
        again = actions.replay(delivery_ids=found, endpoint_id=self.kwargs["id"], actor=self.actor, at=now())
        return ngettext("{n} fact is sent again.", "{n} facts are sent again.", len(again)).format(n=len(again))


def answer_of(row: Delivery) -> str:
    """The last try in a few words: a status, or why there was none."""
    last = row.history[-1] if row.history else None
    if last is None:
        return str(Fault.OFF.label) if row.status == DeliveryStatus.FAILED else ""
    if last["status"] is None:
        return str(Fault(last["error"]).label if last["error"] in Fault.values else last["error"])
    return f"{last['status']} · {last['ms']} ms"


class WebhookDeed(WebhooksPage, DeedPage):
    """A press on one webhook, and back to its log."""

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-webhook", kwargs["id"])

    def press(self, **kwargs: Any) -> dict[str, Any]:
        return {"endpoint_id": kwargs["id"], "actor": self.actor, "at": now()}


class TryWebhook(WebhookDeed):
    def do(self, **kwargs: Any) -> str:
        actions.try_endpoint(**self.press(**kwargs))
        return gettext("The test is on its way. Load this page again to see the answer.")


class TurnOn(WebhookDeed):
    def do(self, **kwargs: Any) -> str:
        actions.change_endpoint(**self.press(**kwargs), values={"is_active": True})
        return gettext("On again, from now on.")


class TurnOff(WebhookDeed):
    def do(self, **kwargs: Any) -> str:
        actions.change_endpoint(**self.press(**kwargs), values={"is_active": False})
        return gettext("Off. What was on its way is given up.")


class Remove(WebhookDeed):
    def do(self, **kwargs: Any) -> str:
        actions.remove_endpoint(**self.press(**kwargs))
        return gettext("The webhook is gone, and its log with it.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-webhooks")


class Replay(WebhookDeed):
    def do(self, **kwargs: Any) -> str:
        delivery = delivery_or_refuse(kwargs["delivery_id"], endpoint_id=kwargs["id"])
        actions.replay(**self.press(**kwargs), delivery_ids=[delivery.id])
        return gettext("It is sent again, under the same id.")
