"""Hearing from other systems: sources, and what their signed messages do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.customers.actions import customer_by_phone
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.ids import token
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.actions.tickets import cancel_ticket, check_in_ticket
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.states import Channel
from smartqueue.webhooks.actions import signing
from smartqueue.webhooks.errors import BadSignature, NotThisRight, ReferenceUsed, SourceNotFound, TooMany
from smartqueue.webhooks.models import InboundMessage, InboundSource
from smartqueue.webhooks.states import MOST_SOURCES, RIGHT_OF, SECRETS_OVERLAP, Right


def add_source(
    *, tenant_id: UUID, name: str, rights: Sequence[str], actor: Actor, at: datetime
) -> tuple[InboundSource, str]:
    """Another system that may send messages.

    Returns:
        The row, whose `key` is part of its address, and its secret, which nobody can find out again.

    Raises:
        Invalid: no name, no right or one that does not exist.
        TooMany: there are twenty.
    """
    if not name.strip():
        raise Invalid(name=_("Give the source a name."))
    if not rights or set(rights) - set(Right.values):
        raise Invalid(rights=_("Choose at least one thing that it may do."))
    if InboundSource.objects.count() >= MOST_SOURCES:
        raise TooMany(most=MOST_SOURCES)
    secret = signing.new_secret()
    source = InboundSource(
        tenant_id=tenant_id, name=name.strip()[:80], key=token(), rights=sorted(set(rights)), created_at=at
    )
    _keep(source, [{"secret": secret, "until": None}])
    with transaction.atomic():
        source.save(force_insert=True)
        _record(source, "created", AuditKind.CREATE, actor, at, after={"name": source.name, "rights": source.rights})
    return source, secret


def rotate_source(*, source_id: UUID, actor: Actor, at: datetime) -> tuple[InboundSource, str]:
    """Another secret; what is signed with the present one is believed for 24 hours more. Raises: SourceNotFound."""
    with transaction.atomic():
        source = _locked(source_id)
        secret = signing.new_secret()
        _keep(source, signing.rotated(_kept(source), secret, at=at, overlap=SECRETS_OVERLAP))
        source.save(update_fields=["sealed"])
        _record(source, "secret_rotated", AuditKind.UPDATE, actor, at)
    return source, secret


def remove_source(*, source_id: UUID, actor: Actor, at: datetime) -> None:
    """From now on its address answers nobody. Its tickets stay. Raises: SourceNotFound."""
    with transaction.atomic():
        source = _locked(source_id)
        _record(source, "deleted", AuditKind.DELETE, actor, at, before={"name": source.name, "rights": source.rights})
        rows = InboundSource.objects.filter(id=source.id)
        rows._raw_delete(rows.db)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message whose signature fits: who sent it, under which id."""

    source: InboundSource
    message_id: str


def recognise(*, key: str, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard:
    """Who sent this; inside the scope of the key's tenant. Nothing is written.

    Args:
        headers: by lower-case name.

    Raises:
        BadSignature: nobody whom we know, or not in the last five minutes.
    """
    source = InboundSource.objects.filter(key=key).first()
    if source is None:
        raise BadSignature
    for secret in signing.live_at(_kept(source), at):
        try:
            return Heard(source, signing.verify(headers=headers, body=body, secret=secret, at=at))
        except BadSignature:
            continue
    raise BadSignature


def obey(*, heard: Heard, kind: str, values: Mapping[str, Any], actor: Actor, at: datetime) -> UUID:
    """Do what the message asks, once: a message that comes again is answered with the same ticket.

    The message's row is written in the transaction of its effect; of two that arrive at once, the second waits here.

    Args:
        kind: `ticket.issue` (`queue_id`, and where known `service_id`, `phone`, `language`, `external_ref`), or
            `ticket.cancel` (`ticket_id` or `external_ref`, and `reason`), or `ticket.check_in` (`ticket_id` or
            `external_ref`).

    Returns:
        The ticket's id.

    Raises:
        NotThisRight: the source may not do that.
        ReferenceUsed: the reference belongs to another kind of message.
        TicketNotFound: it has taken no such ticket.
        RuleBroken: what queueing refuses; then nothing is kept and the message may come again.
    """
    source = heard.source
    if RIGHT_OF[kind] not in source.rights:
        raise NotThisRight
    issues = kind == "ticket.issue"
    row = InboundMessage(
        tenant_id=source.tenant_id, source=source, message_id=heard.message_id, at=at,
        external_ref=values.get("external_ref", "") if issues else "",
    )  # fmt: skip
    with transaction.atomic():
        InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
        if before := _before(row):
            return before
        row.ticket_id = EFFECTS[kind](source, values, actor, at)
        row.save(update_fields=["ticket_id"])
        InboundSource.objects.filter(id=source.id).update(last_used_at=at)
    return row.ticket_id


def _before(row: InboundMessage) -> UUID | None:
    """The ticket of this message, or of this reference, if it was here before."""
    mine = InboundMessage.objects.filter(source_id=row.source_id)
    same = mine.filter(message_id=row.message_id).first()
    if same is not None:
        return None if same.id == row.id else same.ticket_id
    first = mine.filter(external_ref=row.external_ref).exclude(external_ref="").first()
    if first is None or first.ticket_id is None:
        raise ReferenceUsed
    return first.ticket_id


class NoSuchService(Invalid):
    def __init__(self) -> None:
        super().__init__(service_id={"code": "does_not_exist", "message": _("There is no such row.")})


def _issue(source: InboundSource, values: Mapping[str, Any], actor: Actor, at: datetime) -> UUID:
    customer_id = None
    if values.get("phone"):
        customer_id = customer_by_phone(tenant_id=source.tenant_id, phone=values["phone"], actor=actor, at=at).id
    with refusing(queueing_ticket_service_id_same_tenant=NoSuchService):
        return issue_ticket(
            tenant_id=source.tenant_id, queue_id=values["queue_id"], service_id=values.get("service_id"),
            channel=Channel.WEB, language=values.get("language", ""), customer_id=customer_id, actor=actor, at=at,
        )  # fmt: skip


def _cancel(source: InboundSource, values: Mapping[str, Any], actor: Actor, at: datetime) -> UUID:
    ticket_id = _own_ticket(source, values)
    cancel_ticket(ticket_id=ticket_id, agent_id=None, reason=values.get("reason", ""), actor=actor, at=at)
    return ticket_id


def _check_in(source: InboundSource, values: Mapping[str, Any], actor: Actor, at: datetime) -> UUID:
    ticket_id = _own_ticket(source, values)
    check_in_ticket(ticket_id=ticket_id, actor=actor, at=at)
    return ticket_id


EFFECTS = {"ticket.issue": _issue, "ticket.cancel": _cancel, "ticket.check_in": _check_in}


def _own_ticket(source: InboundSource, values: Mapping[str, Any]) -> UUID:
    """Only tickets of its own: a source is no member of staff."""
    mine = InboundMessage.objects.filter(source=source).exclude(ticket_id=None)
    if values.get("external_ref"):
        mine = mine.filter(external_ref=values["external_ref"])
    if values.get("ticket_id"):
        mine = mine.filter(ticket_id=values["ticket_id"])
    ticket_id = mine.values_list("ticket_id", flat=True).first()
    if ticket_id is None:
        raise TicketNotFound
    return ticket_id


def _kept(source: InboundSource) -> signing.Kept:
    return signing.unseal_secrets(source.sealed, tenant_id=source.tenant_id, row_id=source.id)


def _keep(source: InboundSource, kept: signing.Kept) -> None:
    source.sealed = signing.seal_secrets(kept, tenant_id=source.tenant_id, row_id=source.id)


def _locked(source_id: UUID) -> InboundSource:
    source = InboundSource.objects.select_for_update(no_key=True).filter(id=source_id).first()
    if source is None:
        raise SourceNotFound
    return source


def _record(source: InboundSource, happened: str, kind: AuditKind, actor: Actor, at: datetime, **values: Any) -> None:
    record(
        f"inbound_source.{happened}", kind=kind, tenant_id=source.tenant_id, object_type="inbound_source",
        object_id=source.id, actor=actor, at=at, **values,
    )  # fmt: skip
