"""Addresses of ground data: `urlpatterns` below a tenant, `public_urlpatterns` below `/api/v1/`."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from smartqueue.api.v1.customers import CustomerView
from smartqueue.api.v1.devices import urlpatterns as of_devices
from smartqueue.api.v1.inbound import Inbound
from smartqueue.api.v1.nearest import Nearest
from smartqueue.api.v1.notifications import urlpatterns as of_notifications
from smartqueue.api.v1.public_ground import DivisionList, HolidayList
from smartqueue.api.v1.report_calibration import urlpatterns as of_calibration
from smartqueue.api.v1.reports import urlpatterns as of_reports
from smartqueue.api.v1.services import ServiceCategoryView, ServiceHoursView, ServiceView
from smartqueue.api.v1.sites import (
    CounterView,
    ExceptionView,
    HolidayOverrideView,
    SiteHoursView,
    SiteOpeningView,
    SiteView,
)
from smartqueue.api.v1.templates import TemplateView
from smartqueue.api.v1.webhooks import urlpatterns as of_webhooks

router = SimpleRouter(use_regex_path=False)
router.register("sites", SiteView, basename="site")
router.register("holiday-overrides", HolidayOverrideView, basename="holiday-override")
router.register("counters", CounterView, basename="counter")
router.register("service-categories", ServiceCategoryView, basename="service-category")
router.register("services", ServiceView, basename="service")
router.register("customers", CustomerView, basename="customer")
router.register("notification-templates", TemplateView, basename="notification-template")

urlpatterns = [
    path("sites/<uuid:id>/hours/", SiteHoursView.as_view(), name="site-hours"),
    path("sites/<uuid:id>/opening/", SiteOpeningView.as_view(), name="site-opening"),
    path(
        "sites/<uuid:site_id>/exceptions/",
        ExceptionView.as_view({"get": "list", "post": "create"}),
        name="site-exception-list",
    ),
    path(
        "sites/<uuid:site_id>/exceptions/<uuid:id>/",
        ExceptionView.as_view({"get": "retrieve", "delete": "destroy"}),
        name="site-exception-detail",
    ),
    path("services/<uuid:id>/hours/", ServiceHoursView.as_view(), name="service-hours"),
    *of_devices,
    *of_reports,
    *of_calibration,
    *of_webhooks,
    *of_notifications,
    *router.urls,
]

public_urlpatterns = [
    path("inbound/<str:key>/", Inbound.as_view(), name="inbound"),
    path("divisions/", DivisionList.as_view(), name="division-list"),
    path("public/organisations/<slug:slug>/nearest/", Nearest.as_view(), name="nearest"),
    path("holidays/", HolidayList.as_view(), name="holiday-list"),
]
