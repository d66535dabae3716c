"""A super-admin's way into a tenant and out again: for an hour, with a reason, in both audit logs."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from smartqueue.journal.actions import staff
from smartqueue.tenants.models import Tenant
from smartqueue.web.platform.tenants import TenantDeed, TenantsPage
from smartqueue.web.shared.office import DeedPage
from smartqueue.web.shared.support import enter_support, leave_support


class EnterSupport(TenantDeed):
    """POST `/platform/tenants/{id}/support/`."""

    slug = ""

    def act(self, tenant: Tenant) -> str:
        staff.enter_as_support(tenant_id=tenant.id, reason=self.reason(), actor=self.actor, at=self.at)
        former = leave_support(self.request)
        if former and former != tenant.id:
            staff.leave_support(tenant_id=former, actor=self.actor, at=self.at)
        enter_support(self.request, tenant.id, at=self.at)
        self.slug = tenant.slug
        return gettext("You are in {name} as support, for an hour at most.").format(name=tenant.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        if not self.slug:
            return super().back(**kwargs)
        return HttpResponseRedirect(reverse("manage", args=(self.slug,)), status=303)


class LeaveSupport(TenantsPage, DeedPage):
    """POST `/platform/support/leave/`; leaving twice is no error."""

    def do(self, **kwargs: Any) -> str:
        if former := leave_support(self.request):
            staff.leave_support(tenant_id=former, actor=self.actor, at=self.at)
        return gettext("You have left. You are on the platform again.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("platform-tenants")
