"""The kiosk's addresses for programs: its state, its numbers, tickets now and tickets later."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext

from smartqueue.customers.actions import customer_by_phone
from smartqueue.devices.actions.prints import add_print, send_print
from smartqueue.devices.queries import queues_of
from smartqueue.devices.states import Printer
from smartqueue.journal.actions import claim_key, remember_answer
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.queueing.actions.blocks import issue_from_block, lease_block, return_block
from smartqueue.queueing.errors import QueueNotFound
from smartqueue.queueing.queries import show_ticket
from smartqueue.queueing.queries.blocks import open_blocks, queue_of_block
from smartqueue.web.kiosk.device import KioskAnswer, body_of
from smartqueue.web.kiosk.shown import block_json, state_of, ticket_json
from smartqueue.web.kiosk.slips import slip_of

BLOCK_SIZE, ENOUGH = 20, 8
BLOCKS_AT_ONCE = 3
"""Sixty squares to draw: a second's work. A kiosk of twenty services asks several times when its day begins."""
MOST_AT_ONCE = 50
LONGEST_KEY = 255


class State(KioskAnswer):
    """`GET /kiosk/state/`: what the tiles show; 304 when the kiosk has it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        with self.scope():
            body = orjson.dumps(state_of(self.device, at=now()))
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers={"ETag": tag})
        return HttpResponse(body, content_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})


class Blocks(KioskAnswer):
    """`POST /kiosk/blocks/ {"have": [ids]}`: fresh numbers where they run low; `more`: ask again.

    A block that the kiosk does not know (its answer was lost, its store was emptied) is taken back and voided: a
    number of it may be on paper, so nobody else gets it.
    """

    def post(self, request: HttpRequest) -> HttpResponse:
        have = {str(one) for one in _list(body_of(request), "have")}
        with self.scope():
            for block in open_blocks(self.device.id):
                if str(block.id) not in have:
                    return_block(block_id=block.id, used=None, at=now(), **self.who)
        fresh: set[UUID] = set()
        for queue in self.queues():
            if len(fresh) < BLOCKS_AT_ONCE and (block_id := self.lease(queue)):
                fresh.add(block_id)
        with self.scope():
            held = open_blocks(self.device.id)
        base = request.build_absolute_uri("/").rstrip("/")
        return _json(
            {
                "more": len(fresh) == BLOCKS_AT_ONCE,
                "open": [str(block.id) for block in held],
                "blocks": [block_json(block, base) for block in held if block.id in fresh],
            }
        )

    def queues(self) -> list[UUID]:
        with self.scope():
            return [queue.id for queue in queues_of(self.device)]

    def lease(self, queue_id: UUID) -> UUID | None:
        try:
            return lease_block(queue_id=queue_id, size=BLOCK_SIZE, enough=ENOUGH, at=now(), **self.who)
        except RuleBroken:  # closed or paused: it gives no ticket now
            return None

    @property
    def who(self) -> dict[str, Any]:
        return {"tenant_id": self.tenant.id, "device_id": self.device.id, "actor": self.actor}


class Tickets(KioskAnswer):
    """`POST /kiosk/tickets/ {"block", "sequence", "language", "phone"?}` under an `Idempotency-Key`: a ticket, now."""

    is_printed = False

    def post(self, request: HttpRequest) -> HttpResponse:
        wish = body_of(request) | {"key": request.headers.get("Idempotency-Key", ""), "arrived_at": None}
        return HttpResponse(self.issue(wish), status=201, content_type="application/json")

    def issue(self, wish: dict[str, Any]) -> bytes:
        """The ticket of a leased number, once per key; the same key again, the same answer byte by byte."""
        at = now()
        key, block_id, sequence = _key(wish), _uuid(wish, "block"), _whole(wish, "sequence")
        with self.scope():
            row_id, known = claim_key(
                tenant_id=self.tenant.id, caller=f"device:{self.device.id}", key=key,
                fingerprint=hashlib.sha256(f"{block_id}:{sequence}".encode()).digest(), at=at,
            )  # fmt: skip
            if known is not None:
                return bytes(known.body)
            self.refuse_if_hidden(block_id)
            ticket_id = issue_from_block(
                tenant_id=self.tenant.id, block_id=block_id, device_id=self.device.id, sequence=sequence,
                arrived_at=_instant(wish.get("arrived_at")) or at, actor=self.actor, at=at,
                is_printed=self.is_printed, language=_language(wish), customer_id=self.customer(wish, at),
            )  # fmt: skip
            body = orjson.dumps(self.answer(ticket_id, _language(wish), at))
            remember_answer(row_id=row_id, status=201, body=body)
        return body

    def refuse_if_hidden(self, block_id: UUID) -> None:
        """A number that was leased before its queue was kept off this kiosk is given out no more; on paper, it was.

        Raises:
            QueueNotFound: the block's queue is none of the kiosk's any more.
        """
        queue_id = None if self.is_printed else queue_of_block(block_id, device_id=self.device.id)
        if queue_id and queue_id not in {queue.id for queue in queues_of(self.device)}:
            raise QueueNotFound

    def customer(self, wish: dict[str, Any], at: datetime) -> UUID | None:
        phone = str(wish.get("phone") or "").strip()
        if not phone:
            return None
        try:
            language = _language(wish) or self.tenant.locale
            return customer_by_phone(
                tenant_id=self.tenant.id, phone=phone, language=language, actor=self.actor, at=at
            ).id
        except Invalid:
            if self.is_printed:  # nobody is there to type it again
                return None
            raise

    def answer(self, ticket_id: UUID, language: str, at: datetime) -> dict[str, Any]:
        ticket = show_ticket(tenant_id=self.tenant.id, ticket_id=ticket_id, at=at)
        assert ticket is not None
        told = ticket_json(ticket, self.device.site, self.request.build_absolute_uri("/").rstrip("/"))
        if self.is_printed or self.device.printer != Printer.ESCPOS:
            return told
        slip = slip_of(told, organisation=self.tenant.name, language=language)
        print_id = add_print(tenant_id=self.tenant.id, device_id=self.device.id, ticket_id=ticket_id, slip=slip, at=at)
        return told | {"print": str(print_id)}


class Sync(Tickets):
    """`POST /kiosk/sync/ {"tickets": [{"key", "block", "sequence", "arrived_at", "language", "phone"?}]}`.

    Each in a transaction of its own, in this order: one that is refused does not hold up the others.
    """

    is_printed = True

    def post(self, request: HttpRequest) -> HttpResponse:
        wishes = _list(body_of(request), "tickets")[:MOST_AT_ONCE]
        return _json({"tickets": [self.bring(wish) for wish in wishes if isinstance(wish, dict)]})

    def bring(self, wish: dict[str, Any]) -> dict[str, Any]:
        key = str(wish.get("key", ""))
        try:
            return {"key": key, "ticket": orjson.loads(self.issue(wish))}
        except RuleBroken as refusal:
            return {"key": key, "code": refusal.code}


class Prints(KioskAnswer):
    """`POST /kiosk/prints/{id}/`: the network printer prints the ticket, now or once more, and says whether it did."""

    def post(self, request: HttpRequest, print_id: UUID) -> HttpResponse:
        status = send_print(
            tenant_id=self.tenant.id, device_id=self.device.id, print_id=print_id, actor=self.actor, at=now()
        )
        return _json({"status": status})


def _json(values: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(values), content_type="application/json")


def _list(values: dict[str, Any], name: str) -> list[Any]:
    found = values.get(name)
    if not isinstance(found, list):
        raise Invalid(**{name: gettext("Give a list.")})
    return found


def _key(wish: dict[str, Any]) -> str:
    key = wish.get("key")
    if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise Invalid(**{"Idempotency-Key": gettext("From 1 to 255 printable characters.")})
    return key


def _uuid(wish: dict[str, Any], name: str) -> UUID:
    try:
        return UUID(str(wish.get(name)))
    except ValueError:
        raise Invalid(**{name: gettext("This is not an id.")}) from None


def _whole(wish: dict[str, Any], name: str) -> int:
    found = wish.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 2**31:
        raise Invalid(**{name: gettext("Give a whole number above zero.")})
    return found


def _language(wish: dict[str, Any]) -> str:
    found = wish.get("language")
    return found if found in {"fr", "wo", "en"} else ""


def _instant(text: Any) -> datetime | None:
    """By the kiosk's clock; None for what is no time with an offset."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
