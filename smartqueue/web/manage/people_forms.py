"""What the forms about people accept."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.tenants.states import MemberState, Role
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.shared.office import Filters

if TYPE_CHECKING:
    from smartqueue.queueing.models import Queue

HEAVIEST = 10


class PeopleFilters(Filters):
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Every role")), *Role.choices])
    state = forms.ChoiceField(label=_("State"), choices=[("", _("Every state")), *MemberState.choices])


class MemberForm(Labelled):
    """A member: name here, role, and the queues they serve, each with its weight."""

    full_name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        help_text=_("An agent serves. A manager sees the day and the reports. An administrator changes everything."),
    )
    serves = forms.BooleanField(label=_("Also serves at a counter"), required=False, help_text=_("Agents always do."))

    def __init__(self, queues: "Sequence[Queue]", *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by_field = {f"queue-{queue.id}": queue for queue in queues}
        for name, queue in self.by_field.items():
            self.fields[name] = forms.TypedChoiceField(
                label=f"{queue.name} · {queue.site.name}", coerce=int, required=False, empty_value=None,
                choices=weights(),
            )  # fmt: skip

    def queues(self) -> dict[UUID, int] | None:
        """Queue → weight; None for somebody who does not serve."""
        if not self.cleaned_data["serves"] and self.cleaned_data["role"] != Role.AGENT:
            return None
        return {queue.id: self.cleaned_data[name] for name, queue in self.by_field.items() if self.cleaned_data[name]}

    def fieldsets(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """As `shared/form.html` shows them."""
        who = [self[name] for name in self.fields if name not in self.by_field]
        served = [self[name] for name in self.by_field]
        return [(_("Who it is"), who)] + ([(_("Queues they serve"), served)] if served else [])


class InviteForm(MemberForm):
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("The invitation goes there."))
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of the letter. They can change it later.")
    )

    field_order = ("full_name", "email", "role", "language", "serves")


class PasswordForm(Labelled):
    password = forms.CharField(
        label=_("Password"), max_length=1000, strip=False, help_text=_("At least 8 characters, not only digits."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8, "autofocus": True}),
    )  # fmt: skip


def weights() -> list[tuple[Any, str]]:
    """What a call that names no queue makes of a queue: 3 takes a minute's wait there for three."""
    more = [(n, gettext("Serves, preferred ×{n}").format(n=n)) for n in range(2, HEAVIEST + 1)]
    return [("", gettext("Does not serve")), (1, gettext("Serves")), *more]
