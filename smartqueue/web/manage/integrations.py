"""Integrations: what is the organisation's own and connected, each with a test send."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound, RuleBroken
from smartqueue.kernel.ids import uuid7
from smartqueue.notifications.actions.integrations import (
    Trial,
    disconnect,
    keep_integration,
    renew_hook,
    send_test,
)
from smartqueue.notifications.models import Integration
from smartqueue.notifications.queries import integration, integrations
from smartqueue.notifications.states import CHANNEL_OF, TEST_SECONDS, MessageChannel, MessageKind, Outcome, Provider
from smartqueue.notifications.states.variables import samples_of
from smartqueue.notifications.transports import transport_class
from smartqueue.notifications.transports.base import Outgoing, Transport
from smartqueue.notifications.transports.fields import may_be_tried
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.integration_forms import PAID, AccountForm, TrialForm, account_form
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.messages_nav import tabs
from smartqueue.web.shared.office import DeedPage, FormPage, OfficePage

USSD = "ussd"
WAYS = (*(MessageChannel.SMS, MessageChannel.WHATSAPP, MessageChannel.EMAIL, MessageChannel.PUSH), USSD)
"""In the order in which a bank of Dakar asks for them."""


@dataclass(frozen=True)
class Standing:
    """One thing that can be connected. `kind` is the tag's colour, `words` what stands in it."""

    provider: Provider
    row: Integration | None
    kind: str = ""
    words: str = ""
    reason: str = ""
    price_xof: int | None = None


@dataclass(frozen=True)
class Way:
    """A channel, what becomes of its messages now, and what can be connected for it."""

    name: str
    title: str
    words: str
    is_simulated: bool
    has_ranks: bool
    standings: list[Standing]


def standing(provider: Provider, row: Integration | None, *, at: datetime, zone: str) -> Standing:
    """How it stands, in words: what keeps messages from going out comes first."""
    if row is None:
        return Standing(provider, None, "", gettext("Not connected"))
    price = row.price_xof if CHANNEL_OF.get(provider) in PAID else None
    kind, words, reason = _state(row, at, zone)
    return Standing(provider, row, kind, words, reason, price)


def _state(row: Integration, at: datetime, zone: str) -> tuple[str, str, str]:
    failed = row.last_test_result not in ("", Outcome.OK)
    reason = sentence(Outcome(row.last_test_result)) if failed else ""
    if not row.is_active:
        return "", gettext("Not in use"), ""
    if row.broken_until and row.broken_until > at:
        again = row.broken_until.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")
        words = gettext("{count} failures in a row. Messages wait, or take another way. Asked again at {time}.")
        return "late", gettext("Failing"), words.format(count=row.failures, time=again)
    if failed:
        return "late", gettext("The last test failed"), reason
    if not row.last_test_result and may_be_tried(row.provider):
        return "warn", gettext("Connected, not tested yet"), ""
    return "ok", gettext("Connected"), ""


def sentence(outcome: Outcome) -> str:
    return str(outcome.label).replace("{seconds}", str(TEST_SECONDS))


def way(name: str, kept: dict[str, Integration], *, at: datetime, zone: str) -> Way:
    """One channel and its providers."""
    providers = [one for one in Provider if CHANNEL_OF.get(one, USSD) == name]
    used = sorted((row for one in providers if (row := kept.get(one)) and row.is_active), key=lambda row: row.rank)
    words = _ussd_words(bool(used)) if name == USSD else _way_words(used)
    title = gettext("USSD") if name == USSD else str(MessageChannel(name).label)
    if name == MessageChannel.PUSH:
        words = gettext("Browsers are reached without an account. Connect Firebase if you have an app of your own.")
    is_simulated = not used and name not in (USSD, MessageChannel.PUSH)
    standings = [standing(one, kept.get(one), at=at, zone=zone) for one in providers]
    return Way(name, title, words, is_simulated, len(used) > 1, standings)


def _way_words(used: list[Integration]) -> str:
    if not used:
        return gettext("Simulated: messages are kept here and sent to nobody.")
    named = [str(Provider(row.provider).label) for row in used]
    if len(named) == 1:
        return gettext("Goes out through {provider}.").format(provider=named[0])
    words = gettext("Goes out through {provider}; when it fails, through {others}.")
    return words.format(provider=named[0], others=", ".join(named[1:]))


def _ussd_words(is_used: bool) -> str:
    if is_used:
        return gettext("People dial your code and take a ticket.")
    return gettext("People with any phone dial a code and take a ticket. Try it in the simulator before you connect.")


class IntegrationsPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-integrations"

    @property
    def provider(self) -> Provider:
        """Raises: NotFound."""
        if self.kwargs["provider"] not in Provider.values:
            raise NotFound
        return Provider(self.kwargs["provider"])


class Integrations(IntegrationsPage, OfficePage):
    """`/{slug}/manage/integrations/`: every channel, and what can be connected for it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            kept = integrations()
            ways = [way(name, kept, at=now(), zone=self.tenant.time_zone) for name in WAYS]
            told = {"title": gettext("Integrations"), "ways": ways, "tabs": tabs(self, "manage-integrations")}
            return self.show("manage/integrations.html", told)


class OneIntegration(IntegrationsPage, FormPage):
    """`…/integrations/{provider}/`: secrets go in and never come out."""

    template = "manage/integration.html"
    said = _("Saved.")

    def find(self) -> None:
        self.row = integration(self.provider)

    def form(self, data: Any = None, files: Any = None) -> AccountForm:
        kept_on = ""
        if self.row and self.row.sealed_at:
            kept_on = self.row.sealed_at.astimezone(ZoneInfo(self.tenant.time_zone)).strftime("%d/%m/%Y")
        return account_form(self.provider, self.row, kept_on, data)

    def about(self, form: AccountForm) -> dict[str, Any]:
        return {
            "title": self.provider.label,
            "lead": _lead(self.provider),
            "back": reverse("manage-integrations", args=(self.tenant.slug,)),
            "back_words": gettext("Integrations"),
            "one": standing(self.provider, self.row, at=now(), zone=self.tenant.time_zone),
            "submit": _("Save") if self.row else _("Connect"),
            "hook": hook_address(self.row) if self.row else "",
            "test": trial_form(self.request, self.provider) if self.row and may_be_tried(self.provider) else None,
        }

    def save(self, form: AccountForm) -> HttpResponse:
        values, secrets = form.split()
        keep_integration(
            tenant_id=self.tenant.id, provider=self.provider, values=values, secrets=secrets, actor=self.actor, at=now()
        )
        return self.go("manage-integration", self.provider.value)

    @method_decorator(sensitive_post_parameters())
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request, *args, **kwargs)


def _lead(provider: Provider) -> str:
    channel = CHANNEL_OF.get(provider)
    if channel is None:
        return gettext("Your code at the operator, for people who take a ticket without a smartphone.")
    if channel == MessageChannel.EMAIL:
        return gettext(
            "For e-mails to your customers. Invitations and sign-in codes always come from SmartQueue itself."
        )
    return gettext("Your own account, for messages to your customers.")


def hook_address(row: Integration) -> str:
    """Where the provider calls us; '' for one that never does."""
    if CHANNEL_OF.get(row.provider) and transport_class(row.provider).read is Transport.read:
        return ""
    return f"{settings.PUBLIC_URL}/hooks/{row.provider}/{row.hook_key}/"


def trial_form(request: HttpRequest, provider: str, data: Any = None) -> TrialForm:
    person: Any = request.user
    return TrialForm(CHANNEL_OF[provider], {"email": person.email, "tel": person.phone}, data)


class TryIntegration(IntegrationsPage, DeedPage):
    """POST `to`: a real message, to whoever presses. No transaction is open while the provider is waited for."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        provider = self.provider
        if not may_be_tried(provider):
            raise NotFound
        form = trial_form(request, provider, request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors["to"])))
            return self.go("manage-integration", provider.value)
        to = form.cleaned_data["to"]
        try:
            trial = send_test(
                tenant_id=self.tenant.id, provider=provider, message=self.message(to), actor=self.actor, at=now()
            )
        except RuleBroken as refusal:
            if refusal.status == 404:
                raise
            messages.error(request, str(refusal))
        else:
            self.tell(trial, to)
        return self.go("manage-integration", provider.value)

    def message(self, to: str) -> Outgoing:
        """As a ticket's message would leave: providers with templates of their own fill the one for that."""
        kind, language = MessageKind.TICKET_JOINED, get_language() or self.tenant.locale
        words = gettext("A test of {organisation}: messages by {provider} arrive.")
        return Outgoing(
            id=uuid7(), to=to, kind=kind, language=language, subject=gettext("Test from SmartQueue"),
            body=words.format(organisation=self.tenant.name, provider=self.provider.label),
            values=samples_of(kind, organisation_name=self.tenant.name), sender_name=self.tenant.name,
        )  # fmt: skip

    def tell(self, trial: Trial, to: str) -> None:
        if trial.outcome == Outcome.OK:
            messages.success(self.request, gettext("A test is on its way to {address}.").format(address=to))
            return
        said = gettext("The provider says: {words}").format(words=trial.said) if trial.said else ""
        messages.error(self.request, f"{sentence(trial.outcome)} {said}".strip())


class IntegrationDeed(IntegrationsPage, DeedPage):
    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-integration", kwargs["provider"])


class RenewAddress(IntegrationDeed):
    """POST: the provider's calls get a new address."""

    def do(self, **kwargs: Any) -> str:
        renew_hook(provider=self.provider, actor=self.actor, at=now())
        return gettext("There is a new address. Give it to the provider now: the former one leads nowhere.")


class Disconnect(IntegrationDeed):
    """POST: settings and secrets are forgotten."""

    def do(self, **kwargs: Any) -> str:
        disconnect(provider=self.provider, actor=self.actor, at=now())
        return gettext("Disconnected. What was kept of it is deleted.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-integrations")
