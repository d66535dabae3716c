"""How the API describes itself: OpenAPI 3.1, one problem shape, the tenant's slug and the idempotency key."""

from typing import Any, cast

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from smartqueue.api.v1.base import Strict, TenantView
from smartqueue.customers.states import Language
from smartqueue.notifications.states import CHANNELS, MessageChannel, NotificationState
from smartqueue.queueing.states import AgentStatus, Channel, QueueStatus, TicketState
from smartqueue.travel.states import Mode

# Fields of one name with different values: each set of values has a name of its own, here beside the shapes.
cast(Any, spectacular_settings).ENUM_NAME_OVERRIDES = {
    "TicketStateEnum": TicketState,
    "QueueStatusEnum": QueueStatus,
    "AgentStatusEnum": AgentStatus,
    "ChannelEnum": Channel,
    "MessageChannelEnum": MessageChannel,
    "NotificationChannelEnum": CHANNELS,
    "NotificationStateEnum": NotificationState,
    "LanguageEnum": Language,
    "TravelModeEnum": Mode,
    "PageLanguageEnum": [code for code, _name in settings.LANGUAGES],
}


class Problem(serializers.Serializer[Any]):
    """RFC 9457. `code` is stable; `detail` is a sentence in the reader's language (`Accept-Language: fr, wo, en`)."""

    type = serializers.CharField(help_text="`urn:smartqueue:problem:{code}`")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors: Any = serializers.DictField(required=False, help_text="Per field: a list of `{code, message}`.")


SENTENCES = {
    400: "A value cannot be accepted; `errors` names it.",
    401: "No sign-in, or one that is not valid any more.",
    403: "The role lacks the scope.",
    404: "Absent, or another tenant's.",
    405: "The address does not take this method.",
    409: "The rules refuse this now; `code` says which one.",
    413: "The body is too large.",
    415: "Send application/json.",
    422: "The Idempotency-Key stands for another request.",
    429: "Too many tries; `Retry-After` says when.",
    503: "The database cannot answer. Send the same again, with its `Idempotency-Key`, after `Retry-After` seconds.",
}


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """Responses for `extend_schema`: these statuses, each a problem."""
    return {
        (status, "application/problem+json"): OpenApiResponse(Problem, description=SENTENCES[status])
        for status in statuses
    }


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "smartqueue.api.v1.authentication.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "smartqueue.api.v1.authentication.KeyToken"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        words = "A key of one organisation, made on its page of API keys: `sqk_…`. It has the scopes chosen there."
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sqk_…", "description": words}


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any words of yours, once per effect. A retry with the same key and body gets the first answer.",
)


class Schema(AutoSchema):
    """Adds to every endpoint of a tenant what all of them share."""

    def get_operation_id(self) -> str:
        """A view's own `operation_name`; at `…/me/…` it is another operation than at `…/{id}/…`."""
        name: str = getattr(self.view, "operation_name", "")
        if not name:
            return super().get_operation_id()
        return name.replace("agents_", "agents_me_") if "/me/" in self.path else name

    def get_override_parameters(self) -> list[Any]:
        in_tenant = isinstance(self.view, TenantView)
        return [IDEMPOTENCY_KEY] if in_tenant and self.method == "POST" else []

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Strict) and direction == "request":
            mapped["additionalProperties"] = False
        return mapped

    def _get_response_bodies(self, direction: str = "response") -> Any:
        bodies = super()._get_response_bodies(direction=cast(Any, direction))
        if isinstance(self.view, TenantView):
            for status, response in self._shared_problems(bodies).items():
                bodies.setdefault(status, response)
        return bodies

    def _shared_problems(self, bodies: dict[str, Any]) -> dict[str, Any]:
        statuses = [401, 403, 404, 503] if self.view.authentication_classes else [404, 503]
        if self.method == "POST":
            statuses.append(422)
        if self.method in {"POST", "PATCH", "PUT"} or self._is_list_view():
            statuses.append(400)
        if self.method in {"POST", "PATCH", "PUT"}:
            statuses += [409, 413, 415]
        if self.method == "DELETE":
            statuses.append(409)
        made = {}
        for status in statuses:
            response = self._get_response_for_code(  # type: ignore[no-untyped-call]
                OpenApiResponse(Problem, description=SENTENCES[status]), str(status), ["application/problem+json"]
            )
            made[str(status)] = response
        return made
