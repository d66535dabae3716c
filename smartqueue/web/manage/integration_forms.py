"""Forms of integrations: what a provider asks for, how its account is used, and to whom a test goes."""

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import CHANNEL_OF, MessageChannel, Provider, Security
from smartqueue.notifications.states.connecting import LONG, MOST_PRICE_XOF, MOST_RANK, SHOWN
from smartqueue.notifications.transports.base import Field
from smartqueue.notifications.transports.fields import fields_of
from smartqueue.web.manage.forms import Labelled

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
PAID = (MessageChannel.SMS, MessageChannel.WHATSAPP)
FEW = 4
"""So many choices stand side by side; more are a list."""


class SecretText(forms.Textarea):
    """A secret of several lines: like a password, it is never shown again."""

    def format_value(self, value: Any) -> str:
        return ""


class AccountForm(Labelled):
    """One account. `kept_on` is the day since which secrets are kept; '' where there are none."""

    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    rank = forms.IntegerField(
        label=_("Order of use"), min_value=1, max_value=MOST_RANK, initial=1,
        help_text=_("Where several are in use, 1 is asked first. The next one steps in when it fails."),
    )  # fmt: skip
    price_xof = forms.IntegerField(
        label=_("Price, XOF"), min_value=0, max_value=MOST_PRICE_XOF, initial=0,
        help_text=_("What one message costs you; of an SMS, one part. It counts against your budget."),
    )  # fmt: skip
    secret_names: tuple[str, ...] = ()
    advanced_names: tuple[str, ...] = ()

    def __init__(self, provider: str, row: Integration | None, kept_on: str, data: Any = None) -> None:
        initial = {} if row is None else row.settings | {name: getattr(row, name) for name in USED}
        super().__init__(data, initial=initial)
        self.provider, self.kept_on = provider, kept_on
        channel = CHANNEL_OF.get(provider)
        for name, is_asked in (("rank", channel is not None), ("price_xof", channel in PAID)):
            if not is_asked:
                del self.fields[name]
        self.ask()

    def ask(self) -> None:
        """Add what the provider asks for."""
        fields = fields_of(self.provider)
        self.secret_names = tuple(one.name for one in fields if one.is_secret)
        self.advanced_names = tuple(one.name for one in fields if one.is_advanced)
        for one in fields:
            self.fields[one.name] = self._field(one)

    def _field(self, one: Field) -> forms.Field:
        is_kept = one.is_secret and bool(self.kept_on)
        told: dict[str, Any] = {
            "label": one.label, "help_text": self.kept_words() if is_kept else one.help,
            "required": one.is_required and not is_kept, "initial": one.default,
        }  # fmt: skip
        if one.choices:
            widget = forms.RadioSelect() if len(one.choices) <= FEW else forms.Select()
            return forms.ChoiceField(**told, choices=list(one.choices), widget=widget)
        return forms.CharField(**told, max_length=one.longest, widget=_widget(one))

    def kept_words(self) -> str:
        return gettext("{dots}, changed on {date}. Leave it empty to keep it.").format(dots=SHOWN, date=self.kept_on)

    @property
    def account(self) -> list[forms.BoundField]:
        """What is asked first."""
        return [self[name] for name in self.fields if name not in USED and name not in self.advanced_names]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[name] for name in self.advanced_names]

    @property
    def is_advanced_wrong(self) -> bool:
        return any(name in self.errors for name in self.advanced_names)

    @property
    def use(self) -> list[forms.BoundField]:
        return [self[name] for name in USED if name in self.fields]

    def split(self) -> tuple[dict[str, Any], dict[str, str]]:
        """What was typed, as the action takes it: values in the open, and secrets."""
        values = dict(self.cleaned_data)
        return values, {name: values.pop(name) for name in self.secret_names}


USED = ("is_active", "rank", "price_xof")


def _widget(one: Field) -> forms.Widget:
    if one.longest >= LONG:
        kind: type[forms.Textarea] = SecretText if one.is_secret else forms.Textarea
        return kind(attrs=PLAIN | {"rows": 6})
    attrs: dict[str, Any] = dict(PLAIN)
    if one.is_secret:
        return forms.PasswordInput(attrs=attrs | {"autocomplete": "new-password"})
    return forms.TextInput(attrs=attrs)


class SmtpForm(AccountForm):
    """A mail server has rules of its own."""

    secret_names = ("password",)

    def ask(self) -> None:
        self.fields |= {
            "host": forms.CharField(
                label=_("Server"), max_length=253, help_text=_("For example: mail.example.sn"),
                widget=forms.TextInput(attrs=PLAIN),
            ),
            "port": forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=587),
            "security": forms.ChoiceField(
                label=_("Encryption"), choices=Security.choices, initial=Security.STARTTLS, widget=forms.RadioSelect
            ),
            "user": forms.CharField(
                label=_("User"), max_length=200, required=False, widget=forms.TextInput(attrs=PLAIN),
                help_text=_("Leave it empty if the server asks for none."),
            ),
            "password": forms.CharField(
                label=_("Password"), max_length=500, required=False, strip=False,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                help_text=self.kept_words() if self.kept_on else "",
            ),
            "sender": forms.EmailField(label=_("Sender"), help_text=_("The address that your customers see.")),
        }  # fmt: skip


def account_form(provider: str, row: Integration | None, kept_on: str, data: Any = None) -> AccountForm:
    kind = SmtpForm if provider == Provider.SMTP else AccountForm
    return kind(provider, row, kept_on, data)


class TrialForm(Labelled):
    """To whom a test goes; the action takes what `to` says: a mail address, E.164, or a device's own token."""

    def __init__(self, channel: str, mine: dict[str, str], data: Any = None) -> None:
        super().__init__(data, auto_id="test-%s")
        self.channel = channel
        label, kind = {
            MessageChannel.EMAIL: (_("To this address"), "email"),
            MessageChannel.SMS: (_("To this phone"), "tel"),
            MessageChannel.WHATSAPP: (_("To this phone"), "tel"),
        }.get(MessageChannel(channel), (_("To the app with this token"), "text"))
        self.fields["to"] = forms.CharField(
            label=label, max_length=1000, initial=mine.get(kind, ""),
            widget=forms.TextInput(attrs=PLAIN | {"type": kind}),
        )  # fmt: skip

    def clean_to(self) -> str:
        """Raises: ValidationError."""
        to = str(self.cleaned_data["to"])
        if self.channel == MessageChannel.EMAIL:
            validate_email(to)
        if self.channel not in PAID:
            return to
        try:
            return normalise(to)
        except Invalid:
            raise forms.ValidationError(gettext("This is not a valid phone number.")) from None
