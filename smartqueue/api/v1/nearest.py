"""Where somebody is served first, without sign-in."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartqueue.api.v1.base import Id, Strict, refuse_empty_parameters
from smartqueue.api.v1.schema import problems
from smartqueue.api.v1.tickets import NamedShape
from smartqueue.forecast.queries.nearest import Choice, served_first
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.queueing.states import EtaQuality
from smartqueue.tenants.queries import active_tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.states import Engine, Mode, Point


class NearestQuestion(Strict):
    """Where one starts, and how; without it the order is by the wait alone."""

    latitude = serializers.FloatField(required=False, min_value=-90, max_value=90)
    longitude = serializers.FloatField(required=False, min_value=-180, max_value=180)
    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.TRANSIT)
    service = Id(required=False, help_text="What one comes for; anything when absent.")


class NearestShape(serializers.Serializer[Any]):
    """One site, with the queue that serves first there. Whoever takes a ticket at once waits on the way, so
    `served_seconds` is the longer of the wait and the way."""

    site = NamedShape()
    code = serializers.CharField()
    queue = NamedShape()
    service = serializers.CharField()
    people_ahead = serializers.IntegerField()
    eta_seconds = serializers.IntegerField(allow_null=True)
    eta_low_seconds = serializers.IntegerField(allow_null=True)
    eta_high_seconds = serializers.IntegerField(allow_null=True)
    eta_quality = serializers.ChoiceField(choices=EtaQuality.choices)
    travel_seconds = serializers.IntegerField(
        allow_null=True, help_text="Null without a start, or a point of the site."
    )
    travel_high_seconds = serializers.IntegerField(allow_null=True, help_text="In eight cases of ten not longer.")
    distance_m = serializers.IntegerField(allow_null=True, help_text="Along the way.")
    travel_mode = serializers.ChoiceField(choices=Mode.choices, allow_null=True, help_text="Below 800 m one walks.")
    travel_source = serializers.ChoiceField(choices=Engine.choices, allow_null=True)
    served_seconds = serializers.IntegerField(allow_null=True)
    served_high_seconds = serializers.IntegerField(allow_null=True)


class NearestAnswer(serializers.Serializer[Any]):
    results = NearestShape(many=True)


class Nearest(APIView):
    """The sites that take tickets now; the one that serves first comes first. The position is not kept."""

    authentication_classes: ClassVar[list[Any]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [AllowAny]  # type: ignore[misc]

    @extend_schema(
        operation_id="public_nearest", tags=["public"], parameters=[NearestQuestion],
        responses={200: NearestAnswer, **problems(400, 404)},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        refuse_empty_parameters(request)
        asked = NearestQuestion.accept(request.query_params.dict())
        if ("latitude" in asked) != ("longitude" in asked):
            missing = "longitude" if "latitude" in asked else "latitude"
            raise Invalid(**{missing: _("A point needs latitude and longitude.")})
        origin = Point(asked["latitude"], asked["longitude"]) if "latitude" in asked else None
        tenant = active_tenant(slug)
        if tenant is None:
            raise NotFound
        with in_tenant(tenant.id):
            found = served_first(at=now(), origin=origin, mode=asked["mode"], service_id=asked.get("service"))
        return Response({"results": [choice_json(one) for one in found]}, headers={"Cache-Control": "no-store"})


def choice_json(one: Choice) -> dict[str, Any]:
    line, wait, way = one.line, one.wait, one.way
    return {
        "site": {"id": line.site_id, "name": line.name},
        "code": line.code,
        "queue": {"id": line.queue_id, "name": line.queue},
        "service": line.service,
        "people_ahead": line.waiting,
        "eta_seconds": wait and wait.middle,
        "eta_low_seconds": wait and wait.middle,
        "eta_high_seconds": wait and wait.high,
        "eta_quality": one.quality,
        "travel_seconds": one.travel_s,
        "travel_high_seconds": one.travel_high_s,
        "distance_m": way and round(way.distance_km * 1000),
        "travel_mode": way and way.mode,
        "travel_source": way and way.source,
        "served_seconds": one.served_s,
        "served_high_seconds": one.served_high_s,
    }
