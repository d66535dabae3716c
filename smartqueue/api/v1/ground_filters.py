# mypy: disallow-subclassing-any=False
# django-filter ships no types.
"""Typed query parameters: a value that cannot be is a 400, never silently ignored."""

from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from smartqueue.customers.models import Customer
from smartqueue.customers.states import Language
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.models import MessageTemplate
from smartqueue.notifications.states import MessageChannel
from smartqueue.sites.models import Counter, Division, HolidayOverride, OpeningException, PublicHoliday, Service, Site

ISO_DATES = ["%Y-%m-%d"]


class AwareDateTime(forms.CharField):
    """ISO 8601 with an offset."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            instant = parse_datetime(text.replace(" ", "+"))  # a bare + in an address arrives as a space
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise ValidationError(_("Give the offset too: 2026-01-31T09:00:00+00:00."), code="invalid")
        return instant


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantFilter(django_filters.Filter):
    field_class = AwareDateTime


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 9999})
class YearFilter(django_filters.Filter):
    """Rows whose date is in that year."""

    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(lookup_expr="year", min_value=1, max_value=9999, **options)


@extend_schema_field(OpenApiTypes.BOOL)
class FlagFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; django-filter's own lets anything else pass as "no filter"."""

    def __init__(self, **options: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce=lambda word: word == "true", **options)


class DayFilter(django_filters.DateFilter):
    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=ISO_DATES, **options)


def text(longest: int, shortest: int = 1, description: str = "", **options: Any) -> Any:
    """A string filter whose limits stand in the API's description too."""
    schema = {"type": "string", "minLength": shortest, "maxLength": longest, "description": description}
    return extend_schema_field(schema)(
        cast(Any, django_filters.CharFilter(min_length=shortest, max_length=longest, **options))
    )


class SiteFilters(django_filters.FilterSet):
    is_active = FlagFilter()
    code = text(12)
    commune = text(60, field_name="commune_id")

    class Meta:
        model = Site
        fields: tuple[str, ...] = ()


class ExceptionFilters(django_filters.FilterSet):
    date_from = DayFilter(field_name="date", lookup_expr="gte")
    date_to = DayFilter(field_name="date", lookup_expr="lte")

    class Meta:
        model = OpeningException
        fields: tuple[str, ...] = ()


class OverrideFilters(ExceptionFilters):
    is_holiday = FlagFilter()

    class Meta:
        model = HolidayOverride
        fields: tuple[str, ...] = ()


class CounterFilters(django_filters.FilterSet):
    site_id = django_filters.UUIDFilter()
    is_active = FlagFilter()

    class Meta:
        model = Counter
        fields: tuple[str, ...] = ()


class ServiceFilters(django_filters.FilterSet):
    category_id = django_filters.UUIDFilter()
    code = text(20)
    is_active = FlagFilter()

    class Meta:
        model = Service
        fields: tuple[str, ...] = ()


class CustomerFilters(django_filters.FilterSet):
    phone = text(40, 3, "In any spelling.", method="with_phone")
    language = django_filters.ChoiceFilter(choices=Language.choices)
    created_from = InstantFilter(field_name="created_at", lookup_expr="gte")
    created_to = InstantFilter(field_name="created_at", lookup_expr="lt")
    search = text(
        100, 2, "Name, phone or e-mail: accents do not count, a typo is forgiven, best first.", method="as_found"
    )

    class Meta:
        model = Customer
        fields: tuple[str, ...] = ()

    def with_phone(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(phone=normalise(value))

    def as_found(self, rows: Any, name: str, value: str) -> Any:
        """The view has begun with the rows that were found."""
        return rows


class TemplateFilters(django_filters.FilterSet):
    kind = text(40)
    channel = django_filters.ChoiceFilter(choices=MessageChannel.choices)
    language = django_filters.ChoiceFilter(choices=Language.choices)

    class Meta:
        model = MessageTemplate
        fields: tuple[str, ...] = ()


class DivisionFilters(django_filters.FilterSet):
    level = django_filters.ChoiceFilter(choices=Division.Level.choices)
    parent = text(60, field_name="parent_id")

    class Meta:
        model = Division
        fields: tuple[str, ...] = ()


class HolidayFilters(django_filters.FilterSet):
    country = text(2, 2)
    year = YearFilter(field_name="date")

    class Meta:
        model = PublicHoliday
        fields: tuple[str, ...] = ()
