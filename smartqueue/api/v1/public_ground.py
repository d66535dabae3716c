"""Public knowledge, without sign-in: the divisions of Senegal and public holidays."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import GroundData
from smartqueue.api.v1.ground_filters import DivisionFilters, HolidayFilters
from smartqueue.api.v1.pagination import Cursor
from smartqueue.api.v1.schema import problems
from smartqueue.sites.models import Division, PublicHoliday


class PublicList(generics.ListAPIView[Any]):
    """A list that anyone may read; a bad sign-in does not matter here."""

    authentication_classes: list[Any] = []
    permission_classes: ClassVar[list[type[BasePermission]]] = [AllowAny]  # type: ignore[misc]
    pagination_class = Cursor

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        GroundData.refuse_unknown_parameters(self, request)  # type: ignore[arg-type]  # asks for a filterset only
        return super().list(request, *args, **kwargs)


class DivisionSerializer(serializers.ModelSerializer[Division]):
    """A region, département or commune."""

    parent = serializers.CharField(source="parent_id", allow_null=True)  # type: ignore[assignment]  # DRF has one too

    class Meta:
        model = Division
        fields = ("code", "level", "name", "parent", "latitude", "longitude")


@extend_schema(tags=["public"], responses={200: DivisionSerializer(many=True), **problems(400)})
class DivisionList(PublicList):
    """Regions, départements and communes. Settlement centres, not boundaries; some have no coordinates."""

    queryset = Division.objects.all()
    serializer_class = DivisionSerializer
    filterset_class = DivisionFilters
    ordering = ("code",)


class HolidaySerializer(serializers.ModelSerializer[PublicHoliday]):
    """One public holiday."""

    class Meta:
        model = PublicHoliday
        fields = ("country", "date", "name_fr", "name_en", "provisional")


@extend_schema(tags=["public"], responses={200: HolidaySerializer(many=True), **problems(400)})
class HolidayList(PublicList):
    """Public holidays; `provisional` ones follow the moon and may move by a day."""

    queryset = PublicHoliday.objects.all()
    serializer_class = HolidaySerializer
    filterset_class = HolidayFilters
    ordering = ("date", "id")
