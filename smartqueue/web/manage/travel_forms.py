"""What the forms of ways accept."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from smartqueue.sites.models import Site
from smartqueue.travel.actions.rules import MARGIN_MIN, NEAR_M
from smartqueue.travel.actions.speeds import LIMITS
from smartqueue.travel.states import Engine, Mode
from smartqueue.web.manage.forms import Labelled


class SampleForm(Labelled):
    """A way to try the rules with."""

    start = forms.CharField(label=_("From"), max_length=60, help_text=_("A commune or a town."))
    site = forms.TypedChoiceField(label=_("To"), coerce=UUID)
    mode = forms.ChoiceField(label=_("How"))

    def __init__(self, sites: Sequence[Site], modes: Sequence[Mode], data: Any = None) -> None:
        super().__init__(data, initial={"start": "Dakar-Plateau"})
        self.offer("site", [(site.id, site.name) for site in sites])
        self.offer("mode", [(mode.value, mode.label) for mode in modes])


class SpeedForm(Labelled):
    speed_kmh = forms.FloatField(
        label=_("Speed, km/h"), min_value=LIMITS["speed_kmh"][0], max_value=LIMITS["speed_kmh"][1],
        help_text=_("From door to door while it moves, with every stop."),
    )  # fmt: skip
    overhead_min = forms.FloatField(
        label=_("Minutes lost before moving"), min_value=0, max_value=LIMITS["overhead_min"][1],
        help_text=_("To find a taxi, walk to the stop, wait, park."),
    )  # fmt: skip
    detour = forms.FloatField(
        label=_("Way ÷ straight line"), min_value=1, max_value=LIMITS["detour"][1],
        help_text=_("1.35: for each kilometre on the map one drives 1.35."),
    )  # fmt: skip


class RulesForm(Labelled):
    margin_min = forms.IntegerField(
        label=_("Minutes to be there before the call"), min_value=MARGIN_MIN[0], max_value=MARGIN_MIN[-1],
        help_text=_("Who travels is told to leave so many minutes earlier."),
    )  # fmt: skip
    near_m = forms.IntegerField(
        label=_("Metres from the site that count as arrived"), min_value=NEAR_M[0], max_value=NEAR_M[-1]
    )
    engine = forms.ChoiceField(
        label=_("Computed by"), choices=Engine.choices, widget=forms.RadioSelect,
        help_text=_("An engine of your own knows the roads. When it does not answer, the table does."),
    )  # fmt: skip
    engine_url = forms.CharField(
        label=_("Address of the engine"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://", "autocomplete": "off"}),
        help_text=_("OSRM built for cars, or Valhalla. It is told a start, to about 150 metres, and where sites are."),
    )  # fmt: skip
