"""Feedback: the inbox with its sums, one answer with the visit behind it, and what was done about it."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import masked_phone
from smartqueue.feedback.actions import follow_up, mark_done
from smartqueue.feedback.models import Feedback
from smartqueue.feedback.queries import (
    agents_to_choose,
    feedback_or_refuse,
    of_category,
    phone_behind,
    search_feedback,
    sites_to_choose,
    summary,
)
from smartqueue.feedback.states import LONGEST_NOTE, FollowUp, NpsCategory, Rating, Tag
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden
from smartqueue.queueing.queries.console import life_of
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import Column, Filters, FormPage, ListPage
from smartqueue.web.shared.words import event_of

ANY: tuple[str, Any] = ("", _("All"))
STARS = {rating: "★" * rating + "☆" * (5 - rating) for rating in Rating.values}


class FeedbackFilters(Filters):
    """Inside the scope: sites and agents are looked up. `since` and `until` are local days, both included."""

    state = forms.ChoiceField(label=_("Follow-up"), choices=[ANY, *FollowUp.choices])
    csat = forms.ChoiceField(
        label=_("Satisfaction"), choices=[ANY, *((str(one.value), one.label) for one in reversed(Rating))]
    )
    nps = forms.ChoiceField(label=_("Would recommend"), choices=[ANY, *NpsCategory.choices])
    site = forms.TypedChoiceField(label=_("Site"), coerce=UUID, empty_value="")
    agent = forms.TypedChoiceField(label=_("Agent"), coerce=UUID, empty_value="")
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, choices in (("site", sites_to_choose()), ("agent", agents_to_choose())):
            field: Any = self.fields[name]
            field.choices = [ANY, *choices]


class FollowUpForm(forms.Form):
    state = forms.ChoiceField(label=_("Follow-up"), choices=FollowUp.choices)
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For your colleagues. The customer does not see it."),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def clean_seen(self) -> datetime:
        """The row's `updated_at` when the page was made."""
        try:
            seen = datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            seen = None
        if seen is None or seen.tzinfo is None:
            raise forms.ValidationError(gettext("Load the page again."), code="invalid")
        return seen


class FeedbackPage(ManagePage):
    needs = Scope.READ_FEEDBACK
    section = "manage-feedback"

    @property
    def may_follow_up(self) -> bool:
        return Scope.MANAGE_TICKET in self.scopes

    def must_follow_up(self) -> None:
        """Raises: Forbidden."""
        if not self.may_follow_up:
            raise Forbidden


class Inbox(FeedbackPage, ListPage):
    """`/{slug}/manage/feedback/`: newest first."""

    template = "manage/feedback.html"
    filters = FeedbackFilters
    sorts = {
        "age": ("-created_at", "-id"),
        "csat": ("csat", "-created_at", "-id"),
        "site": ("site__name", "-created_at", "-id"),
        "agent": ("agent__name", "-created_at", "-id"),
        "state": ("state", "-created_at", "-id"),
    }
    columns = (
        Column("", ""),
        Column("csat", _("Answer")),
        Column("site", _("Visit")),
        Column("agent", _("Agent")),
        Column("age", _("When")),
        Column("state", _("Follow-up")),
    )
    bulk = {"done": _("Mark as done")}

    def rows(self, wanted: dict[str, Any]) -> Any:
        rows = search_feedback(wanted.get("q", ""))
        exact = {"state": "state", "csat": "csat", "site": "site_id", "agent": "agent_id"}
        rows = rows.filter(**{column: wanted[name] for name, column in exact.items() if name in wanted})
        if "nps" in wanted:
            rows = rows.filter(of_category(wanted["nps"]))
        if "since" in wanted:
            rows = rows.filter(created_at__gte=self.midnight(wanted["since"]))
        if "until" in wanted:
            rows = rows.filter(created_at__lt=self.midnight(wanted["until"] + timedelta(days=1)))
        return rows

    def midnight(self, day: Any) -> datetime:
        """The beginning of a local day of the organisation's."""
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.tenant.time_zone))

    def about(self, rows: Any) -> dict[str, Any]:
        return {"stars": STARS, "lately": summary(at=now()), "tag_words": dict(Tag.choices)}

    def do_bulk(self, deed: str, ids: list[str]) -> str:
        self.must_follow_up()
        done = mark_done(feedback_ids=[id for one in ids if (id := _uuid(one))], actor=self.actor, at=now())
        return ngettext("{n} answer is done.", "{n} answers are done.", done).format(n=done)


class OneFeedback(FeedbackPage, FormPage):
    """`…/feedback/{id}/`: what was said, of which visit, and what was done about it."""

    template = "manage/feedback_one.html"
    row: Feedback

    def find(self) -> None:
        self.row = feedback_or_refuse(self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> FollowUpForm:
        now_there = {"state": self.row.state, "note": self.row.note}
        return FollowUpForm(data, initial=now_there, label_suffix="")

    def save(self, form: FollowUpForm) -> HttpResponse:
        self.must_follow_up()
        wanted = form.cleaned_data
        follow_up(
            feedback_id=self.row.id,
            state=wanted["state"],
            note=wanted["note"].replace("\r\n", "\n"),
            seen_at=wanted["seen"],
            actor=self.actor,
            at=now(),
        )
        return self.go("manage-feedback")

    def about(self, form: FollowUpForm) -> dict[str, Any]:
        may_see = Scope.READ_CUSTOMER in self.scopes
        return {
            "title": gettext("Answer about {number}").format(number=self.row.ticket.number),
            "back": reverse("manage-feedback", args=(self.tenant.slug,)),
            "row": self.row,
            "seen": self.row.updated_at.isoformat(),
            "stars": STARS,
            "ratings": dict(Rating.choices),
            "tag_words": dict(Tag.choices),
            "events": [event_of(entry) for entry in life_of(self.row.ticket_id)],
            "phone": masked_phone(phone_behind(self.row.ticket_id)) if may_see else "",
        }


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written[:45])
    except ValueError:
        return None
