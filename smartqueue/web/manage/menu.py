"""The sidebar of managers and administrators, and the page that everything else there is made of."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from smartqueue.tenants.states import Scope
from smartqueue.web.shared.office import Group, OfficePage, Section, open_to

MENU = (
    Group(
        _("Today"),
        (
            Section("manage-dashboard", _("Dashboard"), "chart", Scope.READ_REPORTS),
            Section("manage-team", _("Team"), "people", Scope.MANAGE_AGENT),
            Section("manage-customers", _("Customers"), "person", Scope.READ_REPORTS),
            Section("manage-feedback", _("Feedback"), "star", Scope.READ_FEEDBACK),
            Section("manage-sent", _("Messages sent"), "message", Scope.SEND_NOTIFICATION),
            Section("manage-reports", _("Reports"), "note", Scope.READ_REPORTS),
        ),
    ),
    Group(
        _("Set up"),
        (
            Section("manage-sites", _("Sites"), "home", Scope.MANAGE_SETTINGS),
            Section("manage-services", _("Services"), "ticket", Scope.MANAGE_SETTINGS),
            Section("manage-queues", _("Queues"), "sort", Scope.MANAGE_QUEUE),
            Section("manage-people", _("People"), "key", Scope.MANAGE_SETTINGS),
            Section("manage-devices", _("Displays and kiosks"), "screen", Scope.MANAGE_SETTINGS),
            Section("manage-travel", _("Ways"), "travel", Scope.MANAGE_SETTINGS),
            Section("manage-voice", _("Voice"), "call", Scope.MANAGE_SETTINGS),
        ),
    ),
    Group(
        _("Organisation"),
        (
            Section("manage-templates", _("Messages"), "message", Scope.MANAGE_SETTINGS),
            Section("manage-integrations", _("Integrations"), "repeat", Scope.MANAGE_SETTINGS),
            Section("manage-keys", _("API keys"), "lock", Scope.MANAGE_SETTINGS),
            Section("manage-webhooks", _("Webhooks"), "transfer", Scope.MANAGE_SETTINGS),
            Section("manage-brand", _("Appearance"), "edit", Scope.MANAGE_SETTINGS),
            Section("manage-organisation", _("Organisation"), "settings", Scope.MANAGE_SETTINGS),
            Section("manage-audit", _("Audit log"), "clock", Scope.MANAGE_SETTINGS),
        ),
    ),
)


class ManagePage(OfficePage):
    """A page below `/{slug}/manage/`."""

    def groups(self) -> Sequence[Group]:
        return open_to(MENU, self.scopes.__contains__)


class Home(ManagePage):
    """`/{slug}/manage/`: the page this member begins with."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if Scope.MANAGE_SETTINGS in self.scopes:
            return self.go("manage-sites")
        if Scope.READ_REPORTS in self.scopes:
            return self.go("manage-dashboard")
        return HttpResponseRedirect(f"/{self.tenant.slug}/counter/")
