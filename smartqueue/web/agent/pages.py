"""The agent's console: one page, its line, and what one may do there.

Every answer to a press is the console as it is now. With htmx that is a fragment and a toast; without scripts the
browser is sent back to the page, which says the same.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden, NotFound, RuleBroken
from smartqueue.kernel.ids import uuid7
from smartqueue.queueing.errors import AgentNotFound
from smartqueue.queueing.states import Outcome, Priority
from smartqueue.tenants.states import Scope
from smartqueue.web.agent import words
from smartqueue.web.agent.desk import Desk, look, look_at_line
from smartqueue.web.shared.pages import MemberPage


@dataclass(frozen=True)
class Done:
    """What a press has done.

    Attributes:
        sentence: for the toast; '' for none.
        undo: the ticket whose last move can be taken back for ten seconds.
    """

    sentence: str = ""
    undo: UUID | None = None


class ConsolePage(MemberPage):
    """For agents of the tenant; a member who is none is told what to do."""

    needs = Scope.WRITE_TICKET

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """htmx would write the address of a boosted form into the browser's address line."""
        response = super().dispatch(request, *args, **kwargs)
        response["HX-Push-Url"] = "false"
        return response

    @property
    def is_htmx(self) -> bool:
        return bool(self.request.headers.get("HX-Request"))

    @property
    def manages(self) -> bool:
        """Whether the person may move anybody's ticket."""
        return Scope.MANAGE_TICKET in self.scopes

    def here(self) -> str:
        return reverse("counter", kwargs={"slug": self.tenant.slug})

    def look(self, sought: str = "", look: Callable[..., Desk] = look) -> Desk:
        """What the person sees now. Inside the scope."""
        who = {"tenant_id": self.tenant.id, "user_id": self.user_id, "manages": self.manages}
        return look(**who, at=now(), sought=sought)

    def render_desk(self, template: str, desk: Desk, *, status: int = 200, **context: Any) -> HttpResponse:
        """Render inside the scope, with the clock of the agent's site."""
        common = {
            "desk": desk,
            "hand": desk.hand,
            "at": desk.at,
            "once": uuid7(),
            "words": words,
            "dialogs": dialogs_of(desk, may_note=Scope.WRITE_CUSTOMER in self.scopes),
            "outcomes": Outcome.choices,
            "priorities": Priority.choices,
            "may_see": Scope.READ_CUSTOMER in self.scopes,
            "may_note": Scope.WRITE_CUSTOMER in self.scopes,
        }
        counter = desk.agent.counter
        with timezone.override(ZoneInfo(counter.site.time_zone if counter else self.tenant.time_zone)):
            return self.show(template, common | context, status=status)

    def refused(self, request: HttpRequest, refusal: RuleBroken) -> HttpResponse:
        if isinstance(refusal, AgentNotFound):
            return self.show("agent/no_agent.html", status=403)
        return super().refused(request, refusal)


def dialogs_of(desk: Desk, *, may_note: bool) -> list[str]:
    """The dialogs that make sense now."""
    if not desk.is_seated:
        return []
    sensible = ["walk-in", "call"] if desk.queues else []
    if desk.hand is None:
        return sensible if desk.on_break else [*sensible, "break"]
    at_hand = ["finish", "park", "transfer", *(["put-back"] if desk.hand.is_called else [])]
    return [*sensible, *at_hand, *(["note"] if may_note and desk.hand.ticket.customer_id else [])]


class Console(ConsolePage):
    """`/{slug}/counter/`: the whole page, or the fragment for htmx. `?dialog=` opens one without a script."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        asked = request.GET
        with self.scope():
            desk = self.look(asked.get("q", ""))
            return self.render_desk(
                "agent/answer.html" if self.is_htmx else "agent/page.html",
                desk,
                open=asked.get("dialog", ""),
                chosen=next((row for row in desk.rows if row.id == asked.get("ticket")), None),
                undo=_uuid(asked.get("did", "")),
            )


class Line(ConsolePage):
    """`/{slug}/counter/line/`: those who wait, for a page that has heard that the line moved."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        if not self.is_htmx:
            return HttpResponseRedirect(self.here())
        with self.scope():
            desk = self.look(request.GET.get("q", ""), look_at_line)
            return self.render_desk("agent/line_answer.html", desk)


class Doing(ConsolePage):
    """One press. `do` calls actions; the answer is the console as it is afterwards."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, **where: Any) -> HttpResponse:
        return self.answer(self.do(now(), **where))

    @abstractmethod
    def do(self, at: datetime, **where: Any) -> Done:
        """Act.

        Raises:
            RuleBroken: becomes a toast, beside the console as it is now.
        """

    def answer(self, done: Done) -> HttpResponse:
        if self.is_htmx:
            return self.as_it_is_now(sentence=done.sentence, undo=done.undo)
        if done.sentence:
            messages.info(self.request, done.sentence)
        return HttpResponseRedirect(self.here() + (f"?did={done.undo}" if done.undo else ""), status=303)

    def as_it_is_now(self, *, status: int = 200, **told: Any) -> HttpResponse:
        with self.scope():
            desk = self.look()
            return self.render_desk("agent/answer.html", desk, status=status, **told)

    def refused(self, request: HttpRequest, refusal: RuleBroken) -> HttpResponse:
        """A form that is not complete stays open and says why; everything else shows how things stand."""
        if not self.may_be_told(refusal):
            return super().refused(request, refusal)
        sentence = sentence_of(refusal)
        if not self.is_htmx:
            messages.error(request, sentence)
            return HttpResponseRedirect(self.here(), status=303)
        if refusal.status == 400:
            return HttpResponse(sentence, status=400, content_type="text/plain; charset=utf-8")
        return self.as_it_is_now(status=refusal.status, sentence=sentence, wrong=True)

    def may_be_told(self, refusal: RuleBroken) -> bool:
        """Not to those who may not be here: they see the door."""
        here = hasattr(self, "user_id") and hasattr(self, "scopes")
        return here and not isinstance(refusal, AgentNotFound) and type(refusal) not in (NotFound, Forbidden)


def sentence_of(refusal: RuleBroken) -> str:
    """What the reader is told: of a form, its first fault."""
    for faults in refusal.facts.get("errors", {}).values():
        return str(faults[0]["message"])
    return str(refusal)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
