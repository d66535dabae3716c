"""What the forms of services and their categories accept."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from smartqueue.sites.models import Service
from smartqueue.sites.queries.office import categories
from smartqueue.sites.states import PICTOGRAMS
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.shared.office import Filters
from smartqueue.web.shared.pictograms import PICTOGRAMS as PATHS

STATES = [("", _("All")), ("on", _("In use")), ("off", _("Out of use"))]
DAY = 1440


class Minutes(forms.DecimalField):
    """Minutes on the screen, seconds in the row."""

    def __init__(self, *, least: float = 0, **options: Any) -> None:
        bounds: dict[str, Any] = {"min_value": Decimal(str(least)), "max_value": DAY, "decimal_places": 1}
        super().__init__(**bounds | options)


def minutes(seconds: int) -> Decimal:
    """One decimal at most; whole minutes have none."""
    rounded = round(Decimal(seconds) / 60, 1)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded


def changed_seconds(form: forms.Form, names: dict[str, str]) -> dict[str, int]:
    """Fields in minutes → columns in seconds, for those that were changed: 100 seconds are not rounded unasked."""
    return {
        column: int(form.cleaned_data[name] * 60)
        for name, column in names.items()
        if name in form.changed_data and form.cleaned_data.get(name) is not None
    }


class ServiceFilters(Filters):
    category = forms.TypedChoiceField(label=_("Category"), coerce=UUID)
    state = forms.ChoiceField(label=_("State"), choices=STATES)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        category: Any = self.fields["category"]
        category.choices = [("", _("All categories")), *((one.id, one.name) for one in categories())]


class PictogramSelect(forms.RadioSelect):
    """Tiles: each picture as kiosks draw it, and the word beside it."""

    template_name = "manage/ground/pictograms.html"

    def create_option(self, name: str, value: Any, *words: Any, **more: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *words, **more)
        return option | {"path": PATHS.get(str(value), PATHS["default"])}


class ServiceForm(Labelled):
    SECONDS = {"duration": "duration_s", "wait_target": "wait_target_s"}

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As people ask for it: Cash withdrawal."))
    code = forms.CharField(
        label=_("Code"), max_length=20, help_text=_("Short and for good: lists and other programs know it by this.")
    )
    category = forms.TypedChoiceField(label=_("Category"), coerce=UUID, empty_value=None, required=False)
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What to bring, who may come. People read it before they take a ticket."),
    )  # fmt: skip
    duration = Minutes(
        label=_("Usual duration, minutes"),
        least=0.1,
        initial=10,
        help_text=_("Until we have learnt it from your tickets."),
    )
    wait_target = Minutes(label=_("Wait target, minutes"), initial=15, help_text=_("New queues start with it."))
    price_xof = forms.IntegerField(
        label=_("Price, F CFA"), min_value=0, max_value=2_000_000_000, initial=0, help_text=_("0 means free.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    pictogram = forms.ChoiceField(
        label=_("Picture"), required=False, choices=[*PICTOGRAMS.items()], widget=PictogramSelect,
        help_text=_("Kiosks show it to those who do not read."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("category", [("", _("none")), *((one.id, one.name) for one in categories())])

    def values(self) -> dict[str, Any]:
        """As the row takes them."""
        same = ("name", "code", "description", "price_xof", "is_active", "pictogram")
        values: dict[str, Any] = {name: self.cleaned_data[name] for name in same}
        values["category_id"] = self.cleaned_data["category"]
        return values | changed_seconds(self, self.SECONDS)


def shown_service(service: Service) -> dict[str, Any]:
    """A service's values as the form shows them."""
    same = ("name", "code", "description", "price_xof", "is_active", "pictogram")
    return {name: getattr(service, name) for name in same} | {
        "category": service.category.id if service.category else None,
        "duration": minutes(service.duration_s),
        "wait_target": minutes(service.wait_target_s),
    }


class CategoryForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
