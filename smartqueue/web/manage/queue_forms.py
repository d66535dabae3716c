"""What the forms of queues accept."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.queueing.queries.setup import rivals
from smartqueue.queueing.states import QueueKind, QueueStatus, Strategy
from smartqueue.sites.queries.office import services_listed, sites_listed
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.service_forms import Minutes, changed_seconds, minutes
from smartqueue.web.shared.office import Filters

STRATEGIES = [
    (Strategy.FIFO, _("Arrival: whoever came first is called first. Everybody understands it.")),
    (Strategy.PRIORITY, _("Priority: urgent people first, then elevated, then the others. A long line can wait long.")),
    (Strategy.SLA, _("Wait target: whoever's target is over soonest. Each class gets the wait you promise it.")),
    (Strategy.MIXED, _("Priority that grows: a minute of an urgent person weighs more. Nobody waits without end.")),
]
KINDS = {
    QueueKind.NORMAL: _("Normal: open to everybody"),
    QueueKind.PRIORITY: _("Priority: for those who may not stand long"),
    QueueKind.VIP: _("VIP: staff hands out its tickets"),
    QueueKind.APPOINTMENT: _("Appointment: for people with a booking"),
    QueueKind.EXPRESS: _("Express: for short matters"),
}
OUT_OF_USE = "off"
STATUS_WORDS = [("", _("All")), *QueueStatus.choices, (OUT_OF_USE, _("Out of use"))]


class QueueFilters(Filters):
    site = forms.TypedChoiceField(label=_("Site"), coerce=UUID)
    service = forms.TypedChoiceField(label=_("Service"), coerce=UUID)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *QueueKind.choices])
    status = forms.ChoiceField(label=_("Status"), choices=STATUS_WORDS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        site: Any = self.fields["site"]
        site.choices = [("", _("All sites")), *chosen_sites()]
        service: Any = self.fields["service"]
        service.choices = [("", _("All services")), *chosen_services()]


def chosen_sites(*, is_active: bool | None = None) -> list[tuple[UUID, str]]:
    return list(sites_listed(is_active=is_active).order_by("name", "id").values_list("id", "name"))


def chosen_services(*, is_active: bool | None = None) -> list[tuple[UUID, str]]:
    return list(services_listed(is_active=is_active).order_by("name", "id").values_list("id", "name"))


class QueueForm(Labelled):
    """A queue that is there: site and service stay.."""

    SECONDS = {
        "wait_target": "wait_target_s",
        "elevated_target": "elevated_target_s",
        "urgent_target": "urgent_target_s",
        "closing_grace": "closing_grace_s",
    }
    SAME = (
        "name", "kind", "strategy", "is_active", "shown_at_kiosk", "capacity", "elevated_rate",
        "urgent_rate", "urgent_first", "recall_gap_s", "no_show_grace_s", "max_deferrals",
    )  # fmt: skip

    name = forms.CharField(label=_("Name"), max_length=80)
    letters = forms.RegexField(
        r"^[A-Z]{1,3}\Z", label=_("Letters before the number"), max_length=3,
        widget=forms.TextInput(
            attrs={"pattern": "[A-Za-z]{1,3}", "autocapitalize": "characters", "autocomplete": "off"}
        ),
        help_text=_("One to three letters, different for each queue of a site: A, B, AA."),
        error_messages={"invalid": _("Use one to three letters from A to Z.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KINDS.items()), initial=QueueKind.NORMAL)
    is_active = forms.BooleanField(
        label=_("In use"), required=False, initial=True, help_text=_("Otherwise it takes no ticket and nobody sees it.")
    )
    shown_at_kiosk = forms.BooleanField(
        label=_("Shown at kiosks"), required=False, initial=True,
        help_text=_("Otherwise people join it by phone, or staff hands out its tickets."),
    )  # fmt: skip
    capacity = forms.IntegerField(
        label=_("People who may wait"), required=False, min_value=1, max_value=1_000_000,
        help_text=_("Leave it empty for any number."),
    )  # fmt: skip
    strategy = forms.ChoiceField(label=_("Order"), choices=STRATEGIES, widget=forms.RadioSelect, initial=Strategy.FIFO)
    urgent_first = forms.BooleanField(
        label=_("Urgent before everyone"), required=False, help_text=_("Whatever the order above.")
    )
    wait_target = Minutes(label=_("Everybody, minutes"), initial=15)
    elevated_target = Minutes(label=_("Elevated priority, minutes"), initial=10)
    urgent_target = Minutes(label=_("Urgent priority, minutes"), initial=5)
    elevated_rate = forms.FloatField(
        label=_("A minute of elevated priority counts"), min_value=0.01, max_value=1000, initial=2.0,
        help_text=_("Times a minute of the others. Only for the priority that grows."),
    )  # fmt: skip
    urgent_rate = forms.FloatField(
        label=_("A minute of urgent priority counts"), min_value=0.01, max_value=1000, initial=4.0
    )
    recall_gap_s = forms.IntegerField(
        label=_("Least time between two calls, seconds"), min_value=0, max_value=86_400, initial=10
    )
    no_show_grace_s = forms.IntegerField(
        label=_("Absent may be marked after, seconds"), min_value=0, max_value=86_400, initial=30
    )
    closing_grace = Minutes(
        label=_("Still served after closing, minutes"), initial=60, help_text=_("For people who are in line by then.")
    )
    max_deferrals = forms.IntegerField(
        label=_("Times a person may let others pass"), min_value=0, max_value=100, initial=3
    )

    def __init__(self, data: Any = None, *, queue: Any = None, initial: dict[str, Any] | None = None) -> None:
        self.queue = queue
        super().__init__(_capitals(data), initial=initial or (shown_queue(queue) if queue else None))

    @property
    def where(self) -> tuple[UUID | None, UUID | None]:
        """Its site and service."""
        return self.queue.site_id, self.queue.service_id

    def clean(self) -> dict[str, Any]:
        """What another queue has already, beside its field; PostgreSQL has the last word."""
        (site_id, service_id), given = self.where, self.cleaned_data
        if site_id and service_id:
            taken = rivals(
                site_id=site_id, service_id=service_id, kind=given.get("kind", ""), prefix=given.get("letters", ""),
                but=self.queue and self.queue.id,
            )  # fmt: skip
            if "kind" in taken and "kind" not in self.errors:
                self.add_error("kind", gettext("This site has a queue of this kind for this service."))
            if "prefix" in taken and "letters" not in self.errors:
                self.add_error("letters", gettext("Another queue of this site has these letters."))
        return given

    def values(self) -> dict[str, Any]:
        """As the action takes them."""
        same = {name: self.cleaned_data[name] for name in self.SAME}
        return same | {"prefix": self.cleaned_data["letters"]} | changed_seconds(self, self.SECONDS)


class NewQueueForm(QueueForm):
    """Site and service are chosen here, once. What is left empty is proposed: the service's name, the next letters."""

    field_order = ("site", "service", "name", "letters")

    site = forms.TypedChoiceField(label=_("Site"), coerce=UUID)
    service = forms.TypedChoiceField(label=_("Service"), coerce=UUID)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.offer("site", [("", _("Choose")), *chosen_sites(is_active=True)])
        self.offer("service", [("", _("Choose")), *chosen_services(is_active=True)])
        for name in ("name", "letters", "wait_target"):
            self.fields[name].required = False
        self.fields["name"].help_text = _("Leave it empty for the service's name.")
        self.fields["letters"].help_text = _("Leave it empty for the next free letter of the site.")
        self.fields["wait_target"].help_text = _("Leave it empty for the service's.")
        self.fields["wait_target"].initial = None

    @property
    def where(self) -> tuple[UUID | None, UUID | None]:
        return self.cleaned_data.get("site"), self.cleaned_data.get("service")


def _capitals(data: Any) -> Any:
    """Letters as they are meant."""
    if not data:
        return data
    sent = data.copy()
    sent["letters"] = str(sent.get("letters", "")).strip().upper()
    return sent


def shown_queue(queue: Any) -> dict[str, Any]:
    """A queue's values as the form shows them."""
    return (
        {"letters": queue.prefix}
        | {name: getattr(queue, name) for name in QueueForm.SAME}
        | {name: minutes(getattr(queue, column)) for name, column in QueueForm.SECONDS.items()}
    )
