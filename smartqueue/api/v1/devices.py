"""`displays/` and `kiosks/`: paired by code, set up, asked to load themselves again, cut off."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import GroundData, Id, Strict, TenantView
from smartqueue.api.v1.ground import Flag, Text, Whole
from smartqueue.api.v1.ground_filters import FlagFilter, text
from smartqueue.api.v1.schema import problems
from smartqueue.api.v1.tickets import Nothing
from smartqueue.customers.states import Language
from smartqueue.devices import actions
from smartqueue.devices.models import Device
from smartqueue.devices.queries import all_devices, chosen_queue_ids, device_or_refuse
from smartqueue.devices.states import DeviceKind, Layout, Printer, Problem, Theme
from smartqueue.kernel.clock import now
from smartqueue.tenants.states import Scope


class Languages(serializers.ListField):
    """At least one, none twice; the first is what the device begins with."""

    child = serializers.ChoiceField(choices=Language.choices)

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=1, max_length=len(Language), **options)

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


class DeviceShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    site_id = serializers.UUIDField()
    layout = serializers.ChoiceField(choices=Layout.choices, help_text="`tiles` for a kiosk, one of the others else.")
    theme = serializers.ChoiceField(choices=Theme.choices)
    counter_id = serializers.UUIDField(allow_null=True, help_text="Of the layout `counter`.")
    queue_ids = serializers.ListField(child=serializers.UUIDField(), help_text="None: all active queues of the site.")
    languages = Languages()
    ticker = serializers.CharField(help_text="The message at the bottom of a display.")
    voice_on = serializers.BooleanField()
    printer = serializers.ChoiceField(choices=Printer.choices)
    printer_host = serializers.CharField()
    printer_port = serializers.IntegerField()
    is_online = serializers.BooleanField(help_text="It gave a sign of life within the last minute.")
    last_seen_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.ChoiceField(choices=Problem.choices, help_text="What the device reports of itself.")
    app_version = serializers.CharField()
    revision = serializers.IntegerField(help_text="Moves on every change; the device then loads itself again.")
    is_paired = serializers.BooleanField(help_text="It has come for its token, and was not cut off since.")
    paired_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


FIELDS = [name for name in map(str, DeviceShape().fields) if name != "queue_ids"]


def devices_json(devices: list[Device]) -> list[dict[str, Any]]:
    chosen = chosen_queue_ids([device.id for device in devices])
    return [{name: getattr(device, name) for name in FIELDS} | {"queue_ids": chosen[device.id]} for device in devices]


class DeviceChange(Strict):
    """`queue_ids`: empty for all active queues of the site. At another site, name its counter and queues too."""

    name = Text(max_length=80, required=False)
    site_id = Id(required=False)
    layout = serializers.ChoiceField(choices=Layout.choices, required=False)
    theme = serializers.ChoiceField(choices=Theme.choices, required=False)
    counter_id = Id(required=False, allow_null=True)
    queue_ids = serializers.ListField(child=Id(), max_length=200, required=False)
    languages = Languages(required=False)
    ticker = Text(max_length=300, required=False, allow_blank=True)
    voice_on = Flag(required=False)
    printer = serializers.ChoiceField(choices=Printer.choices, required=False)
    printer_host = Text(max_length=253, required=False, allow_blank=True)
    printer_port = Whole(min_value=1, max_value=65535, required=False)


class PairForm(Strict):
    """`code`: as the device shows it; small letters and no dash do too. `device_id`: a device that lost its token; it
    keeps its name and settings."""

    code = Text(max_length=20)
    name = Text(max_length=80)
    site_id = Id()
    device_id = Id(required=False)


class DeviceFilter(django_filters.FilterSet):
    site_id = django_filters.UUIDFilter()
    is_online = FlagFilter()
    problem = django_filters.ChoiceFilter(choices=[choice for choice in Problem.choices if choice[0]])
    name = text(80, lookup_expr="icontains")

    class Meta:
        model = Device
        fields: tuple[str, ...] = ()


class DevicesView(GroundData):
    """Devices of one kind."""

    scopes: ClassVar[dict[str, Scope]] = {
        "GET": Scope.READ_QUEUE,
        "PATCH": Scope.MANAGE_SETTINGS,
        "DELETE": Scope.MANAGE_SETTINGS,
    }
    http_method_names = ["get", "patch", "delete", "head"]
    serializer_class = DeviceShape
    filterset_class = DeviceFilter
    ordering_fields = ("name", "created_at")
    ordering = ("name", "id")
    kind: ClassVar[DeviceKind]

    def get_queryset(self) -> QuerySet[Any]:
        return all_devices(self.kind)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.refuse_unknown_parameters(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(devices_json(list(page or ())))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(devices_json([device_or_refuse(kwargs["id"], kind=self.kind)])[0])

    @extend_schema(request=DeviceChange, responses={200: DeviceShape})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        values = DeviceChange.accept(request.data)
        device = actions.change_device(
            device_id=kwargs["id"], values=values, kind=self.kind, actor=self.caller.actor, at=now()
        )
        return Response(devices_json([device])[0])

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actions.remove_device(device_id=kwargs["id"], kind=self.kind, actor=self.caller.actor, at=now())
        return Response(status=204)


class DeviceDoing(TenantView):
    scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.MANAGE_SETTINGS}
    http_method_names = ["post"]
    kind: ClassVar[DeviceKind]


class Pair(DeviceDoing):
    """Make the device that shows this code one of the organisation's. Five wrong codes a minute, then 429."""

    people_only = True  # wrong codes are counted per person

    def post(self, request: Request, slug: str) -> Response:
        wanted = PairForm.accept(request.data)
        device = actions.claim(
            tenant_id=self.caller.tenant_id, kind=self.kind, actor=self.caller.actor, at=now(), **wanted
        )
        return Response(devices_json([device])[0], status=201)


class Refresh(DeviceDoing):
    """The device loads itself again at its next sign of life, within half a minute."""

    def post(self, request: Request, slug: str, id: UUID) -> Response:
        Nothing.accept(request.data)
        device = actions.refresh(device_id=id, kind=self.kind, actor=self.caller.actor, at=now())
        return Response(devices_json([device])[0])


class Revoke(DeviceDoing):
    """The device's token opens nothing any more. Its settings stay, for when it is paired again."""

    def post(self, request: Request, slug: str, id: UUID) -> Response:
        Nothing.accept(request.data)
        device = actions.revoke_device(device_id=id, kind=self.kind, actor=self.caller.actor, at=now())
        return Response(devices_json([device])[0])


def addresses(kind: DeviceKind) -> list[Any]:
    """The addresses of one kind of device, below the tenant."""
    rows = f"{kind}s"

    def of_kind(view: Any, **schema: Any) -> Any:
        made = type(f"{kind.title()}{view.__name__}", (view,), {"kind": kind, "__doc__": view.__doc__})
        return extend_schema_view(post=extend_schema(**schema))(made) if schema else made

    def doing(view: Any, request: Any, verb: str, answers: dict[Any, Any]) -> Any:
        return of_kind(view, operation_id=f"{rows}_{verb}", request=request, responses=answers).as_view()

    shown = of_kind(DevicesView)
    return [
        path(f"{rows}/", shown.as_view({"get": "list"})),
        path(f"{rows}/pair/", doing(Pair, PairForm, "pair", {201: DeviceShape, **problems(429)})),
        path(
            f"{rows}/<uuid:id>/",
            shown.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        ),
        path(f"{rows}/<uuid:id>/refresh/", doing(Refresh, Nothing, "refresh", {200: DeviceShape})),
        path(f"{rows}/<uuid:id>/revoke/", doing(Revoke, Nothing, "revoke", {200: DeviceShape})),
    ]


urlpatterns = [address for kind in DeviceKind for address in addresses(kind)]
