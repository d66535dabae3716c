"""`sites/`, their hours, exceptions and counters, and `holiday-overrides/`."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import AwareDateTimeField, Strict, TenantView
from smartqueue.api.v1.ground import WHAT_SETTINGS_NEED, Ground, LocalTime, Phone, RelatedId, Row, Whole
from smartqueue.api.v1.ground_filters import CounterFilters, ExceptionFilters, OverrideFilters, SiteFilters
from smartqueue.api.v1.problems import InUse
from smartqueue.api.v1.schema import problems
from smartqueue.kernel.clock import now
from smartqueue.kernel.refusing import refusing
from smartqueue.sites.actions import add_exception, remove_exception, set_hours
from smartqueue.sites.models import Counter, Division, HolidayOverride, OpeningException, OpeningHours, Site
from smartqueue.sites.queries import opening
from smartqueue.sites.states import Interval


class IntervalSerializer(Strict):
    """Local time; `closes` at or before `opens` means the next day, 00:00 to 00:00 the whole day."""

    weekday = Whole(min_value=1, max_value=7, help_text="Monday is 1.")
    opens = LocalTime()
    closes = LocalTime()


class WeekSerializer(Strict):
    """All intervals of a week."""

    hours = IntervalSerializer(many=True, max_length=70)  # type: ignore[call-arg]  # goes to the list

    def intervals(self) -> list[Interval]:
        return [Interval(**interval) for interval in self.validated_data["hours"]]


class SiteSerializer(Row):
    """A place with opening hours, a time zone and a point on the map."""

    commune = serializers.PrimaryKeyRelatedField(
        queryset=Division.objects.filter(level=Division.Level.COMMUNE),
        allow_null=True,
        default=None,
        help_text="Code of a commune, from `/api/v1/divisions/?level=commune`.",
    )
    phone = Phone(allow_blank=True, required=False)
    hours = IntervalSerializer(many=True, read_only=True)

    class Meta:
        model = Site
        fields = (
            "id", "name", "code", "address", "commune", "phone", "email", "latitude", "longitude", "time_zone",
            "country", "observes_holidays", "is_active", "hours", "created_at",
        )  # fmt: skip
        read_only_fields = ("created_at",)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("code"), str):
            data = {**data, "code": data["code"].upper()}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (self.settled(attrs, "latitude") is None) != (self.settled(attrs, "longitude") is None):
            message = _("Give both coordinates, or neither.")
            raise serializers.ValidationError({"latitude": [message], "longitude": [message]}, code="incomplete")
        return attrs


@extend_schema(tags=["sites"])
class SiteView(Ground):
    model = Site
    serializer_class = SiteSerializer
    scopes = WHAT_SETTINGS_NEED
    filterset_class = SiteFilters
    ordering_fields = ("name", "code", "created_at")
    ordering = ("name", "id")

    def rows(self) -> QuerySet[Site]:
        hours = OpeningHours.objects.filter(tenant_id=self.caller.tenant_id)
        return super().rows().prefetch_related(Prefetch("hours", queryset=hours))


class OneSite(TenantView):
    """An endpoint about the site in its address."""

    scopes = WHAT_SETTINGS_NEED

    def site(self) -> Site:
        return get_object_or_404(Site, tenant_id=self.caller.tenant_id, id=self.kwargs["id"])


class WeekView(TenantView):
    """Weekly hours of a row. PUT replaces all of them in one go."""

    scopes = WHAT_SETTINGS_NEED

    @abstractmethod
    def owner(self) -> Any:
        """Whose week it is, or 404."""

    @abstractmethod
    def stored(self, owner: Any) -> Iterable[Any]: ...

    @abstractmethod
    def replaced(self, owner: Any, hours: list[Interval]) -> Iterable[Any]: ...

    def get(self, request: Request, slug: str, id: UUID) -> Response:
        return self.week(self.stored(self.owner()))

    def put(self, request: Request, slug: str, id: UUID) -> Response:
        owner = self.owner()
        given = WeekSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.week(self.replaced(owner, given.intervals()))

    def week(self, hours: Iterable[Any]) -> Response:
        return Response({"hours": IntervalSerializer(hours, many=True).data})


@extend_schema(tags=["sites"], request=WeekSerializer, responses=WeekSerializer)
class SiteHoursView(OneSite, WeekView):
    """The week of a site. PUT replaces all of it in one go."""

    def owner(self) -> Site:
        return self.site()

    def stored(self, owner: Site) -> Iterable[OpeningHours]:
        return OpeningHours.objects.filter(tenant_id=owner.tenant_id, site=owner)

    def replaced(self, owner: Site, hours: list[Interval]) -> Iterable[OpeningHours]:
        return set_hours(site=owner, hours=hours, actor=self.caller.actor, at=now())


class OpeningQuestion(Strict):
    at = AwareDateTimeField(required=False)

    def validate_at(self, at: datetime) -> datetime:
        if not 1970 <= at.year <= 2999:  # so that two weeks more are still a date
            raise serializers.ValidationError(_("Too far away."), code="invalid")
        return at


class OpeningSerializer(serializers.Serializer[Any]):
    """A site at one instant."""

    is_open = serializers.BooleanField()
    closes_at = serializers.DateTimeField(
        allow_null=True, help_text="null when closed, or when open for the next 14 days."
    )
    next_opening = serializers.DateTimeField(allow_null=True, help_text="Within 14 days.")


@extend_schema(
    tags=["sites"],
    parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, description="An instant; now when absent.")],
    responses={200: OpeningSerializer, **problems(400)},
)
class SiteOpeningView(OneSite):
    """Is the site open, until when, and when does it open next?"""

    def get(self, request: Request, slug: str, id: UUID) -> Response:
        site = self.site()
        question = OpeningQuestion(data=request.query_params.dict())
        question.is_valid(raise_exception=True)
        answer = opening(site.id, question.validated_data.get("at") or now())
        return Response(OpeningSerializer(answer).data)


class ExceptionSerializer(Row):
    """One interval of one date, in place of the weekly hours; without times: closed all day."""

    class Meta:
        model = OpeningException
        fields = ("id", "date", "opens", "closes", "reason")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("opens") is None) != (attrs.get("closes") is None):
            message = _("Give both times, or neither for a closed day.")
            raise serializers.ValidationError({"opens": [message], "closes": [message]}, code="incomplete")
        return attrs


@extend_schema(tags=["sites"])
class ExceptionView(Ground):
    """Dates on which a site's weekly hours and holidays do not count. Without times: closed all day."""

    model = OpeningException
    serializer_class = ExceptionSerializer
    scopes = WHAT_SETTINGS_NEED
    filterset_class = ExceptionFilters
    ordering = ("date", "id")
    http_method_names = ["get", "post", "delete", "head"]

    def site(self) -> Site:
        return get_object_or_404(Site, tenant_id=self.caller.tenant_id, id=self.kwargs["site_id"])

    def rows(self) -> QuerySet[OpeningException]:
        return super().rows().filter(site=self.site())

    def add(self, values: dict[str, Any]) -> OpeningException:
        return add_exception(
            tenant_id=self.caller.tenant_id, site=self.site(), actor=self.caller.actor, at=now(), **values
        )

    def remove(self, row: OpeningException) -> None:
        remove_exception(exception=row, actor=self.caller.actor, at=now())


class OverrideSerializer(Row):
    """Whether a date is a holiday for this tenant, whatever the calendar says."""

    class Meta:
        model = HolidayOverride
        fields = ("id", "date", "is_holiday", "name")


@extend_schema(tags=["sites"])
class HolidayOverrideView(Ground):
    """The tenant's last word on a date: a day off that the calendar does not know, or a holiday that moved."""

    model = HolidayOverride
    serializer_class = OverrideSerializer
    scopes = WHAT_SETTINGS_NEED
    filterset_class = OverrideFilters
    ordering = ("date", "id")


class CounterSerializer(Row):
    """Where an agent serves."""

    site_id = RelatedId(source="site", queryset=Site.objects.all())

    class Meta:
        model = Counter
        fields = ("id", "site_id", "name", "is_active")

    def validate_site_id(self, site: Site) -> Site:
        return self.must_stay("site", site)  # type: ignore[no-any-return]


@extend_schema(tags=["sites"])
class CounterView(Ground):
    model = Counter
    serializer_class = CounterSerializer
    scopes = WHAT_SETTINGS_NEED
    filterset_class = CounterFilters
    ordering_fields = ("name",)
    ordering = ("name", "id")

    def remove(self, row: Counter) -> None:
        with refusing(agent_serves_at_a_counter=InUse, ticket_version_steps=InUse):  # an agent there, or its history
            super().remove(row)
