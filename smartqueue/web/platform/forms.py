"""What super-admins fill in."""

from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from smartqueue.billing.models import Plan
from smartqueue.journal.errors import ReasonMissing
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.tenants.models import SLUG, free_slug
from smartqueue.tenants.states import OrganisationType, PlanName
from smartqueue.web.shared.office import Filters

ANY = ("", _("All"))
LONGEST_REASON = 200


class TenantFilters(Filters):
    plan = forms.ChoiceField(label=_("Plan"), choices=[ANY, *PlanName.choices])
    type = forms.ChoiceField(label=_("Type"), choices=[ANY, *OrganisationType.choices])
    state = forms.ChoiceField(
        label=_("State"),
        choices=[ANY, ("active", _("Active")), ("suspended", _("Suspended")), ("over", _("Over a quota"))],
    )


def months(today: date) -> list[tuple[str, str]]:
    """This month and the eleven before it, as `2026-11` and in the reader's words."""
    firsts = [
        date(today.year + (today.month - 1 - back) // 12, (today.month - 1 - back) % 12 + 1, 1) for back in range(12)
    ]
    return [(f"{first:%Y-%m}", date_format(first, "F Y")) for first in firsts]


class UsageFilters(Filters):
    month = forms.ChoiceField(label=_("Month"), choices=lambda: months(now().date()))
    plan = forms.ChoiceField(label=_("Plan"), choices=[ANY, *PlanName.choices])
    over = forms.ChoiceField(label=_("Quota"), choices=[ANY, ("yes", _("Over a quota"))])


class AuditFilters(Filters):
    kind = forms.ChoiceField(label=_("Kind"), choices=[ANY, *AuditKind.choices])
    person = forms.CharField(label=_("Person's e-mail"), max_length=254)
    tenant = forms.CharField(label=_("Organisation"), max_length=80)
    since = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class OfficeForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})


class TenantForm(OfficeForm):
    """A new organisation and who runs it."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"data-slug-of": "id_slug"}))
    slug = forms.CharField(
        label=_("Address"), required=False, min_length=3, max_length=50, validators=[SLUG, free_slug],
        widget=forms.TextInput(attrs={"pattern": "[a-z0-9][a-z0-9\\-]{1,48}[a-z0-9]", "autocapitalize": "none"}),
        help_text=_("Its pages begin with this word. It cannot be changed later. Left empty, it is made of the name."),
    )  # fmt: skip
    type = forms.ChoiceField(label=_("Type"), choices=OrganisationType.choices)
    plan = forms.ChoiceField(label=_("Plan"), choices=PlanName.choices)
    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), initial="Africa/Dakar")
    admin_name = forms.CharField(label=_("First administrator's name"), max_length=150)
    admin_email = forms.EmailField(
        label=_("First administrator's e-mail"), max_length=254,
        help_text=_("They get a letter with a link. Who is new here chooses a password there."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zones: Any = self.fields["time_zone"]
        zones.choices = [(name, name) for name in sorted(available_timezones()) if "/" in name]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("slug") and "slug" not in self.errors and cleaned.get("name"):
            made = slugify(cleaned["name"])[:50].strip("-")
            try:
                cleaned["slug"] = self.fields["slug"].clean(made)
            except forms.ValidationError as refused:
                self.add_error("slug", refused)
        return cleaned


class PlanChoice(OfficeForm):
    """Another plan for an organisation, with its price beside it."""

    plan = forms.ChoiceField(label=_("Plan"))

    def __init__(self, plans: list[Plan], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choice: Any = self.fields["plan"]
        choice.choices = [(plan.name, plan.get_name_display()) for plan in plans]


class PlanForm(OfficeForm):
    """Prices and quotas. An empty quota is without limit."""

    QUOTAS = ("sites", "agents", "tickets", "messages")
    PRICES = ("price_xof", "ticket_price_xof", "message_price_xof")

    price_xof = forms.IntegerField(label=_("Price for a month, F CFA"), min_value=0, max_value=1_000_000_000)
    ticket_price_xof = forms.IntegerField(
        label=_("Price of a ticket beyond the quota, F CFA"), min_value=0, max_value=1_000_000
    )
    message_price_xof = forms.IntegerField(
        label=_("Price of a message beyond the quota, F CFA"), min_value=0, max_value=1_000_000
    )
    sites = forms.IntegerField(label=_("Sites"), required=False, min_value=0, max_value=1_000_000_000)
    agents = forms.IntegerField(label=_("Agents"), required=False, min_value=0, max_value=1_000_000_000)
    tickets = forms.IntegerField(label=_("Tickets a month"), required=False, min_value=0, max_value=1_000_000_000)
    messages = forms.IntegerField(label=_("Messages a month"), required=False, min_value=0, max_value=1_000_000_000)


class ReasonForm(OfficeForm):
    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)


def reason_of(request: HttpRequest) -> str:
    """What was typed beside the button.

    Raises:
        ReasonMissing: nothing, or too much.
    """
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise ReasonMissing
    return str(form.cleaned_data["reason"])


class AccountForm(OfficeForm):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The whole address. It does not appear in the address of any page."),
    )  # fmt: skip


class PersonForm(OfficeForm):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254,
        help_text=_("Who is new here gets a letter with a code, and chooses a password with it."),
    )  # fmt: skip
    name = forms.CharField(label=_("Name"), max_length=150)
