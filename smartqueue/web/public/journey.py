"""`/t/{token}/journey/`: wait elsewhere, and be told when to leave. Works with forms alone; a script adds the position.

Like the ticket's page it holds no secret and asks for no cookie: the token in the address is the key.
"""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers

from smartqueue.forecast.actions.journeys import LONGEST_WAY_MIN, forget_journey, move, plan_journey, set_out
from smartqueue.forecast.actions.leaving import look_at_journey
from smartqueue.forecast.queries.journeys import choices_of, journey_of
from smartqueue.forecast.states import MOST_AWAY_PASSES
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.queueing.queries import show_ticket
from smartqueue.queueing.queries.public import surroundings_of
from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.states import Mode, Point
from smartqueue.web.public.panel import panel_of
from smartqueue.web.public.ticket import TicketPage

USUAL_MINUTES = 20


class PlanForm(forms.Form):
    """What the page sends: how somebody comes, and either minutes or the agreement, maybe with a position at once."""

    mode = forms.ChoiceField(choices=Mode.choices)
    minutes = forms.IntegerField(required=False, min_value=1, max_value=LONGEST_WAY_MIN)
    by = forms.ChoiceField(choices=[("minutes", ""), ("position", "")])


class PositionForm(forms.Form):
    """Degrees and metres, as a browser knows them."""

    latitude = forms.FloatField(min_value=-90, max_value=90)
    longitude = forms.FloatField(min_value=-180, max_value=180)
    accuracy_m = forms.FloatField(required=False, min_value=0)

    @property
    def point(self) -> Point:
        return Point(self.cleaned_data["latitude"], self.cleaned_data["longitude"])


class JourneyPage(TicketPage):
    """The question how somebody comes; whoever has answered it is sent back to the ticket, which says when to leave."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        if request.GET.get("part") == "1":
            return self.part()
        return self.ask()

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        form, where = PlanForm(request.POST), PositionForm(request.POST)
        if not form.is_valid():
            return self.ask(Invalid(**{name: list(said) for name, said in form.errors.items()}))
        by_position = form.cleaned_data["by"] == "position"
        minutes = None if by_position else form.cleaned_data["minutes"]
        at = now()
        try:
            with in_tenant(self.tenant_id):
                plan_journey(
                    ticket_id=self.ticket_id, mode=form.cleaned_data["mode"], minutes=minutes, agrees=by_position,
                    actor=self.actor, at=at,
                )  # fmt: skip
                if by_position and where.is_valid():
                    move(
                        ticket_id=self.ticket_id, point=where.point, accuracy_m=where.cleaned_data["accuracy_m"], at=at
                    )
        except RuleBroken as refusal:
            return self.ask(refusal)
        look_at_journey(tenant_id=self.tenant_id, ticket_id=self.ticket_id, at=at)
        return self.back()

    def ask(self, refusal: RuleBroken | None = None) -> HttpResponse:
        """The question; for a ticket that does not wait, the ticket itself."""
        at = now()
        with in_tenant(self.tenant_id):
            ticket = show_ticket(tenant_id=self.tenant_id, ticket_id=self.ticket_id, at=at)
            around = surroundings_of(self.ticket_id)
            choice = choices_of(self.ticket_id)
        if ticket is None or choice is None:
            return self.back() if refusal is None else self._refused(refusal)
        context = {
            "ticket": ticket, "tenant": around.tenant, "choice": choice, "refusal": refusal,
            "errors": refusal.facts.get("errors", {}) if refusal else {},
            "picked": self.request.POST.get("mode") or Mode.TRANSIT,
            "minutes": self.request.POST.get("minutes") or USUAL_MINUTES, "longest": LONGEST_WAY_MIN,
            "most_passes": MOST_AWAY_PASSES, "languages": settings.LANGUAGES,
        }  # fmt: skip
        return _private(
            HttpResponse(render_to_string("public/journey.html", context), status=refusal.status if refusal else 200)
        )

    def part(self) -> HttpResponse:
        """The panel alone, for the script that keeps it fresh; empty where there is no journey."""
        at = now()
        with in_tenant(self.tenant_id):
            around = surroundings_of(self.ticket_id)
            panel = panel_of(journey_of(self.ticket_id, at=at))
        context = {"token": self.kwargs["token"], "panel": panel, "tenant": around.tenant}
        return _private(HttpResponse(render_to_string("public/leave.html", context) if panel else ""))

    def _refused(self, refusal: RuleBroken) -> HttpResponse:
        return self.show(refusal)  # type: ignore[return-value]  # a page of HTML


class Position(JourneyPage):
    """Where the phone is now; answered with the panel as it is after that. For the script: plain forms need it not."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        where, at = PositionForm(request.POST), now()
        if not where.is_valid():
            return HttpResponse(status=400)
        try:
            with in_tenant(self.tenant_id):
                is_kept = move(
                    ticket_id=self.ticket_id, point=where.point, accuracy_m=where.cleaned_data["accuracy_m"], at=at
                )
        except RuleBroken as refusal:
            return HttpResponse(status=refusal.status)
        if is_kept:
            look_at_journey(tenant_id=self.tenant_id, ticket_id=self.ticket_id, at=at)
        return self.part()


class SetOut(TicketPage):
    """ "I am leaving." """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        with in_tenant(self.tenant_id):
            set_out(ticket_id=self.ticket_id, at=now())
        return self.back()


class Forget(TicketPage):
    """ "I wait at the site": the journey and what it knew of the position are gone."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        with in_tenant(self.tenant_id):
            forget_journey(ticket_id=self.ticket_id, actor=self.actor, at=now())
        return self.back()


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    return response
