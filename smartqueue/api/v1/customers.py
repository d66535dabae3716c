"""`customers/`: the people whom a tenant serves."""

from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from smartqueue.api.v1.base import Strict
from smartqueue.api.v1.ground import Flag, Ground, Phone, Row
from smartqueue.api.v1.ground_filters import CustomerFilters
from smartqueue.api.v1.parsers import exceeds_64_bits
from smartqueue.customers.actions import change_customer, forget_customer, register_customer
from smartqueue.customers.models import Customer
from smartqueue.customers.queries import find_customers
from smartqueue.kernel.clock import now
from smartqueue.tenants.states import Scope

MOST_METADATA_BYTES = 4096


class PreferencesSerializer(Strict):
    """How a customer may be reached; a channel that is not named has not been asked about."""

    sms = Flag(required=False)
    email = Flag(required=False)
    whatsapp = Flag(required=False)
    push = Flag(required=False)


@extend_schema_field(OpenApiTypes.OBJECT)
class MetadataField(serializers.JSONField):
    """A JSON object of the tenant's own, at most 4 kB."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Give a JSON object."), code="invalid")
        try:
            size = len(orjson.dumps(data))
        except orjson.JSONEncodeError as error:  # nested beyond what could be given back
            raise serializers.ValidationError(_("Give a JSON object."), code="invalid") from error
        if exceeds_64_bits(data):
            raise serializers.ValidationError(_("Some of the values cannot be accepted."), code="invalid")
        if size > MOST_METADATA_BYTES:
            raise serializers.ValidationError(_("At most 4 kB."), code="max_length")
        return super().to_internal_value(data)


class CustomerSerializer(Row):
    """A person whom the tenant serves. Everything may be empty."""

    phone = Phone(allow_blank=True, required=False)
    preferences = PreferencesSerializer(required=False)
    metadata = MetadataField(required=False)

    class Meta:
        model = Customer
        fields = (
            "id", "full_name", "phone", "email", "language", "preferences", "metadata", "notes", "created_at",
        )  # fmt: skip
        read_only_fields = ("created_at",)


@extend_schema(tags=["customers"])
class CustomerView(Ground):
    model = Customer
    serializer_class = CustomerSerializer
    scopes = {
        "GET": Scope.READ_CUSTOMER,
        "POST": Scope.WRITE_CUSTOMER,
        "PATCH": Scope.WRITE_CUSTOMER,
        "DELETE": Scope.WRITE_CUSTOMER,
    }
    filterset_class = CustomerFilters
    ordering_fields = ("created_at", "full_name")

    @property
    def sought(self) -> str | None:
        return self.request.query_params.get("search") if self.action == "list" else None

    @property
    def ordering(self) -> tuple[str, ...]:
        return ("-rank", "-id") if self.sought else ("-id",)

    def rows(self) -> QuerySet[Customer]:
        return find_customers(self.sought).filter(tenant_id=self.caller.tenant_id) if self.sought else super().rows()

    def add(self, values: dict[str, Any]) -> Customer:
        return register_customer(tenant_id=self.caller.tenant_id, values=values, actor=self.caller.actor, at=now())

    def change(self, row: Customer, values: dict[str, Any]) -> Customer:
        return change_customer(customer=row, values=values, actor=self.caller.actor, at=now())

    def remove(self, row: Customer) -> None:
        forget_customer(customer=row, actor=self.caller.actor, at=now())
