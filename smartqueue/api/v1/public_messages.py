"""What the owner of a ticket wants to be told: when few are ahead, and by this browser."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartqueue.api.v1.base import Strict
from smartqueue.api.v1.ground import Text, Whole
from smartqueue.api.v1.public import PublicTicket
from smartqueue.api.v1.schema import problems
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.actions.subscriptions import subscribe, unsubscribe
from smartqueue.notifications.actions.watches import MOST_AHEAD, unwatch, watch
from smartqueue.notifications.transports.webpush import public_key

LONGEST_ENDPOINT = 500
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class WatchForm(Strict):
    people_ahead = Whole(min_value=1, max_value=MOST_AHEAD)


class WatchShape(serializers.Serializer[Any]):
    people_ahead = serializers.IntegerField()


class PublicWatch(PublicTicket):
    """Tell me when so many are ahead of me; once."""

    http_method_names = ["post", "delete"]

    @extend_schema(operation_id="public_ticket_watch", request=WatchForm, responses={200: WatchShape})
    def post(self, request: Request, token: str) -> Response:
        wanted = WatchForm.accept(request.data)
        row = watch(ticket_id=self.ticket_id, at=now(), **wanted)
        return Response({"people_ahead": row.people_ahead}, headers=PRIVATE)

    @extend_schema(operation_id="public_ticket_unwatch", responses={204: None})
    def delete(self, request: Request, token: str) -> Response:
        unwatch(ticket_id=self.ticket_id)
        return Response(status=204, headers=PRIVATE)


class KeysForm(Strict):
    p256dh = Text(max_length=100)
    auth = Text(max_length=40)


class PushForm(Strict):
    """A `PushSubscription` as the browser gives it."""

    endpoint = Text(max_length=LONGEST_ENDPOINT)
    keys = KeysForm()


class PushShape(serializers.Serializer[Any]):
    endpoint = serializers.CharField()


class PublicPush(PublicTicket):
    """This browser is told about the ticket, even when its page is closed. Five browsers at most; the oldest goes."""

    http_method_names = ["post", "delete"]

    @extend_schema(operation_id="public_ticket_push", request=PushForm, responses={201: PushShape})
    def post(self, request: Request, token: str) -> Response:
        wanted = PushForm.accept(request.data)
        row = subscribe(tenant_id=self.caller.tenant_id, ticket_id=self.ticket_id, at=now(), **wanted)
        return Response({"endpoint": row.endpoint}, status=201, headers=PRIVATE)

    @extend_schema(
        operation_id="public_ticket_push_end",
        parameters=[OpenApiParameter("endpoint", str, required=True, description="As it was given.")],
        responses={204: None, **problems(400)},
    )
    def delete(self, request: Request, token: str) -> Response:
        endpoint = request.query_params.get("endpoint", "")
        if not 1 <= len(endpoint) <= LONGEST_ENDPOINT:
            raise Invalid(endpoint="…")
        unsubscribe(endpoint=endpoint, ticket_id=self.ticket_id)
        return Response(status=204, headers=PRIVATE)


class KeyShape(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="base64url; for `applicationServerKey`.")


class PushKey(APIView):
    """The installation's public key for Web Push."""

    authentication_classes: ClassVar[list[Any]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [AllowAny]  # type: ignore[misc]

    @extend_schema(operation_id="public_push_key", tags=["public"], responses={200: KeyShape})
    def get(self, request: Request) -> Response:
        return Response({"key": public_key()}, headers={"Cache-Control": "max-age=3600"})


public_urlpatterns = [
    path("tickets/<str:token>/watch/", PublicWatch.as_view()),
    path("tickets/<str:token>/push/", PublicPush.as_view()),
    path("push-key/", PushKey.as_view()),
]
