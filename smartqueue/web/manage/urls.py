"""Addresses of the audience `manage`."""

from django.urls import URLPattern, path

from smartqueue.web.manage import (
    alerts,
    audit,
    brand,
    customers,
    dashboard,
    devices,
    drafts,
    exports,
    feedback,
    ground_urls,
    integrations,
    keys,
    menu,
    messages,
    organisation,
    people,
    reports,
    team,
    voice,
    welcome,
)

DRAFTS = "<slug:slug>/manage/drafts/"
KEYS = "<slug:slug>/manage/keys/"
PEOPLE = "<slug:slug>/manage/people/"
DEVICES = "<slug:slug>/manage/devices/"
NOW = "<slug:slug>/manage/dashboard/"
ALERTS = "<slug:slug>/manage/alerts/"
TEAM = "<slug:slug>/manage/team/"
CUSTOMERS = "<slug:slug>/manage/customers/"
INTEGRATIONS = "<slug:slug>/manage/integrations/"
GONE = INTEGRATIONS + "<str:provider>/disconnect/"
MESSAGES = "<slug:slug>/manage/messages/"
MESSAGE = MESSAGES + "<str:kind>/<str:channel>/"
REPORTS = "<slug:slug>/manage/reports/"

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/manage/", menu.Home.as_view(), name="manage"),
    *ground_urls.urlpatterns,
    path(DEVICES, devices.Devices.as_view(), name="manage-devices"),
    path(DEVICES + "<uuid:id>/", devices.OneDevice.as_view(), name="manage-device"),
    path(DEVICES + "<uuid:id>/pair/", devices.PairAgain.as_view(), name="manage-device-pair"),
    path(DEVICES + "<uuid:id>/refresh/", devices.Refresh.as_view(), name="manage-device-refresh"),
    path(DEVICES + "<uuid:id>/revoke/", devices.Revoke.as_view(), name="manage-device-revoke"),
    path(DEVICES + "<uuid:id>/delete/", devices.Delete.as_view(), name="manage-device-delete"),
    path("<slug:slug>/manage/feedback/", feedback.Inbox.as_view(), name="manage-feedback"),
    path("<slug:slug>/manage/feedback/<uuid:id>/", feedback.OneFeedback.as_view(), name="manage-feedback-one"),
    path(NOW, dashboard.Dashboard.as_view(), name="manage-dashboard"),
    path(NOW + "queues/<uuid:id>/", dashboard.QueuePage.as_view(), name="manage-dashboard-queue"),
    path(NOW + "queues/<uuid:id>/state/", dashboard.QueueState.as_view(), name="manage-dashboard-state"),
    path(NOW + "tickets/<uuid:id>/", dashboard.TicketPage.as_view(), name="manage-dashboard-ticket"),
    path(NOW + "tickets/<uuid:id>/call/", dashboard.CallFor.as_view(), name="manage-dashboard-call"),
    path(NOW + "tickets/<uuid:id>/priority/", dashboard.ChangePriority.as_view(), name="manage-dashboard-priority"),
    path(NOW + "tickets/<uuid:id>/cancel/", dashboard.CancelTicket.as_view(), name="manage-dashboard-cancel"),
    path(ALERTS, alerts.Alerts.as_view(), name="manage-alerts"),
    path(ALERTS + "new/", alerts.NewRule.as_view(), name="manage-alert-new"),
    path(ALERTS + "<uuid:id>/", alerts.OneRule.as_view(), name="manage-alert-rule"),
    path(ALERTS + "<uuid:id>/delete/", alerts.DeleteRule.as_view(), name="manage-alert-delete"),
    path(ALERTS + "<uuid:id>/acknowledge/", alerts.Acknowledge.as_view(), name="manage-alert-acknowledge"),
    path(TEAM, team.Team.as_view(), name="manage-team"),
    path(TEAM + "<uuid:id>/", team.OneAgent.as_view(), name="manage-agent"),
    path(TEAM + "<uuid:id>/queues/", team.AgentQueues.as_view(), name="manage-agent-queues"),
    path(TEAM + "<uuid:id>/state/", team.AgentState.as_view(), name="manage-agent-state"),
    path(CUSTOMERS, customers.Customers.as_view(), name="manage-customers"),
    path(CUSTOMERS + "new/", customers.NewCustomer.as_view(), name="manage-customer-new"),
    path(CUSTOMERS + "<uuid:id>/", customers.OneCustomer.as_view(), name="manage-customer"),
    path(CUSTOMERS + "<uuid:id>/edit/", customers.EditCustomer.as_view(), name="manage-customer-edit"),
    path(CUSTOMERS + "<uuid:id>/export/", customers.ExportCustomer.as_view(), name="manage-customer-export"),
    path(CUSTOMERS + "<uuid:id>/forget/", customers.ForgetCustomer.as_view(), name="manage-customer-forget"),
    path(REPORTS, reports.OneReport.as_view(), name="manage-reports"),
    path(REPORTS + "glossary/", reports.Glossary.as_view(), name="manage-report-glossary"),
    path(REPORTS + "staffing/", reports.Staffing.as_view(), name="manage-report-staffing"),
    path(REPORTS + "daily/", reports.DailyReport.as_view(), name="manage-report-daily"),
    path(REPORTS + "tickets/export/", exports.TicketsExport.as_view(), name="manage-tickets-export"),
    path(REPORTS + "staffing/export/", exports.StaffingExport.as_view(), name="manage-staffing-export"),
    path(REPORTS + "<slug:report>/", reports.OneReport.as_view(), name="manage-report"),
    path(REPORTS + "<slug:report>/export/", exports.ReportExport.as_view(), name="manage-report-export"),
    path("<slug:slug>/manage/voice/", voice.VoicePage.as_view(), name="manage-voice"),
    path(PEOPLE, people.People.as_view(), name="manage-people"),
    path(PEOPLE + "invite/", people.Invite.as_view(), name="manage-invite"),
    path(PEOPLE + "<uuid:id>/", people.OnePerson.as_view(), name="manage-person"),
    path(PEOPLE + "<uuid:id>/deactivate/", people.Deactivate.as_view(), name="manage-person-deactivate"),
    path(PEOPLE + "<uuid:id>/reactivate/", people.Reactivate.as_view(), name="manage-person-reactivate"),
    path(PEOPLE + "<uuid:id>/remove/", people.Remove.as_view(), name="manage-person-remove"),
    path(PEOPLE + "<uuid:id>/invite/", people.InviteAgain.as_view(), name="manage-person-invite"),
    path("<slug:slug>/welcome/<uuid:person>/<str:token>/", welcome.Welcome.as_view(), name="welcome"),
    path("<slug:slug>/manage/organisation/", organisation.OrganisationPage.as_view(), name="manage-organisation"),
    path("<slug:slug>/manage/brand/", brand.BrandPage.as_view(), name="manage-brand"),
    path(DRAFTS, drafts.Drafts.as_view(), name="manage-drafts"),
    path(DRAFTS + "publish/", drafts.PublishAll.as_view(), name="manage-publish-all"),
    path(DRAFTS + "preview/", drafts.Preview.as_view(), name="manage-preview"),
    path(DRAFTS + "brand.css", drafts.DraftedCss.as_view(), name="manage-draft-css"),
    path(DRAFTS + "logo", drafts.DraftedLogo.as_view(), name="manage-draft-logo"),
    path(DRAFTS + "<str:kind>/<uuid:id>/preview/", drafts.Preview.as_view(), name="manage-preview-one"),
    path(DRAFTS + "<str:kind>/<uuid:id>/publish/", drafts.Publish.as_view(), name="manage-publish"),
    path(DRAFTS + "<str:kind>/<uuid:id>/discard/", drafts.Discard.as_view(), name="manage-discard"),
    path(KEYS, keys.Keys.as_view(), name="manage-keys"),
    path(KEYS + "new/", keys.NewKey.as_view(), name="manage-key-new"),
    path(KEYS + "<uuid:id>/revoke/", keys.RevokeKey.as_view(), name="manage-key-revoke"),
    path(MESSAGES, messages.Messages.as_view(), name="manage-templates"),
    path(MESSAGE, messages.OneMessage.as_view(), name="manage-template"),
    path(MESSAGE + "preview/<str:language>/", messages.PreviewMessage.as_view(), name="manage-template-preview"),
    path(MESSAGE + "default/<str:language>/", messages.BackToDefault.as_view(), name="manage-template-default"),
    path(INTEGRATIONS, integrations.Integrations.as_view(), name="manage-integrations"),
    path(INTEGRATIONS + "smtp/", integrations.Smtp.as_view(), name="manage-smtp"),
    path(INTEGRATIONS + "smtp/test/", integrations.TrySmtp.as_view(), name="manage-integration-test"),
    path(GONE, integrations.Disconnect.as_view(), name="manage-integration-disconnect"),
    path("<slug:slug>/manage/audit/", audit.AuditLog.as_view(), name="manage-audit"),
    path("<slug:slug>/manage/audit/export/", audit.AuditExport.as_view(), name="manage-audit-export"),
]
