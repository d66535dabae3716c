"""`POST /{slug}/sites/{code}/take/`: a place in the line, once however often it is asked for."""

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from smartqueue.customers.actions import customer_by_phone
from smartqueue.customers.states import Language
from smartqueue.journal.actions import claim_key, remember_answer
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, NotFound, RuleBroken
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.queries.public import held_tickets, public_queue, token_of_ticket
from smartqueue.queueing.states import Channel
from smartqueue.web.public.limits import Kind, count
from smartqueue.web.public.memory import Memory, recall, remember
from smartqueue.web.public.sites import SitePage

LONGEST_PHONE = 30


class Take(SitePage):
    """One transaction, as every request with an idempotency key: the key, the ticket and the answer stand together."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, code: str) -> HttpResponse:
        memory = recall(request)
        with self.scope():
            token = self.take(memory)
        response = redirect("ticket", token=token)
        response.status_code = 303
        remember(response, memory.with_ticket(token))
        return response

    def take(self, memory: Memory) -> str:
        """The ticket's token: of a live one that this browser holds in the queue, of the one that the same form has
        taken before, or of a new one.

        Raises:
            RuleBroken: nothing was written.
        """
        at, posted = now(), self.request.POST
        queue_id = self.wanted_queue(posted.get("queue", ""))
        for held in held_tickets(memory.tokens):
            if held.queue_id == queue_id:
                return held.token
        key = form_key(posted.get("key", ""), memory)
        row_id, answer = claim_key(
            tenant_id=self.tenant.id,
            caller="browser",
            key=f"{key}.{queue_id}",
            fingerprint=hashlib.sha256(queue_id.bytes).digest(),
            at=at,
        )
        if answer is not None:
            return bytes(answer.body).decode()
        count(Kind.TAKE, self.request.META.get("REMOTE_ADDR", ""))
        customer_id = self.customer_of(posted.get("phone", "").strip()) if posted.get("phone", "").strip() else None
        ticket_id = issue_ticket(
            tenant_id=self.tenant.id,
            queue_id=queue_id,
            channel=channel_of(self.request),
            actor=self.actor,
            at=at,
            customer_id=customer_id,
            language=get_language() or "",
        )
        token = token_of_ticket(ticket_id)
        remember_answer(row_id=row_id, status=303, body=token.encode())
        return token

    def wanted_queue(self, written: str) -> UUID:
        """Raises: Invalid when none was chosen, NotFound when it is not one of this site's."""
        if not written:
            raise Invalid(queue=_("Choose what you come for."))
        try:
            queue = public_queue(UUID(written[:45]), site_id=self.site_or_refuse().id)
        except ValueError:
            queue = None
        if queue is None:
            raise NotFound
        return queue.id

    def customer_of(self, phone: str) -> UUID:
        """Raises: Invalid."""
        if len(phone) > LONGEST_PHONE or "\0" in phone:
            raise Invalid(phone=_("This is not a valid phone number."))
        language = get_language() or Language.FRENCH
        return customer_by_phone(
            tenant_id=self.tenant.id, phone=phone, language=language, actor=self.actor, at=now()
        ).id

    def refused(self, request: HttpRequest, refusal: RuleBroken) -> HttpResponse:
        """The page again, with the reason and what was typed."""
        return super().refused(request, refusal) if isinstance(refusal, NotFound) else self.show_site(refusal=refusal)


def form_key(posted: str, memory: Memory) -> str:
    """The key that the page was made with, if it was made for this browser: a key leads to a ticket, so nobody may
    bring another's."""
    return posted if posted.isascii() and posted.startswith(f"{memory.browser}.") and len(posted) < 64 else memory.key


def channel_of(request: HttpRequest) -> Channel:
    is_phone = request.headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in request.headers.get("User-Agent", "")
    return Channel.MOBILE if is_phone else Channel.WEB
