"""`webhooks/`: endpoints that are told of facts, their log, and what may be done with both."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import GroundData, Strict, TenantView
from smartqueue.api.v1.ground import Flag, Text
from smartqueue.api.v1.tickets import Nothing
from smartqueue.kernel.clock import now
from smartqueue.tenants.states import Scope
from smartqueue.webhooks.actions import endpoints as actions
from smartqueue.webhooks.queries import deliveries, delivery_or_refuse, endpoint_or_refuse, endpoints
from smartqueue.webhooks.states import FACTS, TEST, DeliveryStatus, Fault, WhyOff

FACT_CHOICES = sorted(FACTS)
NOT_KEPT = {"Cache-Control": "no-store"}
SETTINGS: dict[str, Scope] = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), Scope.MANAGE_SETTINGS)


class WebhookShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField()
    facts = serializers.ListField(child=serializers.ChoiceField(choices=FACT_CHOICES), help_text="None: all.")
    is_active = serializers.BooleanField()
    disabled_reason = serializers.ChoiceField(choices=[("", ""), *WhyOff.choices], help_text="Why it is off.")
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first failure after the last success. After a day it is turned off."
    )
    rotated_at = serializers.DateTimeField(help_text="When its secret was made.")
    created_at = serializers.DateTimeField()


class NewWebhookShape(WebhookShape):
    secret = serializers.CharField(help_text="Shown here and never again. Standard Webhooks: `whsec_` and base64.")


class TryShape(serializers.Serializer[Any]):
    """One try; nothing of the receiver's answer is kept but its status."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    ms = serializers.IntegerField()
    error = serializers.ChoiceField(choices=[("", ""), *Fault.choices])


class DeliveryShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    message_id = serializers.CharField(help_text="`webhook-id`: the same at every try.")
    fact = serializers.ChoiceField(choices=[*FACT_CHOICES, TEST])
    subject = serializers.UUIDField(allow_null=True, help_text="What the fact is about: the ticket's id.")
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    tries = serializers.IntegerField()
    due_at = serializers.DateTimeField(help_text="While it is pending: when it is tried next.")
    history = TryShape(many=True)
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class WebhookChange(Strict):
    url = Text(max_length=500, required=False)
    description = Text(max_length=80, allow_blank=True, required=False)
    facts = serializers.ListField(
        child=serializers.ChoiceField(choices=FACT_CHOICES), max_length=len(FACTS), required=False
    )
    is_active = Flag(required=False)


class WebhookForm(Strict):
    """`url`: https, to a public address. `facts`: none for all."""

    url = Text(max_length=500)
    description = Text(max_length=80, allow_blank=True, default="")
    facts = serializers.ListField(
        child=serializers.ChoiceField(choices=FACT_CHOICES), max_length=len(FACTS), default=list
    )


class DeliveryFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=DeliveryStatus.choices)
    fact = django_filters.ChoiceFilter(choices=[(fact, fact) for fact in [*FACT_CHOICES, TEST]])


@extend_schema_view(
    create=extend_schema(request=WebhookForm, responses={201: NewWebhookShape}),
    partial_update=extend_schema(request=WebhookChange, responses={200: WebhookShape}),
)
class WebhooksView(GroundData):
    """Newest first. Addresses are judged when they are saved and at every call."""

    scopes: ClassVar[dict[str, Scope]] = SETTINGS
    serializer_class = WebhookShape

    def get_queryset(self) -> QuerySet[Any]:
        return endpoints()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = WebhookForm.accept(request.data)
        endpoint, secret = actions.add_endpoint(
            tenant_id=self.caller.tenant_id, **wanted, actor=self.caller.actor, at=now()
        )
        return Response({**WebhookShape(endpoint).data, "secret": secret}, status=201, headers=NOT_KEPT)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        values = WebhookChange.accept(request.data)
        endpoint = actions.change_endpoint(endpoint_id=kwargs["id"], values=values, actor=self.caller.actor, at=now())
        return Response(WebhookShape(endpoint).data)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actions.remove_endpoint(endpoint_id=kwargs["id"], actor=self.caller.actor, at=now())
        return Response(status=204)


class DeliveriesView(GroundData):
    """The log of one webhook, newest first; it goes back 30 days."""

    scopes: ClassVar[dict[str, Scope]] = SETTINGS
    http_method_names = ["get", "head"]
    serializer_class = DeliveryShape
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # drf-spectacular draws the API without a caller
            return deliveries(UUID(int=0))
        return deliveries(endpoint_or_refuse(self.kwargs["webhook_id"]).id)


class RotateSecret(TenantView):
    """A new secret; the present one signs beside it for 24 hours, so that the receiver can change over."""

    scopes: ClassVar[dict[str, Scope]] = SETTINGS
    http_method_names = ["post"]

    @extend_schema(operation_id="webhooks_rotate_secret", request=Nothing, responses={200: NewWebhookShape})
    def post(self, request: Request, slug: str, id: UUID) -> Response:
        Nothing.accept(request.data)
        endpoint, secret = actions.rotate_secret(endpoint_id=id, actor=self.caller.actor, at=now())
        return Response({**WebhookShape(endpoint).data, "secret": secret}, headers=NOT_KEPT)


class TryWebhook(TenantView):
    """Send `webhook.test`, once, now. Read in the log how it went."""

    scopes: ClassVar[dict[str, Scope]] = SETTINGS
    http_method_names = ["post"]

    @extend_schema(operation_id="webhooks_test", request=Nothing, responses={202: DeliveryShape})
    def post(self, request: Request, slug: str, id: UUID) -> Response:
        Nothing.accept(request.data)
        delivery = actions.try_endpoint(endpoint_id=id, actor=self.caller.actor, at=now())
        return Response(DeliveryShape(delivery).data, status=202)


class Replay(TenantView):
    """Send again what was delivered or given up, under the same `webhook-id`."""

    scopes: ClassVar[dict[str, Scope]] = SETTINGS
    http_method_names = ["post"]

    @extend_schema(operation_id="webhooks_replay", request=Nothing, responses={202: DeliveryShape})
    def post(self, request: Request, slug: str, webhook_id: UUID, id: UUID) -> Response:
        Nothing.accept(request.data)
        delivery = delivery_or_refuse(id, endpoint_id=endpoint_or_refuse(webhook_id).id)
        (again,) = actions.replay(delivery_ids=[delivery.id], endpoint_id=webhook_id, actor=self.caller.actor, at=now())
        return Response(DeliveryShape(again).data, status=202)


ROW: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
urlpatterns = [
    path("webhooks/", WebhooksView.as_view({"get": "list", "post": "create"})),
    path("webhooks/<uuid:id>/", WebhooksView.as_view(ROW)),
    path("webhooks/<uuid:id>/rotate-secret/", RotateSecret.as_view()),
    path("webhooks/<uuid:id>/test/", TryWebhook.as_view()),
    path("webhooks/<uuid:webhook_id>/deliveries/", DeliveriesView.as_view({"get": "list"})),
    path("webhooks/<uuid:webhook_id>/deliveries/<uuid:id>/", DeliveriesView.as_view({"get": "retrieve"})),
    path("webhooks/<uuid:webhook_id>/deliveries/<uuid:id>/replay/", Replay.as_view()),
]
# mypy: disallow-subclassing-any=False
# django-filter ships no types.
