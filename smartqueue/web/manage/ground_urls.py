"""Addresses of what queues stand on: sites, hours, counters, services; and of the queues themselves."""

from django.urls import URLPattern, path

from smartqueue.web.manage import counters, opening, queues, services, sites

SITES = "<slug:slug>/manage/sites/"
SITE = SITES + "<uuid:id>/"
SERVICES = "<slug:slug>/manage/services/"
SERVICE = SERVICES + "<uuid:id>/"
CATEGORIES = SERVICES + "categories/"
QUEUES = "<slug:slug>/manage/queues/"
QUEUE = QUEUES + "<uuid:id>/"

urlpatterns: list[URLPattern] = [
    path(SITES, sites.Sites.as_view(), name="manage-sites"),
    path(SITES + "new/", sites.SiteNew.as_view(), name="manage-site-new"),
    path(SITES + "places/", sites.Places.as_view(), name="manage-places"),
    path(SITE, sites.SitePage.as_view(), name="manage-site"),
    path(SITE + "edit/", sites.SiteEdit.as_view(), name="manage-site-edit"),
    path(SITE + "switch/", sites.SiteSwitch.as_view(), name="manage-site-switch"),
    path(SITE + "delete/", sites.SiteDelete.as_view(), name="manage-site-delete"),
    path(SITE + "hours/", opening.Hours.as_view(), name="manage-hours"),
    path(SITE + "dates/", opening.Dates.as_view(), name="manage-dates"),
    path(SITE + "dates/<uuid:row_id>/remove/", opening.DateRemove.as_view(), name="manage-date-remove"),
    path(SITE + "holidays/", opening.HolidayDecide.as_view(), name="manage-holiday"),
    path(SITE + "profiles/new/", opening.ProfileNew.as_view(), name="manage-profile-new"),
    path(
        SITE + "profiles/<uuid:row_id>/take-back/", opening.ProfileTakeBack.as_view(), name="manage-profile-take-back"
    ),
    path(SITE + "counters/", counters.Counters.as_view(), name="manage-counters"),
    path(SITE + "counters/many/", counters.CountersMany.as_view(), name="manage-counters-many"),
    path(SITE + "counters/<uuid:row_id>/", counters.CounterEdit.as_view(), name="manage-counter"),
    path(SITE + "counters/<uuid:row_id>/delete/", counters.CounterDelete.as_view(), name="manage-counter-delete"),
    path(SERVICES, services.Services.as_view(), name="manage-services"),
    path(SERVICES + "new/", services.ServiceNew.as_view(), name="manage-service-new"),
    path(CATEGORIES, services.Categories.as_view(), name="manage-categories"),
    path(CATEGORIES + "<uuid:id>/", services.CategoryEdit.as_view(), name="manage-category"),
    path(CATEGORIES + "<uuid:id>/move/", services.CategoryMove.as_view(), name="manage-category-move"),
    path(CATEGORIES + "<uuid:id>/delete/", services.CategoryDelete.as_view(), name="manage-category-delete"),
    path(SERVICE, services.ServiceEdit.as_view(), name="manage-service"),
    path(SERVICE + "hours/", opening.ServiceHours.as_view(), name="manage-service-hours"),
    path(SERVICE + "delete/", services.ServiceDelete.as_view(), name="manage-service-delete"),
    path(QUEUES, queues.Queues.as_view(), name="manage-queues"),
    path(QUEUES + "new/", queues.QueueNew.as_view(), name="manage-queue-new"),
    path(QUEUE, queues.QueueEdit.as_view(), name="manage-queue"),
    path(QUEUE + "delete/", queues.QueueDelete.as_view(), name="manage-queue-delete"),
    *(
        path(QUEUE + f"{verb}/", queues.QueueSwitch.as_view(), {"verb": verb}, name=f"manage-queue-{verb}")
        for verb in queues.SWITCHES
    ),
]
