"""Addresses of the audience `platform`: who runs the house for all organisations."""

from django.urls import URLPattern, path

from smartqueue.web.platform import accounts, audit, health, pages, people, plans, support, tenants, usage

TENANTS = "platform/tenants/"
ONE = TENANTS + "<uuid:id>/"
ACCOUNTS = "platform/accounts/"
ACCOUNT = ACCOUNTS + "<uuid:id>/"

urlpatterns: list[URLPattern] = [
    path("platform/", pages.Home.as_view(), name="platform"),
    path(TENANTS, tenants.Tenants.as_view(), name="platform-tenants"),
    path(TENANTS + "new/", tenants.NewTenant.as_view(), name="platform-tenant-new"),
    path(TENANTS + "suspend/", tenants.SuspendMany.as_view(), name="platform-tenants-suspend"),
    path(ONE, tenants.OneTenant.as_view(), name="platform-tenant"),
    path(ONE + "plan/", tenants.ChangePlan.as_view(), name="platform-tenant-plan"),
    path(ONE + "suspend/", tenants.Suspend.as_view(), name="platform-tenant-suspend"),
    path(ONE + "resume/", tenants.Resume.as_view(), name="platform-tenant-resume"),
    path(ONE + "support/", support.EnterSupport.as_view(), name="platform-support-enter"),
    path("platform/support/leave/", support.LeaveSupport.as_view(), name="platform-support-leave"),
    path("platform/plans/", plans.Plans.as_view(), name="platform-plans"),
    path("platform/plans/<slug:name>/", plans.OnePlan.as_view(), name="platform-plan"),
    path("platform/usage/", usage.Usage.as_view(), name="platform-usage"),
    path("platform/usage.csv", usage.UsageCsv.as_view(), name="platform-usage-csv"),
    path("platform/audit/", audit.Audit.as_view(), name="platform-audit"),
    path("platform/people/", people.People.as_view(), name="platform-people"),
    path("platform/people/new/", people.NewPerson.as_view(), name="platform-person-new"),
    path("platform/people/<uuid:id>/remove/", people.RemovePerson.as_view(), name="platform-person-remove"),
    path(ACCOUNTS, accounts.Accounts.as_view(), name="platform-accounts"),
    path(ACCOUNT, accounts.OneAccount.as_view(), name="platform-account"),
    path(ACCOUNT + "second-factor/", accounts.TakeSecondFactor.as_view(), name="platform-account-second-factor"),
    path(ACCOUNT + "sign-out/", accounts.EndSignIns.as_view(), name="platform-account-sign-out"),
    path(ACCOUNT + "close/", accounts.Close.as_view(), name="platform-account-close"),
    path(ACCOUNT + "reopen/", accounts.Reopen.as_view(), name="platform-account-reopen"),
    path("platform/health/", health.Health.as_view(), name="platform-health"),
]
