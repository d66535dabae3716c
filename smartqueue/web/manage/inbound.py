"""Sources: other systems that may take tickets, cancel them or say who has arrived, by signed messages."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.webhooks import WebhooksPage
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage
from smartqueue.webhooks.actions import inbound as actions
from smartqueue.webhooks.models import InboundSource
from smartqueue.webhooks.queries import sources
from smartqueue.webhooks.states import Right


class SourceForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Which system it is: Booking site, Cash desk."))
    rights = forms.MultipleChoiceField(
        label=_("What it may do"), widget=forms.CheckboxSelectMultiple, choices=Right.choices,
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )  # fmt: skip


class Sources(WebhooksPage, ListPage):
    """`/{slug}/manage/webhooks/in/`."""

    template = "manage/inbound.html"
    sorts: ClassVar = {"name": ("name", "id"), "made": ("-created_at", "id"), "used": ("-last_used_at", "id")}
    columns = (
        Column("name", _("Name")),
        Column("", _("What it may do")),
        Column("used", _("Last used")),
        Column("made", _("Made")),
        Column("", ""),
        Column("", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        words = wanted.get("q", "")
        return sources().filter(name__icontains=words) if words else sources()

    def about(self, rows: Any) -> dict[str, Any]:
        for row in rows:
            row.words = [Right(right).label for right in row.rights]
        return {"title": gettext("Messages from other systems")}


class NewSource(WebhooksPage, FormPage):
    """`…/webhooks/in/new/`: address and secret are in the answer to the form; the secret nowhere after."""

    said: ClassVar[str | Promise] = ""

    def form(self, data: Any = None, files: Any = None) -> SourceForm:
        return SourceForm(data)

    def about(self, form: SourceForm) -> dict[str, Any]:
        return {
            "title": gettext("New source"),
            "lead": gettext("Another system takes tickets here, or cancels those that it has taken."),
            "back": reverse("manage-inbound", args=(self.tenant.slug,)),
            "submit": gettext("Make the source"),
        }

    def save(self, form: SourceForm) -> HttpResponse:
        made = actions.add_source(tenant_id=self.tenant.id, **form.cleaned_data, actor=self.actor, at=now())
        return self.show_secret(*made, status=201)

    def show_secret(self, source: InboundSource, secret: str, *, status: int = 200) -> HttpResponse:
        told = {
            "title": source.name, "secret": secret, "next": reverse("manage-inbound", args=(self.tenant.slug,)),
            "address": settings.PUBLIC_URL + reverse("inbound", args=(source.key,)), "overlaps": status == 200,
        }  # fmt: skip
        return self.show("manage/webhook_secret.html", told, status=status)


class RotateSource(NewSource):
    """POST only."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with self.scope():
                return self.show_secret(*actions.rotate_source(source_id=kwargs["id"], actor=self.actor, at=now()))
        except RuleBroken as refusal:
            if refusal.status in (403, 404):
                raise
            messages.error(request, str(refusal))
        return self.go("manage-inbound")


class RemoveSource(WebhooksPage, DeedPage):
    def do(self, **kwargs: Any) -> str:
        actions.remove_source(source_id=kwargs["id"], actor=self.actor, at=now())
        return gettext("The source is gone. Its address answers nobody any more.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-inbound")
