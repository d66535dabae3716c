"""Integrations: what is the organisation's own and connected, each with a test send."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.notifications.actions.integrations import disconnect, keep_smtp, send_test
from smartqueue.notifications.models import Integration
from smartqueue.notifications.queries import integration, integrations
from smartqueue.notifications.states import TEST_SECONDS, Outcome, Provider, Security
from smartqueue.notifications.transports.email import Letter
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import DeedPage, FormPage, OfficePage


@dataclass(frozen=True)
class Standing:
    """One thing that can be connected. `kind` is the tag's colour, `words` what stands in it."""

    provider: Provider
    row: Integration | None
    kind: str = ""
    words: str = ""
    reason: str = ""


def standing(provider: Provider, row: Integration | None) -> Standing:
    """How it stands, in words."""
    if row is None:
        return Standing(provider, None, "", gettext("Not connected"))
    if not row.last_test_result:
        return Standing(provider, row, "warn", gettext("Connected, not tested yet"))
    if row.last_test_result == Outcome.OK:
        return Standing(provider, row, "ok", gettext("Connected"))
    return Standing(provider, row, "late", gettext("The last test failed"), sentence(Outcome(row.last_test_result)))


def sentence(outcome: Outcome) -> str:
    return str(outcome.label).replace("{seconds}", str(TEST_SECONDS))


class IntegrationsPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-integrations"


class Integrations(IntegrationsPage, OfficePage):
    """`/{slug}/manage/integrations/`: only what can be tested is offered."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            kept = integrations()
            rows = [standing(provider, kept.get(provider)) for provider in Provider]
            told = {"title": gettext("Integrations"), "rows": rows, "mine": request.user}
            return self.show("manage/integrations.html", told)


class SmtpForm(Labelled):
    host = forms.CharField(
        label=_("Server"), max_length=253, help_text=_("For example: mail.example.sn"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=587)
    security = forms.ChoiceField(
        label=_("Encryption"), choices=Security.choices, initial=Security.STARTTLS, widget=forms.RadioSelect
    )
    user = forms.CharField(
        label=_("User"), max_length=200, required=False, help_text=_("Leave it empty if the server asks for none."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Password"), max_length=500, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    sender = forms.EmailField(label=_("Sender"), help_text=_("The address that your customers see."))


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class Smtp(IntegrationsPage, FormPage):
    """`…/integrations/smtp/`: the password goes in and never comes out."""

    said = _("Connected. Send a test to see whether it works.")

    def find(self) -> None:
        self.row = integration(Provider.SMTP)

    def form(self, data: Any = None, files: Any = None) -> SmtpForm:
        form = SmtpForm(data, initial=self.row.settings if self.row else {"user": ""})
        if self.row and self.row.sealed_at:
            form.fields["password"].help_text = gettext("{dots}, changed on {date}. Leave it empty to keep it.").format(
                dots="••••", date=self.local_date(self.row.sealed_at)
            )
        return form

    def local_date(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.tenant.time_zone)).strftime("%d/%m/%Y")

    def about(self, form: SmtpForm) -> dict[str, Any]:
        return {
            "title": gettext("E-mail by SMTP"),
            "lead": gettext("Your own mail server, for messages to your customers."),
            "back": reverse("manage-integrations", args=(self.tenant.slug,)),
            "back_words": gettext("Integrations"),
        }

    def save(self, form: SmtpForm) -> HttpResponse:
        typed = form.cleaned_data.copy()
        keep_smtp(tenant_id=self.tenant.id, password=typed.pop("password"), values=typed, actor=self.actor, at=now())
        return self.go("manage-integrations")


class TrySmtp(IntegrationsPage, DeedPage):
    """POST: a letter to whoever is signed in. No transaction is open while the server is waited for."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        to = request.user.email  # type: ignore[union-attr]  # a member's page: somebody has signed in
        letter = Letter(
            to=to, sender_name=self.tenant.name,
            subject=gettext("Test from SmartQueue"),
            body=gettext("Your mail server works: messages of {name} can leave through it.").format(
                name=self.tenant.name
            ),
        )  # fmt: skip
        try:
            outcome = send_test(
                tenant_id=self.tenant.id, provider=Provider.SMTP, letter=letter, actor=self.actor, at=now()
            )
        except RuleBroken as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, str(refusal))
        else:
            if outcome == Outcome.OK:
                messages.success(request, gettext("A test is on its way to {address}.").format(address=to))
            else:
                messages.error(request, sentence(outcome))
        return self.go("manage-integrations")


class Disconnect(IntegrationsPage, DeedPage):
    """POST: settings and secret are forgotten."""

    def do(self, **kwargs: Any) -> str:
        disconnect(provider=kwargs["provider"], actor=self.actor, at=now())
        return gettext("Disconnected. The password is deleted.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-integrations")
