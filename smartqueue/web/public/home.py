"""`/`: which organisation, or back to a ticket by its code."""

import unicodedata
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views import View

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound, RuleBroken
from smartqueue.queueing.queries import TicketView, show_ticket
from smartqueue.queueing.queries.board import ticket_of_token
from smartqueue.queueing.states import LIVE
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.queries import active_tenant, tenants_by_slug
from smartqueue.web.public.codes import token_behind
from smartqueue.web.public.memory import Memory, recall

MOST_SHOWN = 60


class Home(View):
    """Open to anyone; says nothing about a person but what the browser itself remembers."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """A short code; a code belongs to an organisation."""
        try:
            tenant = active_tenant(request.POST.get("organisation", "")[:50].replace("\0", ""))
            if tenant is None:
                raise NotFound
            address = request.META.get("REMOTE_ADDR", "")
            token = token_behind(request.POST.get("code", ""), tenant_id=tenant.id, address=address, at=now())
        except RuleBroken as refusal:
            return told_to_wait(self.show(refusal=refusal, status=refusal.status), refusal)
        return redirect("ticket", token=token)

    def show(self, *, refusal: RuleBroken | None = None, status: int = 200) -> HttpResponse:
        sought = self.request.GET.get("q", "").strip()[:80]
        organisations = active_organisations()
        found = [one for one in organisations if plain(sought) in plain(one.name)]
        context: dict[str, Any] = {
            "organisations": organisations,
            "found": found[:MOST_SHOWN],
            "more": len(found) - MOST_SHOWN,
            "sought": sought,
            "held": held_anywhere(recall(self.request)),
            "refusal": refusal,
        }
        response = render(self.request, "public/home.html", context, status=status)
        patch_cache_control(response, private=True, no_store=True)
        return response


def active_organisations() -> list[Tenant]:
    return sorted((one for one in tenants_by_slug() if one.is_active), key=lambda one: plain(one.name))


def plain(words: str) -> str:
    """Without accents and case."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", words) if not unicodedata.combining(sign)).casefold()


def held_anywhere(memory: Memory) -> list[TicketView]:
    """The live tickets that this browser took, newest first; three at most, two queries each."""
    found = [ticket_of_token(token) for token in reversed(memory.tokens[-3:])]
    shown = [show_ticket(tenant_id=ids[0], ticket_id=ids[1], at=now()) for ids in found if ids]
    return [ticket for ticket in shown if ticket and ticket.status in LIVE]


def told_to_wait(response: HttpResponse, refusal: RuleBroken) -> HttpResponse:
    """With `Retry-After`, where the refusal says for how long."""
    if "retry_after_s" in refusal.facts:
        response["Retry-After"] = str(refusal.facts["retry_after_s"])
    return response
