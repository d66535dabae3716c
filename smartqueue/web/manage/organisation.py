"""The organisation itself: what it is called, speaks, and how long it keeps what is personal."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.billing.queries import month_of, plan_or_refuse, usage_against_quota
from smartqueue.billing.states import Use
from smartqueue.journal.actions.organisation import change_organisation
from smartqueue.kernel.clock import now
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.states import OrganisationType, Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import FormPage
from smartqueue.web.shared.templatetags.look import xof


class OrganisationForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=120)
    type = forms.ChoiceField(label=_("What it is"), choices=OrganisationType.choices)
    locale = forms.ChoiceField(
        label=_("Default language"), choices=settings.LANGUAGES,
        help_text=_("Of messages and pages, until somebody chooses another."),
    )  # fmt: skip
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Of reports and of this office. Each site has its own.")
    )
    retention_days = forms.IntegerField(
        label=_("Days until personal data is erased"), min_value=1, max_value=365,
        help_text=_(
            "This many days after a visit, the customer's name, phone and e-mail are erased from it. "
            "Numbers and times stay, so your reports do not change. From 1 to 365."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("time_zone", [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())])


class OrganisationPage(ManagePage, FormPage):
    """`/{slug}/manage/organisation/`: the form, and what the plan's quotas have been used for this month."""

    needs = Scope.MANAGE_SETTINGS
    section = "manage-organisation"
    template = "manage/organisation.html"

    def form(self, data: Any = None, files: Any = None) -> OrganisationForm:
        return OrganisationForm(
            data, initial={name: getattr(self.tenant, name) for name in OrganisationForm.base_fields}
        )

    def about(self, form: OrganisationForm) -> dict[str, Any]:
        return {
            "title": gettext("Organisation"),
            "fieldsets": [
                (_("Who you are"), [form["name"], form["type"]]),
                (_("Language and time"), [form["locale"], form["time_zone"]]),
                (_("Personal data"), [form["retention_days"]]),
            ],
            "usage": usage_of(self.tenant, at=now()),
        }

    def save(self, form: OrganisationForm) -> HttpResponse:
        change_organisation(tenant_id=self.tenant.id, values=form.cleaned_data, actor=self.actor, at=now())
        return self.go("manage-organisation")


def usage_of(tenant: Tenant, *, at: datetime) -> dict[str, Any]:
    """The plan and what was used of it this month, in words; inside the scope. Two queries, one more before the
    month's first count."""
    month, plan = month_of(at), plan_or_refuse(tenant.plan)
    used = usage_against_quota(tenant, month=month)
    return {
        "plan": plan,
        "month": month,
        "lines": [(use, *_words(use)) for use in used],
        "over": [use for use in used if use.over_by],
        "overage_xof": sum(use.overage_xof for use in used),
    }


def _words(use: Use) -> tuple[str, str]:
    """`120 of 100`, and what is beyond the quota with its cost; empty for nothing."""
    count = number_format(use.used, use_l10n=True, force_grouping=True)
    if use.limit is None:
        return gettext("{used}, without limit").format(used=count), ""
    limit = number_format(use.limit, use_l10n=True, force_grouping=True)
    shown = gettext("{used} of {limit}").format(used=count, limit=limit)
    if not use.over_by:
        return shown, ""
    beyond = number_format(use.over_by, use_l10n=True, force_grouping=True)
    if not use.overage_xof:
        return shown, gettext("{count} beyond your plan, without extra cost.").format(count=beyond)
    return shown, gettext("{count} beyond your plan: {amount}.").format(count=beyond, amount=xof(use.overage_xof))
