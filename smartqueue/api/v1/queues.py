"""Queues over HTTP: set up, open and close, look at the line."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import GroundData, Id, Strict, TenantView
from smartqueue.api.v1.ground import Flag, Number, Text, Whole
from smartqueue.api.v1.ground_filters import FlagFilter, text
from smartqueue.api.v1.tickets import Nothing
from smartqueue.forecast.queries.closing import closing_risks
from smartqueue.kernel.clock import now
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.actions.queues import add_queue, set_queue_status
from smartqueue.queueing.errors import QueueExists
from smartqueue.queueing.queries import all_queues, queue_or_refuse, queue_statistics
from smartqueue.queueing.states import EtaQuality, QueueKind, QueueStatus, Strategy
from smartqueue.sites.models import Service, Site
from smartqueue.tenants.states import Scope

SECONDS: dict[str, Any] = {"required": False, "min_value": 0, "max_value": 86_400}


class QueueShape(Strict):
    id = serializers.UUIDField(read_only=True)
    name = Text(max_length=80)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), pk_field=Id())
    service = serializers.PrimaryKeyRelatedField(queryset=Service.objects.all(), pk_field=Id())
    prefix = serializers.RegexField(r"^[A-Z]{1,3}$", help_text="One to three capitals before the number.")
    kind = serializers.ChoiceField(choices=QueueKind.choices, required=False)
    strategy = serializers.ChoiceField(choices=Strategy.choices, required=False, help_text="The calling order.")
    status = serializers.ChoiceField(choices=QueueStatus.choices, read_only=True)
    is_active = Flag(required=False)
    shown_at_kiosk = Flag(required=False, help_text="Whether kiosks offer it; elsewhere nothing changes.")
    capacity = Whole(min_value=1, max_value=1_000_000, allow_null=True, required=False)
    wait_target_s = Whole(**SECONDS)
    elevated_target_s = Whole(**SECONDS)
    urgent_target_s = Whole(**SECONDS)
    elevated_rate = Number(min_value=0.01, max_value=1000, required=False)
    urgent_rate = Number(min_value=0.01, max_value=1000, required=False)
    urgent_first = Flag(required=False)
    recall_gap_s = Whole(**SECONDS)
    no_show_grace_s = Whole(**SECONDS)
    closing_grace_s = Whole(**SECONDS)
    max_deferrals = Whole(min_value=0, max_value=100, required=False)
    created_at = serializers.DateTimeField(read_only=True)


class QueueFilter(django_filters.FilterSet):
    site = django_filters.UUIDFilter("site_id")
    service = django_filters.UUIDFilter("service_id")
    kind = django_filters.ChoiceFilter(choices=QueueKind.choices)
    status = django_filters.ChoiceFilter(choices=QueueStatus.choices)
    is_active = FlagFilter()
    name = text(80, lookup_expr="icontains")


class QueuesView(GroundData):
    scopes: ClassVar[dict[str, Scope]] = {
        "GET": Scope.READ_QUEUE,
        "POST": Scope.MANAGE_QUEUE,
        "PATCH": Scope.MANAGE_QUEUE,
        "DELETE": Scope.MANAGE_QUEUE,
    }
    serializer_class = QueueShape
    filterset_class = QueueFilter
    ordering_fields = ("name", "created_at")

    def get_queryset(self) -> QuerySet[Any]:
        return all_queues()

    def add(self, values: dict[str, Any]) -> Any:
        return add_queue(tenant_id=self.caller.tenant_id, values=values, actor=self.caller.actor, at=now())

    def change(self, row: Any, values: dict[str, Any]) -> Any:
        with refusing(queue_once=QueueExists, queue_prefix_once=QueueExists):
            return super().change(row, values)


class QueueStatsShape(serializers.Serializer[Any]):
    """The line now, the estimate for whoever would join it, and the site's local day so far. Times in seconds."""

    waiting = serializers.IntegerField()
    called = serializers.IntegerField()
    serving = serializers.IntegerField()
    paused = serializers.IntegerField()
    issued_today = serializers.IntegerField()
    closed_today = serializers.IntegerField()
    no_show_today = serializers.IntegerField()
    cancelled_today = serializers.IntegerField()
    expired_today = serializers.IntegerField()
    longest_wait_s = serializers.IntegerField(allow_null=True)
    average_wait_s = serializers.IntegerField(allow_null=True)
    average_service_s = serializers.IntegerField(allow_null=True)
    percent_in_target = serializers.FloatField(allow_null=True)
    open_counters = serializers.IntegerField()
    eta_seconds = serializers.IntegerField(
        allow_null=True,
        help_text="Until the call of whoever joins now; in half of all cases not longer. Null while no counter is open"
        " or nobody is let in.",
    )
    eta_low_seconds = serializers.IntegerField(allow_null=True, help_text="Where the range begins that people see.")
    eta_high_seconds = serializers.IntegerField(allow_null=True, help_text="In nine cases of ten not longer.")
    eta_quality = serializers.ChoiceField(choices=EtaQuality.choices)
    closing_risk = serializers.BooleanField(
        help_text="Whether whoever joins now has a risk of more than one in ten not to be called before closing."
    )
    closes_at = serializers.DateTimeField(allow_null=True, help_text="When the site closes; only with that risk.")


class QueueStats(TenantView):
    scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.READ_QUEUE}
    http_method_names = ["get", "head"]

    @extend_schema(operation_id="queues_stats", responses={200: QueueStatsShape})
    def get(self, request: Request, slug: str, id: UUID) -> Response:
        at = now()
        late = closing_risks([id], at=at)
        return Response(queue_statistics(id, at=at) | {"closing_risk": id in late, "closes_at": late.get(id)})


class QueueSwitch(TenantView):
    """Open, pause or close a queue; whoever stands in line is still served."""

    scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.WRITE_QUEUE}
    http_method_names = ["post"]
    status: ClassVar[QueueStatus]

    def post(self, request: Request, slug: str, id: UUID) -> Response:
        Nothing.accept(request.data)
        set_queue_status(queue_id=id, status=self.status, actor=self.caller.actor, at=now())
        return Response(QueueShape(queue_or_refuse(id)).data)


def switch(verb: str, to: QueueStatus) -> type[QueueSwitch]:
    view = type(f"Queue{verb.title()}", (QueueSwitch,), {"status": to, "__doc__": QueueSwitch.__doc__})
    schema = extend_schema(operation_id=f"queues_{verb}", request=Nothing, responses={200: QueueShape})
    return extend_schema_view(post=schema)(view)


SWITCHES = {
    verb: switch(verb, to)
    for verb, to in (("open", QueueStatus.OPEN), ("pause", QueueStatus.PAUSED), ("close", QueueStatus.CLOSED))
}
