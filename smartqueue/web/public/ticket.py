"""`/t/{token}`: a ticket for its owner. The token in the address is the key, and it opens nothing else.

The page weighs 14 kB at most with everything it needs. It holds no secret and asks for no cookie: whoever has the
address may do what its forms do. So the forms need no CSRF token, the same state is the same bytes (ETag, 304), and
compressing it tells an eavesdropper nothing (BREACH); other pages, with CSRF tokens in them, are not compressed.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers, set_response_etag
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page

from smartqueue.forecast.queries.journeys import journey_of
from smartqueue.forecast.queries.promises import promise_of
from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.notifications.actions.consent import start, stop
from smartqueue.notifications.actions.presence import seen_here
from smartqueue.notifications.actions.watches import unwatch, watch
from smartqueue.notifications.queries.told import addresses_of, told_of
from smartqueue.queueing.actions.tickets import cancel_ticket, check_in_ticket, defer_ticket
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.queries import show_ticket
from smartqueue.queueing.queries.board import ticket_of_token
from smartqueue.queueing.queries.overtaken import overtaken
from smartqueue.queueing.queries.public import short_code, surroundings_of
from smartqueue.queueing.states import LIVE, TicketState
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.public.panel import panel_of
from smartqueue.web.shared.errors import Explained, error_page

NO_SUCH_TICKET = Explained(
    _("This link opens no ticket"),
    _("It may be mistyped, or the ticket is long over. If you have a code of eight digits, enter it on the home page."),
    icon="ticket",
)
LONGEST_TOKEN = 40
NEAR = (1, 2, 3, 5, 10)
"""People ahead at which one may ask to be told."""


@method_decorator(gzip_page, name="dispatch")
@method_decorator(csrf_exempt, name="dispatch")
class TicketPage(View):
    """Attributes:
    tenant_id, ticket_id: whose ticket the token opens.
    """

    http_method_names = ["get", "head"]
    tenant_id: UUID
    ticket_id: UUID

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        token = self.kwargs["token"]
        found = ticket_of_token(token) if token.isprintable() and len(token) < LONGEST_TOKEN else None
        if found is None:
            return error_page(request, 404, NO_SUCH_TICKET)
        self.tenant_id, self.ticket_id = found[:2]
        try:
            return super().dispatch(request, *args, **kwargs)
        except TicketNotFound:
            return error_page(request, 404, NO_SUCH_TICKET)
        except RuleBroken as refusal:
            return self.show(refusal)

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """`?here=1` is what a page without JavaScript adds when it looks for news: it lies open in somebody's hand."""
        if request.GET.get("here") == "1":
            seen_here(self.ticket_id)
        return self.show()

    def show(self, refusal: RuleBroken | None = None) -> HttpResponseBase:
        """The page as it is now; 304 when the browser has it."""
        at = now()
        with in_tenant(self.tenant_id):
            ticket = show_ticket(tenant_id=self.tenant_id, ticket_id=self.ticket_id, at=at)
            around = surroundings_of(self.ticket_id)
            told = told_of(self.ticket_id, at=at)
            why = overtaken(self.ticket_id) if ticket and ticket.status == TicketState.WAITING else None
            way = journey_of(self.ticket_id, at=at) if ticket and ticket.status == TicketState.WAITING else None
            said = promise_of(self.ticket_id) if ticket and ticket.eta_seconds is not None else None
        if ticket is None:
            raise TicketNotFound
        context = {
            "ticket": ticket,
            "overtaken": why,
            "panel": panel_of(way),
            "token": self.kwargs["token"],
            "promise": said if said and said.is_off(ticket.eta_seconds or 0, at=at) else None,
            "tenant": around.tenant,
            "site_code": around.site_code,
            "is_live": ticket.status in LIVE,
            "may_pass": max(0, around.max_deferrals - ticket.deferrals),
            "near": [people for people in NEAR if people < (ticket.people_ahead or 0)],
            "told": told,
            "code": short_code(ticket.token),
            "languages": settings.LANGUAGES,
            "refusal": refusal,
        }
        # Without the request: no context processor asks for a person, and no cookie is set.
        response = HttpResponse(
            render_to_string("public/ticket.html", context), status=refusal.status if refusal else 200
        )
        response["Referrer-Policy"] = "no-referrer"  # the address is the key
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Cookie"])
        if refusal:
            return response
        set_response_etag(response)
        return get_conditional_response(self.request, etag=response["ETag"], response=response) or response

    def back(self) -> HttpResponse:
        response = redirect("ticket", token=self.kwargs["token"])
        response.status_code = 303
        return response

    @property
    def actor(self) -> Actor:
        """For the journal, without the token that is in the address."""
        line = f"POST /t/…/{type(self).__name__.lower()}/"
        return Actor.at_the_door(self.request.META, line, kind=ActorKind.CUSTOMER)


class Leave(TicketPage):
    """Out of the line."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        with in_tenant(self.tenant_id):
            cancel_ticket(ticket_id=self.ticket_id, agent_id=None, reason="", actor=self.actor, at=now())
        return self.back()


class Pass(TicketPage):
    """Let the next person go first."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        with in_tenant(self.tenant_id):
            defer_ticket(ticket_id=self.ticket_id, people=1, actor=self.actor, at=now())
        return self.back()


class CheckIn(TicketPage):
    """ "I am here." """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        with in_tenant(self.tenant_id):
            check_in_ticket(ticket_id=self.ticket_id, actor=self.actor, at=now())
        return self.back()


class Near(TicketPage):
    """ "Tell me when so many are ahead of me", or no more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        wanted = request.POST.get("people_ahead", "")
        with in_tenant(self.tenant_id):
            if wanted:
                watch(ticket_id=self.ticket_id, people_ahead=chosen(wanted), at=now())
            else:
                unwatch(ticket_id=self.ticket_id)
        return self.back()


def chosen(people: str) -> int:
    """One of `NEAR`.

    Raises:
        Invalid: it is none of those that the page offers.
    """
    if people not in map(str, NEAR):
        raise Invalid
    return int(people)


class Messages(TicketPage):
    """Messages to the owner's phone and mail address: no more, or again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        deed = start if request.POST.get("messages") == "on" else stop
        with in_tenant(self.tenant_id):
            for channel, address in addresses_of(self.ticket_id):
                deed(tenant_id=self.tenant_id, channel=channel, address=address, actor=self.actor, at=now())
        return self.back()


class PushOffer(TicketPage):
    """The button for a browser that can be told when the page is closed, and the sentences that may follow. Loaded at
    a touch: the page itself has to stay light."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        response = HttpResponse(render_to_string("public/push.html"))
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Cookie"])
        return response


class Language(TicketPage):
    """The reader's language, remembered by the browser."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        response, code = self.back(), request.POST.get("language", "")
        if code in dict(settings.LANGUAGES):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                code,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return response
