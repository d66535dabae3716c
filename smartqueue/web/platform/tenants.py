"""Organisations: the list, a new one, one by itself, its plan, opening and closing its doors."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from smartqueue.accounts.models import User
from smartqueue.billing import actions as billing
from smartqueue.billing.queries import (
    month_of,
    plans,
    subscriptions_of,
    tenants_with_usage,
    usage_against_quota,
    usage_history,
)
from smartqueue.journal.actions.platform import reactivate_tenant, suspend_tenant
from smartqueue.journal.actions.staff import open_tenant
from smartqueue.journal.errors import SlugTaken
from smartqueue.journal.queries import last_fact_at
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.queries import people_in
from smartqueue.web.platform.forms import LONGEST_REASON, PlanChoice, ReasonForm, TenantFilters, TenantForm, reason_of
from smartqueue.web.platform.pages import PlatformPage
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage


class TenantsPage(PlatformPage):
    section = "platform-tenants"

    def found(self, id: UUID) -> Tenant:
        """
        Raises:
            NotFound: there is no such organisation.
        """
        tenant = tenants_with_usage(month_of(self.at)).filter(id=id).first()
        if tenant is None:
            raise NotFound
        return tenant

    def reason(self) -> str:
        """What was typed beside the button.

        Raises:
            ReasonMissing: nothing, or too much.
        """
        return reason_of(self.request)


class Tenants(TenantsPage, ListPage):
    """`/platform/tenants/`: every organisation, with what it uses of its plan this month."""

    template = "platform/tenants.html"
    filters = TenantFilters
    sorts = {
        "name": ("name", "id"), "plan": ("plan_price_xof", "name", "id"), "usage": ("-share", "name", "id"),
        "created": ("-created_at", "id"),
    }  # fmt: skip
    columns = (
        Column("", gettext_lazy("Choose")), Column("name", gettext_lazy("Organisation")),
        Column("plan", gettext_lazy("Plan")),
        Column("usage", gettext_lazy("Used this month")), Column("", gettext_lazy("State")),
        Column("created", gettext_lazy("Since")),
    )  # fmt: skip
    bulk = {"suspend": gettext_lazy("Suspend …"), "resume": gettext_lazy("Resume")}

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Tenant]:
        rows = tenants_with_usage(month_of(self.at))
        if words := wanted.get("q"):
            rows = rows.filter(Q(name__icontains=words) | Q(slug__icontains=words))
        same: dict[str, Any] = {name: wanted[name] for name in ("plan", "type") if name in wanted}
        match wanted.get("state"):
            case "active":
                same["is_active"] = True
            case "suspended":
                same["is_active"] = False
            case "over":
                same["share__gt"] = 1
        return rows.filter(**same)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Suspending several asks once more, and for a reason; the rest is done at once."""
        if request.POST.get("deed") != "suspend":
            return super().post(request, *args, **kwargs)
        with self.scope():
            chosen = Tenant.objects.filter(id__in=_ids(request), is_active=True).order_by("name", "id")
            if not chosen:
                messages.error(request, gettext("Nothing to suspend: choose active organisations."))
                return self.go("platform-tenants")
            told = {"chosen": chosen, "form": ReasonForm(), "back": reverse("platform-tenants")}
            return self.show("platform/suspend.html", told)

    def do_bulk(self, deed: str, ids: list[str]) -> str:
        chosen = Tenant.objects.filter(id__in=_ids(self.request), is_active=False)
        done = sum(reactivate_tenant(tenant_id=one.id, actor=self.actor, at=self.at) for one in chosen)
        return ngettext("{n} organisation is open again.", "{n} organisations are open again.", done).format(n=done)


def _ids(request: HttpRequest) -> list[UUID]:
    """The rows that were ticked; what is no id is left out."""
    found = []
    for text in request.POST.getlist("row"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


class SuspendMany(TenantsPage, DeedPage):
    """POST `/platform/tenants/suspend/`."""

    def do(self, **kwargs: Any) -> str:
        reason, ids = self.reason(), _ids(self.request)
        done = sum(suspend_tenant(tenant_id=id, actor=self.actor, at=self.at, reason=reason) for id in ids)
        return ngettext("{n} organisation is suspended.", "{n} organisations are suspended.", done).format(n=done)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("platform-tenants")


class NewTenant(TenantsPage, FormPage):
    """`/platform/tenants/new/`."""

    template = "platform/tenant_new.html"
    said = gettext_lazy("The organisation is open. Its administrator has a letter.")

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return TenantForm(data)

    def save(self, form: Any) -> HttpResponse:
        values = dict(form.cleaned_data)
        admin = {"admin_email": values.pop("admin_email"), "admin_name": values.pop("admin_name")}

        def choose(user: User, token: str) -> str:
            return self.request.build_absolute_uri(reverse("welcome", args=(values["slug"], user.id, token)))

        sign_in = self.request.build_absolute_uri(reverse("sign-in"))
        try:
            tenant = open_tenant(values=values, **admin, choose=choose, sign_in=sign_in, actor=self.actor, at=self.at)
        except SlugTaken as taken:
            raise Invalid(slug=str(taken)) from taken
        billing.count_usage(at=self.at, tenant_ids=[tenant.id])
        return self.go("platform-tenant", tenant.id)

    def about(self, form: Any) -> dict[str, Any]:
        about = [form[name] for name in ("name", "slug", "type", "plan", "locale", "time_zone")]
        runs = [form[name] for name in ("admin_name", "admin_email")]
        return {
            "title": gettext("New organisation"),
            "back": reverse("platform-tenants"),
            "submit": gettext("Open the organisation"),
            "fieldsets": [(gettext("Organisation"), about), (gettext("Who runs it"), runs)],
        }


class OneTenant(TenantsPage):
    """`/platform/tenants/{id}/`."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        with self.scope():
            tenant, month = self.found(id), month_of(self.at)
            history = usage_history(tenant.id, until=month)
            told = {
                "organisation": tenant,
                "month": month,
                "uses": usage_against_quota(tenant, month=month),
                "history": history,
                "most": max([row.tickets for row in history], default=0) or 1,
                "subscriptions": subscriptions_of(tenant),
                "plans": plans(),
                "form": PlanChoice(plans(), initial={"plan": tenant.plan}),
                "people": people_in([tenant.id]).get(tenant.id, 0),
                "last_at": last_fact_at(tenant.id),
                "longest_reason": LONGEST_REASON,
            }
            return self.show("platform/tenant.html", told)


class TenantDeed(TenantsPage, DeedPage):
    """POST to one organisation, and back to its page."""

    def do(self, **kwargs: Any) -> str:
        return self.act(self.found(kwargs["id"]))

    def act(self, tenant: Tenant) -> str:
        raise NotImplementedError

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("platform-tenant", kwargs["id"])


class ChangePlan(TenantDeed):
    def act(self, tenant: Tenant) -> str:
        plan = self.request.POST.get("plan", "")
        billing.change_plan_of(tenant_id=tenant.id, plan=plan, actor=self.actor, at=self.at)
        return gettext("The plan holds for the whole month.")


class Suspend(TenantDeed):
    def act(self, tenant: Tenant) -> str:
        suspend_tenant(tenant_id=tenant.id, actor=self.actor, at=self.at, reason=self.reason())
        return gettext("{name} is suspended. Nothing of it was deleted.").format(name=tenant.name)


class Resume(TenantDeed):
    def act(self, tenant: Tenant) -> str:
        reactivate_tenant(tenant_id=tenant.id, actor=self.actor, at=self.at, reason=self.reason())
        return gettext("{name} is open again.").format(name=tenant.name)
