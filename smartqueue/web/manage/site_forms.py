"""What the forms of sites and counters accept."""

import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import LONGEST_WRITTEN, normalise
from smartqueue.sites.actions.rows import MOST_AT_ONCE
from smartqueue.sites.models import SITE_CODE, Site
from smartqueue.sites.queries.office import communes, regions
from smartqueue.sites.states import known_time_zone, time_zones
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.shared.office import Filters

STATES = [("", _("All")), ("on", _("In use")), ("off", _("Closed down"))]
LONGEST_POINT = 60


class SiteFilters(Filters):
    region = forms.ChoiceField(label=_("Region"))
    state = forms.ChoiceField(label=_("State"), choices=STATES)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        region: Any = self.fields["region"]
        region.choices = [("", _("All regions")), *((one.code, one.name) for one in regions())]


class Code(forms.CharField):
    """A short code; small letters are meant as capitals."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()


class PhoneField(forms.CharField):
    """In any spelling; kept as E.164."""

    def __init__(self, **options: Any) -> None:
        attrs = {"type": "tel", "inputmode": "tel", "autocomplete": "off"}
        super().__init__(max_length=LONGEST_WRITTEN, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> str:
        written = super().clean(value)
        try:
            return normalise(written) if written else ""
        except Invalid as refusal:
            raise ValidationError(refusal.facts["errors"]["phone"][0]["message"]) from refusal


class PointField(forms.CharField):
    """`14.6937, -17.4441`, as maps give it when it is copied: latitude, longitude, or None."""

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        if not written:
            return None
        try:
            latitude, longitude = (float(part) for part in written.split(","))
        except ValueError:
            raise ValidationError(gettext("Write latitude, comma, longitude: 14.6937, -17.4441.")) from None
        if not (math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ValidationError(gettext("This point is not on Earth. Latitude comes first."))
        return latitude, longitude


class SiteForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As people call it: Agence Plateau."))
    code = Code(
        label=_("Short code"), max_length=12, validators=[SITE_CODE],
        widget=forms.TextInput(
            attrs={"pattern": "[A-Za-z0-9\\-]{1,12}", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("Up to 12 letters, digits and hyphens. People type it on a keypad: THIES1."),
    )  # fmt: skip
    is_active = forms.BooleanField(
        label=_("In use"), required=False, initial=True, help_text=_("Otherwise nobody can take a ticket here.")
    )
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    commune = forms.ChoiceField(label=_("Commune"), required=False)
    point = PointField(
        label=_("Point on the map"), required=False, max_length=LONGEST_POINT,
        widget=forms.TextInput(attrs={"placeholder": "14.6937, -17.4441", "autocomplete": "off", "data-point": ""}),
        help_text=_("Latitude, longitude. Copy them from a map, or stand at the door and press the button."),
    )  # fmt: skip
    phone = PhoneField(label=_("Phone"), required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=50, initial="Africa/Dakar", validators=[known_time_zone],
        widget=forms.TextInput(attrs={"list": "zones", "spellcheck": "false"}),
    )  # fmt: skip
    observes_holidays = forms.BooleanField(
        label=_("Closed on public holidays"), required=False, initial=True,
        help_text=_("You can decide otherwise for a single day."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("commune", [("", _("none")), *grouped_communes()])

    @property
    def zones(self) -> list[str]:
        """What the field of the time zone proposes."""
        return sorted(name for name in time_zones() if name.startswith(("Africa/", "Atlantic/", "Europe/")))

    def values(self) -> dict[str, Any]:
        """As the row takes them."""
        values = dict(self.cleaned_data)
        latitude, longitude = values.pop("point") or (None, None)
        return values | {
            "commune_id": values.pop("commune") or None, "latitude": latitude, "longitude": longitude,
        }  # fmt: skip


def grouped_communes() -> list[tuple[str, list[tuple[str, str]]]]:
    """`Dakar › Pikine` → its communes, so that one long select can be searched by typing."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in communes():
        above = one.parent
        title = " › ".join(
            name for name in (above and above.parent and above.parent.name, above and above.name) if name
        )
        groups.setdefault(title, []).append((one.code, one.name))
    return list(groups.items())


def shown_site(site: Site) -> dict[str, Any]:
    """A site's values as the form shows them."""
    same = ("name", "code", "address", "phone", "email", "time_zone", "observes_holidays", "is_active")
    point = "" if site.latitude is None else f"{site.latitude}, {site.longitude}"
    return {name: getattr(site, name) for name in same} | {
        "commune": site.commune and site.commune.code,
        "point": point,
    }


class CounterForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class CounterRowForm(CounterForm):
    is_active = forms.BooleanField(label=_("In use"), required=False)


class ManyCountersForm(Labelled):
    word = forms.CharField(label=_("Word"), max_length=34, initial=_("Counter"))
    first = forms.IntegerField(label=_("From number"), min_value=0, max_value=9_999, initial=1)
    last = forms.IntegerField(label=_("To number"), min_value=0, max_value=9_999)

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first is not None and last is not None:
            if last < first:
                self.add_error("last", gettext("The last number comes before the first."))
            elif last - first >= MOST_AT_ONCE:
                self.add_error("last", gettext("Add at most {n} counters at once.").format(n=MOST_AT_ONCE))
        return self.cleaned_data
