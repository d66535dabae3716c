"""Plans and quotas."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from smartqueue.billing import actions as billing
from smartqueue.billing.models import Plan
from smartqueue.billing.queries import plan_or_refuse, plans, tenants_on_plans
from smartqueue.web.platform.forms import PlanForm
from smartqueue.web.platform.pages import PlatformPage
from smartqueue.web.shared.office import FormPage


class Plans(PlatformPage):
    """`/platform/plans/`: three, so no list to search."""

    section = "platform-plans"

    def get(self, request: HttpRequest) -> HttpResponse:
        with self.scope():
            return self.show("platform/plans.html", {"plans": plans(), "tenants_on": tenants_on_plans()})


class OnePlan(PlatformPage, FormPage):
    """`/platform/plans/{name}/`."""

    section = "platform-plans"
    plan: Plan

    def find(self) -> None:
        self.plan = plan_or_refuse(self.kwargs["name"])

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        names = (*PlanForm.PRICES, *PlanForm.QUOTAS)
        return PlanForm(data, initial={name: getattr(self.plan, name) for name in names})

    def save(self, form: Any) -> HttpResponse:
        billing.edit_plan(name=self.plan.name, values=form.cleaned_data, actor=self.actor, at=self.at)
        return self.go("platform-plans")

    def about(self, form: Any) -> dict[str, Any]:
        return {
            "title": self.plan.get_name_display(),
            "back": reverse("platform-plans"),
            "lead": gettext(
                "What you change holds from this month on. Months that are over keep the prices they had. "
                "A quota left empty is without limit; nobody is stopped at one."
            ),
            "fieldsets": [
                (gettext("Quotas"), [form[name] for name in PlanForm.QUOTAS]),
                (gettext("Prices"), [form[name] for name in PlanForm.PRICES]),
            ],
        }
