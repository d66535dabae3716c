"""What the console's forms accept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.states import Outcome, Place, Priority


class NotComplete(RuleBroken):
    """A form lacks something, or has too much of it. Nothing was done."""

    code = "not_complete"
    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class SeatForm(forms.Form):
    counter = forms.UUIDField(error_messages={"required": _("Choose a counter.")})


class BreakForm(forms.Form):
    reason = forms.CharField(max_length=120, required=False)


class NextForm(forms.Form):
    holding = forms.UUIDField(required=False)


class CallForm(NextForm):
    ticket = forms.UUIDField()
    reason = forms.CharField(max_length=200, required=False)


class FinishForm(forms.Form):
    outcome = forms.ChoiceField(choices=Outcome.choices)
    reason = forms.CharField(max_length=200, required=False)


class ParkForm(forms.Form):
    reason = forms.CharField(max_length=200, error_messages={"required": _("Say why: whoever goes on reads it.")})


class PutBackForm(forms.Form):
    place = forms.ChoiceField(choices=[(place.value, place.value) for place in Place])


class TransferForm(forms.Form):
    """`to` is `queue:` and an id, or `agent:` and an id."""

    to = forms.CharField(max_length=60, error_messages={"required": _("Choose where the person goes.")})
    reason = forms.CharField(max_length=200, error_messages={"required": _("Say why: whoever goes on reads it.")})


class WalkInForm(forms.Form):
    queue = forms.UUIDField(error_messages={"required": _("Choose a queue.")})
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, required=False)
    phone = forms.CharField(max_length=30, required=False)
    language = forms.ChoiceField(choices=[("", ""), *Language.choices], required=False)
    once = forms.UUIDField()


class NoteForm(forms.Form):
    notes = forms.CharField(max_length=500, required=False)


def accept(form: forms.Form) -> dict[str, Any]:
    """The cleaned values.

    Raises:
        NotComplete: with the first fault's sentence.
    """
    if form.is_valid():
        return form.cleaned_data
    raise NotComplete(next(str(fault[0]) for fault in form.errors.values()))
