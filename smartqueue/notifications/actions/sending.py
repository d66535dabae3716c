"""Handing messages over: one at a time, with no transaction open while a provider is waited for.

A message goes through three short transactions: it is claimed, it is judged, and what became of it is noted. A process
that dies in between leaves a lease behind. Whoever takes the message over when the lease has run out asks the account
first whether it has arrived, where the provider can tell; so a death costs one message twice at most, under one name.
"""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction

from smartqueue.journal.actions.poke import Poker
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.kernel.sealed import SealBroken
from smartqueue.notifications.actions.breaker import ACCOUNT_AT_FAULT, note_failure, note_success
from smartqueue.notifications.actions.claiming import Claim, claim_one, overdue, stranded
from smartqueue.notifications.actions.consent import stop
from smartqueue.notifications.actions.integrations import secrets_of
from smartqueue.notifications.actions.outgoing import fall_back
from smartqueue.notifications.actions.spending import give_back, reserve, settle
from smartqueue.notifications.actions.statuses import catch_up, one_at_a_time, tell
from smartqueue.notifications.models import Conversation, Integration, Notification, PushSubscription, Stop
from smartqueue.notifications.queries import still_true
from smartqueue.notifications.queries.optout import optout_link
from smartqueue.notifications.states import (
    ABOUT_THE_TICKET,
    CHANNEL_OF,
    REPLY,
    SIMULATION,
    WEB_PUSH,
    MessageChannel,
    NotificationState,
    Outcome,
    WhyNot,
)
from smartqueue.notifications.transports import transport_class
from smartqueue.notifications.transports.base import Handed, Outgoing, Transport, TransportFault
from smartqueue.outbound.deadline import Deadline
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

MOST = 200
"""Messages that one drain sends before it lets go: a worker that is to end waits for no more than these."""
MOST_TRIES = 8
MOST_UNANSWERED = 2
SEND_S, FIND_S = 12, 8
"""Seconds for a try and for the question before it; together less than the lease."""
LONGEST_PAUSE_S = 60
SWEPT_AT_ONCE = 500
WINDOW = timedelta(hours=24)
"""For so long after a person's last words WhatsApp takes words of our own."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that may go out, and the way."""

    claim: Claim
    message: Outgoing
    integration: Integration | None

    def transport(self) -> Transport:
        return transport_of(self.integration) if self.integration else transport_class(self.claim.way)({}, {})

    def send(self) -> Handed:
        return self.transport().send(self.message, Deadline(SEND_S))

    def find(self) -> Handed | None:
        return self.transport().find(self.message, Deadline(FIND_S))


def send_due(*, at: datetime | None = None, most: int = MOST, more: Callable[[], None] | None = None) -> int:
    """Send what may go out now, most urgent first, until nothing is left or `most` are done. Several may run at once.

    Args:
        at: the instant, timezone-aware; None reads the clock before every message.
        more: called when the first message was found: another sender may be of use.

    Returns:
        How many messages were looked at.
    """
    done = 0
    while done < most and (claim := claim_one(at=at or now())):
        if more and not done:
            more()
        send_one(claim=claim, at=at)
        done += 1
    return done


def send_one(*, claim: Claim, at: datetime | None = None) -> None:
    """Bring one claimed message as far as it comes today. Never inside a transaction."""
    letter = _looked_at(claim) if claim.is_in_doubt else None
    handed, fault = _asked(letter.find) if letter else (None, None)
    if fault:  # nobody knows any better than before
        fault = TransportFault(fault.outcome, is_unknown=True, retry_after_s=fault.retry_after_s, said=fault.said)
    if not handed and not fault and (letter := _judged(claim, at or now())):
        handed, fault = _asked(letter.send)
    if letter and handed:
        _note_handed(letter, handed, at or now())
    elif letter and fault:
        _note_fault(letter, fault, at or now())


def transport_of(integration: Integration) -> Transport:
    """What speaks to a tenant's account.

    Raises:
        TransportFault: its secret cannot be read any more.
    """
    try:
        secrets = secrets_of(integration)
    except SealBroken:
        raise TransportFault(Outcome.BAD_SEAL) from None
    return transport_class(integration.provider)(integration.settings, secrets)


def _asked(question: Callable[[], Handed | None]) -> tuple[Handed | None, TransportFault | None]:
    try:
        return question(), None
    except TransportFault as fault:
        return None, fault
    except Exception as error:
        # A provider's answer that we did not expect must not hold back what is behind it.
        logger.exception("a transport failed in a way of its own")
        return None, TransportFault(Outcome.NOT_UNDERSTOOD, is_unknown=True, said=type(error).__name__)


def _looked_at(claim: Claim) -> Letter | None:
    with in_tenant(claim.tenant_id):
        row = _mine(claim)
        return _letter(claim, row, now()) if row and claim.way != SIMULATION else None


def _judged(claim: Claim, at: datetime) -> Letter | None:
    """Whether a message may go out after all; if so, its price is reserved. A simulated one is sent by that."""
    with in_tenant(claim.tenant_id):
        row = _mine(claim)
        if row is None:
            return None
        if why := _why_not(row, at):
            _fail(row, why, at, keeps_money=claim.is_in_doubt)
            return None
        if _was_tried_enough(claim, row):
            _fail(row, WhyNot.GIVEN_UP, at, falls_back=True, keeps_money=claim.is_in_doubt)
            return None
        letter = _letter(claim, row, at)
        price = letter.integration.price_xof if letter.integration else 0
        zone = Tenant.objects.values_list("time_zone", flat=True).get(id=row.tenant_id)
        if claim.way != SIMULATION and not reserve(notification=row, price_xof=price, time_zone=zone, at=at):
            _fail(row, WhyNot.OVER_CAP, at)
            return None
        if claim.way == SIMULATION:
            _succeed(row, Handed("", row.parts), at, way=SIMULATION)
            return None
        row.save(update_fields=["cost_xof", "history"])
        return letter


def _mine(claim: Claim) -> Notification | None:
    """The row, locked, as long as nobody else has taken it over."""
    rows = Notification.objects.select_for_update(no_key=True)
    return rows.filter(id=claim.id, status=NotificationState.PENDING, tries=claim.tries).first()


def _why_not(row: Notification, at: datetime) -> str:
    if row.expires_at <= at:
        return WhyNot.EXPIRED
    if not still_true(row):
        return WhyNot.WITHDRAWN
    if row.kind != REPLY and Stop.objects.filter(channel=row.channel, address=row.address).exists():
        return WhyNot.STOPPED
    return ""


def _was_tried_enough(claim: Claim, row: Notification) -> bool:
    """Every try that got no answer may have reached the person. Where nobody can tell, a second one is the last."""
    if row.tries > MOST_TRIES:
        return True
    if not claim.is_in_doubt or claim.way == SIMULATION or transport_class(claim.way).find is not Transport.find:
        return False
    answered = sum(line["status"] == "retry" and not line.get("is_unknown") for line in row.history)
    return bool(row.tries - 1 - answered >= MOST_UNANSWERED)


def _letter(claim: Claim, row: Notification, at: datetime) -> Letter:
    account = None
    if claim.way not in (SIMULATION, WEB_PUSH):
        account = Integration.objects.get(provider=claim.way)
    name = Tenant.objects.values_list("name", flat=True).get(id=row.tenant_id)
    spoke = Conversation.objects.filter(channel=row.channel, address=row.address, touched_at__gt=at - WINDOW)
    message = Outgoing(
        id=row.id, to=row.address, kind=row.kind, language=row.language, subject=row.subject, body=row.body,
        link=row.link, life_s=max(1, int((row.expires_at - at).total_seconds())), is_urgent=row.urgency == 0,
        values=row.values, report_to=report_to(account) if account else "", sender_name=name,
        stop_url=_stop_url(row),
        is_window_open=row.channel == MessageChannel.WHATSAPP and spoke.exists(),
    )  # fmt: skip
    return Letter(claim, message, account)


def _stop_url(row: Notification) -> str:
    """Where a letter's reader ends such letters; what is about the own visit has no such link."""
    if row.channel != MessageChannel.EMAIL or row.kind in ABOUT_THE_TICKET:
        return ""
    return optout_link(tenant_id=row.tenant_id, channel=row.channel, address=row.address)


def report_to(account: Integration) -> str:
    """Where the provider of an account says what became of a message."""
    return f"{settings.PUBLIC_URL}/hooks/{account.provider}/{account.hook_key}/"


def _note_handed(letter: Letter, handed: Handed, at: datetime) -> None:
    """The provider has it, whoever holds the row by now."""
    with in_tenant(letter.claim.tenant_id):
        # Before the row, as who takes in a report does: else each would wait for the other.
        one_at_a_time(letter.claim.way, handed.provider_id)
        row = Notification.objects.select_for_update(no_key=True).filter(id=letter.claim.id).first()
        if row is None:
            return
        if letter.integration:
            note_success(integration=letter.integration)
        if row.provider_id and row.provider_id != handed.provider_id:
            return  # it was handed over twice; the other one is known already
        _succeed(row, handed, at, way=letter.claim.way)


def _succeed(row: Notification, handed: Handed, at: datetime, *, way: str) -> None:
    """A report may have come before the answer: then it counts as sent, or as delivered, already."""
    if row.status == NotificationState.PENDING:
        row.status = NotificationState.SENT
    row.sent_at, row.leased_until = row.sent_at or at, None
    row.provider, row.provider_id, row.is_simulated = way, handed.provider_id, way == SIMULATION
    settle(notification=row, parts=handed.parts, cost_xof=handed.cost_xof)
    is_news = all(line["status"] != "sent" for line in row.history)
    if is_news:
        _line(row, "sent", at, provider=way)
    row.save(update_fields=[
        "status", "sent_at", "leased_until", "provider", "provider_id", "is_simulated", "parts", "cost_xof", "history",
    ])  # fmt: skip
    if is_news:
        tell(row, "message.sent", at)
    catch_up(notification=row, at=at)


def _note_fault(letter: Letter, fault: TransportFault, at: datetime) -> None:
    with in_tenant(letter.claim.tenant_id):
        row = _mine(letter.claim)
        if letter.integration:
            note_failure(integration=letter.integration, outcome=fault.outcome, at=at)
        if row is None:
            return
        if fault.outcome == Outcome.RECIPIENT_GONE and row.channel == MessageChannel.PUSH:
            PushSubscription.objects.filter(endpoint=_endpoint(row.address)).delete()
        elif fault.outcome == Outcome.RECIPIENT_GONE and row.channel == MessageChannel.SMS:
            # This person has said STOP to the provider, which only an own message to us can undo.
            stop(tenant_id=row.tenant_id, channel=row.channel, address=row.address, actor=SYSTEM, at=at)
        due_at = _due_again(row, fault, at)
        if due_at is None or due_at >= row.expires_at:
            _fail(
                row, WhyNot.GIVEN_UP if fault.retry_helps else fault.outcome, at, falls_back=True,
                keeps_money=fault.is_unknown, **_facts(letter, fault),
            )  # fmt: skip
            return
        # The account's name stays where the message may be: only that account can tell.
        row.provider = letter.claim.way if fault.is_unknown else ""
        row.due_at, row.leased_until = due_at, None
        _line(row, "retry", at, **_facts(letter, fault))
        row.save(update_fields=["provider", "due_at", "leased_until", "history"])


def _due_again(row: Notification, fault: TransportFault, at: datetime) -> datetime | None:
    """When the next try makes sense; None when none does."""
    if row.tries >= MOST_TRIES:
        return None
    if fault.outcome in ACCOUNT_AT_FAULT:
        return at if _another_account(row, at) else None
    if not fault.retry_helps:
        return None
    pause_s = uniform(0, min(2.0**row.tries, LONGEST_PAUSE_S))  # noqa: S311 - jitter, nothing secret
    return at + timedelta(seconds=max(pause_s, fault.retry_after_s or 0))


def _another_account(row: Notification, at: datetime) -> bool:
    known = [provider for provider, channel in CHANNEL_OF.items() if channel == row.channel]
    accounts = Integration.objects.filter(provider__in=known, is_active=True).exclude(provider=row.provider)
    return accounts.exclude(broken_until__gt=at).exists()


def _fail(
    row: Notification, why: str, at: datetime, *, falls_back: bool = False, keeps_money: bool = False, **facts: Any
) -> None:
    """The end of a message. What was refused costs nothing; what may have arrived does.

    Args:
        falls_back: the next channel is to be tried.
    """
    row.status, row.why_not, row.leased_until = NotificationState.FAILED, why, None
    if not keeps_money:
        give_back(notification=row, at=at)
    _line(row, "failed", at, why_not=str(why), **facts)
    row.save(update_fields=["status", "why_not", "leased_until", "cost_xof", "history"])
    tell(row, "message.failed", at)
    if falls_back or why == WhyNot.OVER_CAP:
        fall_back(notification=row, at=at)


def give_up_overdue(*, at: datetime) -> int:
    """Mark what has become useless while nobody could send it, and send by the next channel what has waited half of
    its life for accounts that do not work. Several may run at once.

    Returns:
        How many there were.
    """
    done = _give_up(overdue(at=at, most=SWEPT_AT_ONCE), WhyNot.EXPIRED, at)
    return done + _give_up(stranded(at=at, most=SWEPT_AT_ONCE), WhyNot.GIVEN_UP, at)


def _give_up(waiting: dict[UUID, list[UUID]], why: WhyNot, at: datetime) -> int:
    done = 0
    for tenant_id, ids in waiting.items():
        with in_tenant(tenant_id):
            rows = Notification.objects.filter(id__in=ids, status=NotificationState.PENDING).exclude(
                leased_until__gt=at
            )
            for row in rows.order_by("id").select_for_update(no_key=True, skip_locked=True):
                _fail(row, why, at, falls_back=why == WhyNot.GIVEN_UP, keeps_money=bool(row.tries and row.provider))
                done += 1
    return done


def _endpoint(address: str) -> str:
    """A subscription's own name: its URL, or an app's token."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(address)["endpoint"])
    return address


def _facts(letter: Letter, fault: TransportFault) -> dict[str, Any]:
    told = {"provider": letter.claim.way, "outcome": str(fault.outcome), "said": fault.said}
    return told | {"is_unknown": fault.is_unknown}


def _line(row: Notification, what: str, at: datetime, **facts: Any) -> None:
    told = {name: value for name, value in facts.items() if value}
    row.history = [*row.history, {"at": at.isoformat(), "status": what, **told}]


def send_poke() -> None:
    """A broker that does not answer costs nothing: the clock's task finds what no poke announced."""
    try:
        current_app.send_task("notifications.send_due", queue="messages", expires=30)
    except Exception as error:
        logger.warning("the senders could not be woken (%s); the clock will", error)


_poke = Poker(send_poke).poke


def wake_senders() -> None:
    """After this transaction's commit, one task for all messages of the moment. Returns at once."""
    transaction.on_commit(_poke)


def wake_another() -> None:
    """From one sender to the next: there is more than one message. Returns at once."""
    _poke()
