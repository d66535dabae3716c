"""What the forms of displays and kiosks accept."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.devices.models import Device
from smartqueue.devices.queries import counters_of_site, queues_of_site, sites_to_choose
from smartqueue.devices.states import DISPLAY_LAYOUTS, DeviceKind, Printer, Theme
from smartqueue.kernel.errors import Invalid


class Labelled(forms.Form):
    """A form whose labels carry no colon."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})

    def offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        """What may be chosen, known only now."""
        field: Any = self.fields[name]
        field.choices = choices


class PairForm(Labelled):
    code = forms.CharField(
        label=_("Code on the screen"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "placeholder": "XXXX-XXXX",
            }
        ),
        error_messages={"required": _("Type the code that the device shows.")},
    )
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("To recognise it: Hall, Entrance, Counter 3."))
    site = forms.TypedChoiceField(label=_("Site"), coerce=UUID)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("site", [(site.id, site.name) for site in sites_to_choose()])


class PairAgainForm(Labelled):
    code = PairForm.base_fields["code"]


class DeviceForm(Labelled):
    """Choices are those of the site that is asked for; at another site, counter and queues are chosen anew."""

    name = forms.CharField(label=_("Name"), max_length=80)
    site = forms.TypedChoiceField(label=_("Site"), coerce=UUID)
    queues = forms.TypedMultipleChoiceField(
        label=_("Queues"), coerce=UUID, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none to show all queues of the site."),
    )  # fmt: skip
    layout = forms.ChoiceField(
        label=_("Layout"),
        choices=[(layout.value, layout.label) for layout in DISPLAY_LAYOUTS],
        widget=forms.RadioSelect,
    )
    counter = forms.TypedChoiceField(
        label=_("Counter"), coerce=UUID, required=False, empty_value=None, help_text=_("For the layout of one counter.")
    )
    theme = forms.ChoiceField(label=_("Colours"), choices=Theme.choices, widget=forms.RadioSelect)
    ticker = forms.CharField(
        label=_("Message at the bottom"), max_length=300, required=False, help_text=_("Leave it empty to show none.")
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=Language.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one language.")},
    )  # fmt: skip
    voice_on = forms.BooleanField(label=_("Speak"), required=False)
    printer = forms.ChoiceField(label=_("Printing"), choices=Printer.choices, widget=forms.RadioSelect)
    printer_host = forms.CharField(
        label=_("Printer's address"), max_length=253, required=False, help_text=_("For a network printer: 192.168.1.50")
    )
    printer_port = forms.IntegerField(label=_("Printer's port"), min_value=1, max_value=65535)

    def __init__(self, device: Device, queue_ids: list[UUID], data: Any = None) -> None:
        self.device = device
        super().__init__(data, initial=_shown(device, queue_ids))
        for name in _of_the_other_kind(device):
            del self.fields[name]
        sites = sites_to_choose()
        if all(site.id != device.site_id for site in sites):
            sites.append(device.site)
        self.offer("site", [(site.id, site.name) for site in sites])
        self.site_id = next((site.id for site in sites if data and str(site.id) == data.get("site")), device.site_id)
        self.offer("queues", [(queue.id, queue.name) for queue in queues_of_site(self.site_id)])
        if "counter" in self.fields:
            counters = [(counter.id, counter.name) for counter in counters_of_site(self.site_id)]
            self.offer("counter", [("", _("none")), *counters])

    def clean(self) -> dict[str, Any]:
        """At another site, what was chosen at the former one is no mistake of the person's."""
        if self.site_id != self.device.site_id:
            for name in {"queues", "counter"} & self.errors.keys():
                del self.errors[name]
                self.cleaned_data[name] = [] if name == "queues" else None
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """As the action takes them."""
        renamed = {"site": "site_id", "counter": "counter_id", "queues": "queue_ids"}
        return {renamed.get(name, name): value for name, value in self.cleaned_data.items()}

    def add_refusal(self, refusal: Invalid) -> None:
        """What the action refused, beside the field."""
        renamed = {"site_id": "site", "counter_id": "counter", "queue_ids": "queues"}
        for name, errors in refusal.facts["errors"].items():
            field = renamed.get(name, name)
            self.add_error(field if field in self.fields else None, [one["message"] for one in errors])


def _shown(device: Device, queue_ids: list[UUID]) -> dict[str, Any]:
    same = ("name", "layout", "theme", "ticker", "languages", "voice_on", "printer", "printer_host", "printer_port")
    related = {"site": device.site_id, "counter": device.counter_id, "queues": queue_ids}
    return {name: getattr(device, name) for name in same} | related


def _of_the_other_kind(device: Device) -> tuple[str, ...]:
    if device.kind == DeviceKind.KIOSK:
        return ("layout", "counter", "ticker")
    return ("printer", "printer_host", "printer_port")
