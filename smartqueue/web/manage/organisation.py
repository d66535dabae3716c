"""The organisation itself: what it is called, speaks, and how long it keeps what is personal."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.actions.organisation import change_organisation
from smartqueue.kernel.clock import now
from smartqueue.tenants.states import OrganisationType, Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import FormPage


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
    """`/{slug}/manage/organisation/`."""

    needs = Scope.MANAGE_SETTINGS
    section = "manage-organisation"

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
        }

    def save(self, form: OrganisationForm) -> HttpResponse:
        change_organisation(tenant_id=self.tenant.id, values=form.cleaned_data, actor=self.actor, at=now())
        return self.go("manage-organisation")
