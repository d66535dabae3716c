"""`service-categories/` and `services/` with their hours."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema

from smartqueue.api.v1.ground import WHAT_SETTINGS_NEED, Ground, RelatedId, Row
from smartqueue.api.v1.ground_filters import ServiceFilters
from smartqueue.api.v1.sites import IntervalSerializer, WeekSerializer, WeekView
from smartqueue.kernel.clock import now
from smartqueue.sites.actions import set_service_hours
from smartqueue.sites.models import Service, ServiceCategory, ServiceHours
from smartqueue.sites.states import Interval


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
class ServiceHoursView(WeekView):
    """When a service is offered; an empty week means whenever the site is open. PUT replaces all of it."""

    def owner(self) -> Service:
        return get_object_or_404(Service, tenant_id=self.caller.tenant_id, id=self.kwargs["id"])

    def stored(self, owner: Service) -> Iterable[ServiceHours]:
        return ServiceHours.objects.filter(tenant_id=owner.tenant_id, service=owner)

    def replaced(self, owner: Service, hours: list[Interval]) -> Iterable[ServiceHours]:
        return set_service_hours(service=owner, hours=hours, actor=self.caller.actor, at=now())
