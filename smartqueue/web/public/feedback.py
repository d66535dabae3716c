"""`/t/{token}/feedback/`: how the visit was. One screen for a cheap phone, without a script, answered once.

It looks as the ticket's page does and uses its style sheet, which the phone has already. Nothing is counted against
the sender's address: the ticket's token is the key, and it opens one answer.
"""

from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from smartqueue.feedback.actions import Answer, give_feedback
from smartqueue.feedback.queries import Visit, refusal_to_ask, visit_of_token
from smartqueue.feedback.states import LONGEST_COMMENT, Rating, Tag
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.states import Channel
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.public.ticket import Language, TicketPage


class Face(NamedTuple):
    """One of the five; `mouth` is an SVG path in a square of 24."""

    value: str
    word: str | Promise
    mouth: str


MOUTHS = (
    "M7.5 17.5q.5-4.5 4.5-4.5t4.5 4.5z", "M8 16.5q4-3 8 0", "M8 15.5h8", "M8 14.5q4 3 8 0",
    "M7.5 13.5q.5 4.5 4.5 4.5t4.5-4.5z",
)  # fmt: skip
FACES = [Face(str(one.value), one.label, mouth) for one, mouth in zip(Rating, MOUTHS, strict=True)]
LIKELY = [str(n) for n in range(11)]


class Lines(forms.CharField):
    """Browsers send a line's end as two signs and count it as one."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


def _number(choices: list[str], **options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(choices=[(one, one) for one in choices], coerce=int, empty_value=None, **options)


class AnswerForm(forms.Form):
    csat = _number([face.value for face in FACES], error_messages={"required": _("Choose one of the five faces.")})
    nps = _number(LIKELY, required=False)
    wait_rating = _number([face.value for face in FACES], required=False)
    quality_rating = _number([face.value for face in FACES], required=False)
    tags = forms.MultipleChoiceField(choices=Tag.choices, required=False)
    comment = Lines(max_length=LONGEST_COMMENT, required=False)

    def __init__(self, visit: Visit, data: Any = None) -> None:
        super().__init__(data)
        if not visit.was_served:
            del self.fields["quality_rating"]

    @property
    def picked(self) -> dict[str, Any]:
        """What is chosen on the page, as text."""
        chosen = {name: self.data.get(name, "") for name in self.fields if name != "tags"}
        return chosen | {"tags": self.data.getlist("tags") if self.is_bound else []}  # type: ignore[attr-defined]

    @property
    def details(self) -> list[tuple[str, str | Promise, str]]:
        """What else may be rated: name, words, what is chosen."""
        asked = {"wait_rating": _("The wait"), "quality_rating": _("The service at the counter")}
        return [(name, words, self.data.get(name, "")) for name, words in asked.items() if name in self.fields]


class Feedback(TicketPage):
    """The form; thanks where it was answered; a sentence where it is too early or too late."""

    http_method_names = ["get", "head", "post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        with in_tenant(self.tenant_id):
            form = AnswerForm(visit_of_token(token), request.POST)
            if form.is_valid():
                give_feedback(
                    token=token,
                    answer=Answer(**form.cleaned_data),
                    language=get_language() or "",
                    channel=Channel.WEB,
                    actor=self.actor,
                    at=now(),
                )
                return self.back()
        return self.show(form=form)

    def show(self, refusal: RuleBroken | None = None, form: AnswerForm | None = None) -> HttpResponseBase:
        with in_tenant(self.tenant_id):
            visit = visit_of_token(self.kwargs["token"])
        context = {
            "visit": visit,
            "tenant": visit.tenant,
            "token": self.kwargs["token"],
            "form": form or AnswerForm(visit),
            "refusal": refusal or refusal_to_ask(visit, at=now()),
            "was_refused": refusal is not None,
            "faces": FACES,
            "given": FACES[visit.answered - 1] if visit.answered else None,
            "likely": LIKELY,
            "tags": Tag.choices,
            "longest": LONGEST_COMMENT,
            "languages": settings.LANGUAGES,
        }
        status = refusal.status if refusal else 400 if form else 200
        response = HttpResponse(render_to_string("public/feedback.html", context), status=status)
        response["Referrer-Policy"] = "no-referrer"  # the address is the key
        patch_cache_control(response, private=True, no_store=True)
        return response

    def back(self) -> HttpResponse:
        return to_feedback(self.kwargs["token"])


class FeedbackLanguage(Language):
    """The reader's language, and back to the questions."""

    def back(self) -> HttpResponse:
        return to_feedback(self.kwargs["token"])


def to_feedback(token: str) -> HttpResponse:
    """See other: loading the page again sends nothing twice."""
    response = redirect("ticket-feedback", token=token)
    response.status_code = 303
    return response
