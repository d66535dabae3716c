"""Rules of messages: when, which, to whom, and what they may cost."""

import re
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.rules import MOST_XOF, NEAR, save_rules
from smartqueue.notifications.models import MessageRules
from smartqueue.notifications.queries.rules import rules_of
from smartqueue.notifications.states import MessageKind
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.messages_nav import tabs
from smartqueue.web.shared.office import FormPage

SENT_TODAY = (
    MessageKind.TICKET_JOINED, MessageKind.POSITION_REACHED, MessageKind.YOUR_TURN, MessageKind.CALLED_AGAIN,
    MessageKind.MISSED, MessageKind.THANKS, MessageKind.QUEUE_NEWS, MessageKind.URGENT,
)  # fmt: skip
"""Kinds that something in the house sends; the others have words already and wait for it."""
SAME = ("quiet_from", "quiet_to", "fold_accents", "near_at", "budget_xof", "cap_xof")


def clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class RulesForm(Labelled):
    kinds = forms.MultipleChoiceField(
        label=_("Messages that go out"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(one.value, one.label) for one in SENT_TODAY],
    )  # fmt: skip
    near_at = forms.IntegerField(
        label=_("“Turn is near” when so many are ahead"), min_value=NEAR[0], max_value=NEAR[-1],
        help_text=_("Whoever waits may choose another number on the page of the ticket."),
    )  # fmt: skip
    quiet_from = forms.TimeField(label=_("Quiet from"), widget=clock())
    quiet_to = forms.TimeField(
        label=_("Quiet until"), widget=clock(),
        help_text=_("Nobody is woken by news or thanks. What concerns a ticket that waits goes out at any hour. "
                    "Twice the same time: never quiet."),
    )  # fmt: skip
    budget_xof = forms.IntegerField(
        label=_("Budget of a month, XOF"), min_value=0, max_value=MOST_XOF, required=False,
        help_text=_("Administrators get a mail when it is used up. Empty: no mail."),
    )  # fmt: skip
    cap_xof = forms.IntegerField(
        label=_("Never more in a month than, XOF"), min_value=0, max_value=MOST_XOF,
        help_text=_("Then SMS and WhatsApp stop until next month. What is free goes on."),
    )  # fmt: skip
    countries = forms.CharField(
        label=_("Calling codes of the numbers that you serve"), max_length=200, required=False,
        help_text=_("221 is Senegal. Several with commas: 221, 223. Others get no SMS and no WhatsApp, so that nobody "
                    "runs up your bill with numbers abroad."),
    )  # fmt: skip
    fold_accents = forms.BooleanField(
        label=_("Plain letters in SMS"), required=False,
        help_text=_("ë becomes e, ŋ becomes ng. Without it one such letter more than doubles the price of an SMS."),
    )  # fmt: skip

    def values(self, rules: MessageRules) -> dict[str, Any]:
        """As the action takes them; what is off and not asked for here stays off."""
        values = dict(self.cleaned_data)
        ticked = set(values.pop("kinds"))
        elsewhere = [kind for kind in rules.kinds_off if kind not in set(SENT_TODAY)]
        values["kinds_off"] = elsewhere + [one.value for one in SENT_TODAY if one.value not in ticked]
        values["countries"] = [code for code in re.split(r"[\s,;]+", values["countries"]) if code]
        return values


class Rules(ManagePage, FormPage):
    """`/{slug}/manage/messages/rules/`"""

    needs = Scope.MANAGE_SETTINGS
    section = "manage-templates"
    template = "manage/message_rules.html"

    def find(self) -> None:
        self.rules = rules_of(self.tenant.id)

    def form(self, data: Any = None, files: Any = None) -> RulesForm:
        rules = self.rules
        kinds = [one.value for one in SENT_TODAY if one.value not in rules.kinds_off]
        codes = ", ".join(rules.countries or ["221"])
        return RulesForm(
            data, initial={name: getattr(rules, name) for name in SAME} | {"kinds": kinds, "countries": codes}
        )

    def about(self, form: RulesForm) -> dict[str, Any]:
        return {
            "title": gettext("Rules of messages"),
            "lead": gettext("When your customers are told something, and what it may cost."),
            "fieldsets": [
                (_("What goes out"), [form["kinds"], form["near_at"]]),
                (_("When it is quiet"), [form["quiet_from"], form["quiet_to"]]),
                (_("What it may cost"), [form[name] for name in ("budget_xof", "cap_xof", "countries")]),
                (_("Letters"), [form["fold_accents"]]),
            ],
            "tabs": tabs(self, "manage-message-rules"),
        }

    def save(self, form: RulesForm) -> HttpResponse:
        save_rules(tenant_id=self.tenant.id, values=form.values(self.rules), actor=self.actor, at=now())
        return self.go("manage-message-rules")
