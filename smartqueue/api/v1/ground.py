"""What the endpoints of ground data share: strict fields, relations inside the tenant, locked rows."""

import re
from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from smartqueue.api.v1.base import GroundData, Strict
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise
from smartqueue.tenants.models import TenantOwned
from smartqueue.tenants.states import Scope

WHAT_SETTINGS_NEED: dict[str, Scope] = {
    "GET": Scope.READ_QUEUE,
    "POST": Scope.MANAGE_SETTINGS,
    "PUT": Scope.MANAGE_SETTINGS,
    "PATCH": Scope.MANAGE_SETTINGS,
    "DELETE": Scope.MANAGE_SETTINGS,
}
LOCAL_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


class Text(serializers.CharField):
    """A JSON string; numbers are not turned into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Email(Text, serializers.EmailField):
    pass


class Whole(serializers.IntegerField):
    """A JSON integer, not `"5"`, `5.5` or `true`."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not (isinstance(data, int) or (isinstance(data, float) and data.is_integer())):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class Number(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """`true` or `false`, not `"on"` or `1`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "pattern": LOCAL_TIME, "examples": ["08:00", "14:30:00"]})
class LocalTime(serializers.TimeField):
    """Wall-clock time of a site: hours, minutes, perhaps seconds; an offset would be lost, so it is refused."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(LOCAL_TIME, value):
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


class Phone(Text):
    """In any spelling; kept and given back as E.164. National numbers are Senegal's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 40, **options})

    def to_internal_value(self, data: Any) -> str:
        written = super().to_internal_value(data)
        try:
            return normalise(written) if written else ""
        except Invalid as refusal:
            message = refusal.facts["errors"]["phone"][0]["message"]
            raise serializers.ValidationError(message, code="invalid") from refusal


@extend_schema_field(OpenApiTypes.UUID)
class RelatedId(serializers.PrimaryKeyRelatedField[Any]):
    """The id of another row of the same tenant. Another tenant's is as absent as one that never was."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "does_not_exist": _("There is no such row."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(pk_field=serializers.UUIDField(), **options)

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        return rows.filter(tenant_id=self.context["view"].caller.tenant_id)  # type: ignore[no-any-return]

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(data)


class Row(Strict, serializers.ModelSerializer[Any]):
    """A tenant's row, by the letter: unknown fields and loosely typed values are refused."""

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.EmailField: Email,
        models.BooleanField: Flag,
        models.FloatField: Number,
        models.PositiveIntegerField: Whole,
        models.PositiveSmallIntegerField: Whole,
        models.TimeField: LocalTime,
    }

    def settled(self, values: dict[str, Any], name: str) -> Any:
        """A field as it will be: from the request, else as it is."""
        return values[name] if name in values else getattr(self.instance, name, None)

    def must_stay(self, name: str, value: Any) -> Any:
        """A relation that is chosen once."""
        if self.instance is not None and getattr(self.instance, name) != value:
            raise serializers.ValidationError(_("This cannot be changed later."), code="immutable")
        return value


class Ground(GroundData):
    """`GroundData` of one table: rows of the caller's tenant, locked while they are changed.

    Attributes:
        model: the table.
    """

    model: ClassVar[type[TenantOwned]]

    def rows(self) -> QuerySet[Any]:
        """What this endpoint shows; the tenant is named although row-level security would do, for the index."""
        return self.model._default_manager.filter(tenant_id=self.caller.tenant_id)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # drf-spectacular draws the API without a caller
            return self.model._default_manager.none()
        rows = self.rows()
        if self.request.method in {"PATCH", "PUT", "DELETE"}:
            return rows.select_for_update(of=("self",))
        return rows
