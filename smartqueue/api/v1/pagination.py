"""Cursor pagination: `?cursor=&limit=`, answers `{results, next, previous}`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound as DrfNotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from smartqueue.kernel.errors import Invalid

MOST = 200


class Cursor(CursorPagination):
    page_size = 50
    max_page_size = MOST
    page_size_query_param = "limit"
    ordering = "-id"

    def get_page_size(self, request: Request) -> int:
        wanted = request.query_params.get("limit")
        if wanted is None:
            return self.page_size
        if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 9 or not 1 <= int(wanted) <= MOST:
            raise Invalid(limit=_("A whole number from 1 to {most}.").format(most=MOST))
        return int(wanted)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DrfNotFound, ValueError, ValidationError, DataError) as error:  # a position that no row can have
            if "cursor" not in request.query_params:
                raise
            raise Invalid(cursor=_("Take the cursor from a `next` or `previous` address.")) from error

    def get_next_link(self) -> str | None:
        """Where rows are equal in what orders them, DRF would skip a whole page even if this one is shorter."""
        if not self.has_previous:
            self.page_size = len(self.page or ())
        return super().get_next_link()

    def get_previous_link(self) -> str | None:
        if not self.has_next:
            self.page_size = len(self.page or ())
        return super().get_previous_link()

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """`?ordering=` from the fields that the view offers, then the id, so that no row is seen twice or missed."""
        offered: tuple[str, ...] = getattr(view, "ordering_fields", ())
        wanted = request.query_params.get("ordering")
        if wanted is None:
            return tuple(getattr(view, "ordering", None) or (self.ordering,))
        if wanted.lstrip("-") not in offered or wanted.startswith("--"):
            raise Invalid(ordering=_("One of: {fields}.").format(fields=", ".join(offered)))
        return (wanted, "-id" if wanted.startswith("-") else "id")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == "limit":
                parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": MOST, "default": self.page_size}
        offered: tuple[str, ...] = getattr(view, "ordering_fields", ())
        if offered:
            values = [f"{sign}{field}" for field in offered for sign in ("", "-")]
            parameters.append(
                {"name": "ordering", "in": "query", "required": False, "schema": {"type": "string", "enum": values}}
            )
        return parameters
