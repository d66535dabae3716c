"""The shape of every endpoint below `/api/v1/tenants/{slug}/`: enter the tenant, ask who may, act, answer."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartqueue.api.v1.authentication import BearerToken, KeyToken, Program
from smartqueue.api.v1.pagination import Cursor
from smartqueue.api.v1.permissions import HasScope
from smartqueue.journal import actions as journal
from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden, Invalid, NotFound
from smartqueue.tenants.queries import enter, enter_by_key
from smartqueue.tenants.states import Scope

PROGRAM = "program"
"""Where a member has a role."""


@dataclass(frozen=True)
class Caller:
    """Who calls, in which tenant, with which rights: asked from the database on every request."""

    user_id: UUID
    tenant_id: UUID
    role: str | None
    scopes: frozenset[Scope]
    actor: Actor


class TenantView(APIView):
    """One request, one transaction inside the tenant's scope, which a refusal rolls back.

    Attributes:
        scopes: HTTP method → the scope it needs.
        one_statement: the endpoint's action is a single SQL statement that enters the scope itself and commits alone,
            so that no lock is held while Python works. With an `Idempotency-Key` it joins the transaction after all.
        people_only: no API key may do this, whatever its scopes.
    """

    authentication_classes: list[Any] = [KeyToken, BearerToken]
    permission_classes: ClassVar[list[type[BasePermission]]] = [HasScope]  # type: ignore[misc]
    scopes: ClassVar[dict[str, Scope]] = {}
    one_statement: ClassVar[bool] = False
    people_only: ClassVar[bool] = False
    caller: Caller

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY") if request.method == "POST" else None
        if self.one_statement and request.method == "POST" and key is None:
            return super().dispatch(request, *args, **kwargs)
        self._idempotency_key = key
        with transaction.atomic():
            response: Any = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                response.render()
            if response.status_code >= 400:
                transaction.set_rollback(True)
            elif getattr(self, "_answer_row", None):
                journal.remember_answer(row_id=self._answer_row, status=response.status_code, body=response.content)
        return response  # type: ignore[no-any-return]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if getattr(self, "_idempotency_key", None) is not None:
            self._claim_key(request)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if isinstance(request.user, Program):
            self.caller = self._program(request, request.user)
            return
        user_id: UUID | None = getattr(request.user, "id", None)
        if user_id is None:
            raise NotAuthenticated
        entrance = enter(slug=self.kwargs["slug"], user_id=user_id)
        if entrance is None:
            raise NotFound
        if not entrance.user_active:
            raise AuthenticationFailed
        self.caller = Caller(
            user_id=user_id,
            tenant_id=entrance.tenant_id,
            role=entrance.role,
            scopes=entrance.scopes,
            actor=actor_of(request, user_id=user_id),
        )

    def _program(self, request: Request, program: Program) -> Caller:
        """A key acts under its own name and is nobody's agent: its id stands where a person's would."""
        key = enter_by_key(slug=self.kwargs["slug"], secret_hash=program.secret_hash, at=now())
        if key is None:
            raise AuthenticationFailed
        if not key.at_home:
            raise NotFound
        if self.people_only:
            raise Forbidden
        actor = actor_of(request, user_id=key.id, kind=ActorKind.SYSTEM, label=key.name)
        return Caller(user_id=key.id, tenant_id=key.tenant_id, role=PROGRAM, scopes=key.scopes, actor=actor)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Replay):
            return exc.answer  # type: ignore[return-value]
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, HttpResponse) and not isinstance(response, Response):
            return response
        return super().finalize_response(request, response, *args, **kwargs)

    def _claim_key(self, request: Request) -> None:
        key = self._idempotency_key or ""
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise Invalid(**{"Idempotency-Key": _("From 1 to 255 printable characters.")})
        line = f"{request.method} {request.get_full_path()}\n".encode()
        row_id, answer = journal.claim_key(
            tenant_id=self.caller.tenant_id,
            caller=f"user:{self.caller.user_id}",
            key=key,
            fingerprint=hashlib.sha256(line + request._request.body).digest(),
            at=now(),
        )
        if answer is not None:
            raise Replay(answer.status, bytes(answer.body))
        self._answer_row = row_id


class Replay(Exception):
    """The request was answered before; this is that answer, byte by byte."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__()
        self.answer = HttpResponse(body, status=status, content_type="application/json")
        if not body:
            del self.answer["Content-Type"]
        self.answer["Idempotency-Replayed"] = "true"


def actor_of(request: Request, *, user_id: UUID | None = None, kind: str = ActorKind.USER, label: str = "") -> Actor:
    """Who acts and from where, for the journal."""
    line = f"{request.method} {request.path}"
    return Actor.at_the_door(request.META, line, kind=kind, user_id=user_id, label=label)


@cache
def _form(form: "type[Strict]", language: str | None) -> "Strict":
    """One form per language: DRF keeps the sentences of a form's limits as they were first spoken."""
    return form()


class Strict(serializers.Serializer[Any]):
    """Input that refuses fields it does not know: a misspelt name must not be lost in silence."""

    @classmethod
    def accept(cls, data: Any) -> dict[str, Any]:
        """What `data` means, or a ValidationError. One form serves every request: judging input changes nothing in it,
        while making a form copies all its fields."""
        return dict(_form(cls, get_language()).run_validation(data))

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(set(data) - writable)
            if unknown:
                message = _("There is no such field here.")
                raise serializers.ValidationError(
                    {name: [serializers.ErrorDetail(message, code="unknown_field")] for name in unknown}
                )
        return super().to_internal_value(data)


class Id(serializers.UUIDField):
    """A UUID as text; DRF's own takes numbers too, and repeats whatever it refuses, however long."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or len(data) > 45:
            self.fail("invalid", value="…")
        return super().to_internal_value(data)


class AwareDateTimeField(serializers.DateTimeField):
    """ISO 8601 with an offset; a time without one could mean any hour."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "naive": gettext_lazy("Give the offset too: 2026-01-31T09:00:00+00:00."),
    }

    def enforce_timezone(self, value: Any) -> Any:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


def refuse_empty_parameters(request: Request) -> None:
    """`?site_id=` is a slip of the pen, and would otherwise mean "all".

    Raises:
        Invalid: under the parameter's name.
    """
    empty = [name for name, value in request.query_params.items() if not value]
    if empty:
        raise Invalid(**{name: _("Give a value, or leave it out.") for name in empty})


class GroundData(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    TenantView,
    viewsets.GenericViewSet[Any],
):
    """List, read, create, change and delete rows of a tenant; every write goes through the journal.

    Subclasses give `queryset_for()`, `serializer_class`, `scopes`, and where wanted `filterset_class`,
    `ordering_fields`, `ordering`. Unknown and empty query parameters are refused.
    """

    pagination_class = Cursor
    lookup_field = "id"
    lookup_value_converter = "uuid"
    http_method_names = ["get", "post", "patch", "delete", "head"]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.refuse_unknown_parameters(request)
        return super().list(request, *args, **kwargs)

    def refuse_unknown_parameters(self, request: Request) -> None:
        filterset: Any = getattr(self, "filterset_class", None)
        known = {"cursor", "limit", *(filterset.base_filters if filterset else ())}
        if getattr(self, "ordering_fields", ()):
            known.add("ordering")
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise Invalid(**{name: _("There is no such parameter here.") for name in unknown})
        refuse_empty_parameters(request)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = self.add(serializer.validated_data)
        return Response(self.get_serializer(row).data, status=201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        row = self.change(row, serializer.validated_data)
        return Response(self.get_serializer(row).data)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.remove(self.get_object())
        return Response(status=204)

    def add(self, values: dict[str, Any]) -> Any:
        model = self.get_queryset().model
        return journal.add(model(tenant_id=self.caller.tenant_id, **values), actor=self.caller.actor, at=now())

    def change(self, row: Any, values: dict[str, Any]) -> Any:
        return journal.change(row, values, actor=self.caller.actor, at=now())

    def remove(self, row: Any) -> None:
        journal.remove(row, actor=self.caller.actor, at=now())
