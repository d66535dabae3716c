"""`service-categories/` and `services/` with their hours."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import TenantView
from smartqueue.api.v1.ground import WHAT_SETTINGS_NEED, Ground, RelatedId, Row
from smartqueue.api.v1.ground_filters import ServiceFilters
from smartqueue.api.v1.sites import IntervalSerializer, WeekSerializer
from smartqueue.kernel.clock import now
from smartqueue.sites.actions import set_service_hours
from smartqueue.sites.models import Service, ServiceCategory, ServiceHours


class CategorySerializer(Row):
    """What groups services on a screen."""

    class Meta:
        model = ServiceCategory
        fields = ("id", "name", "position")


@extend_schema(tags=["services"])
class ServiceCategoryView(Ground):
    model = ServiceCategory
    serializer_class = CategorySerializer
    scopes = WHAT_SETTINGS_NEED
    ordering_fields = ("position", "name")
    ordering = ("position", "id")


class ServiceSerializer(Row):
    """What people come for. Durations and targets in seconds, the price in XOF."""

    category_id = RelatedId(source="category", queryset=ServiceCategory.objects.all(), allow_null=True, required=False)
    hours = IntervalSerializer(many=True, read_only=True)

    class Meta:
        model = Service
        fields = (
            "id", "name", "code", "category_id", "description", "duration_s", "price_xof", "wait_target_s",
            "pictogram", "is_active", "hours", "created_at",
        )  # fmt: skip
        read_only_fields = ("created_at",)
        extra_kwargs = {"duration_s": {"min_value": 1}}


@extend_schema(tags=["services"])
class ServiceView(Ground):
    model = Service
    serializer_class = ServiceSerializer
    scopes = WHAT_SETTINGS_NEED
    filterset_class = ServiceFilters
    ordering_fields = ("name", "code", "created_at")
    ordering = ("name", "id")

    def rows(self) -> QuerySet[Service]:
        hours = ServiceHours.objects.filter(tenant_id=self.caller.tenant_id)
        return super().rows().prefetch_related(Prefetch("hours", queryset=hours))


@extend_schema(tags=["services"], request=WeekSerializer, responses=WeekSerializer)
class ServiceHoursView(TenantView):
    """When a service is offered; an empty week means whenever the site is open. PUT replaces all of it."""

    scopes = WHAT_SETTINGS_NEED

    def service(self) -> Service:
        return get_object_or_404(Service, tenant_id=self.caller.tenant_id, id=self.kwargs["id"])

    def get(self, request: Request, slug: str, id: UUID) -> Response:
        return self.week(list(ServiceHours.objects.filter(tenant_id=self.caller.tenant_id, service=self.service())))

    def put(self, request: Request, slug: str, id: UUID) -> Response:
        service = self.service()
        given = WeekSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.week(set_service_hours(service=service, hours=given.intervals(), actor=self.caller.actor, at=now()))

    def week(self, hours: list[ServiceHours]) -> Response:
        return Response({"hours": IntervalSerializer(hours, many=True).data})
