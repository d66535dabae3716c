"""Blocks of numbers that a device gives out by itself: leased, issued from, returned (docs/decisions/0014)."""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from smartqueue.journal.actions import poke_relay, record
from smartqueue.journal.states import SYSTEM, Actor, AuditKind
from smartqueue.kernel.ids import token, uuid7
from smartqueue.queueing.errors import REFUSALS, NumberNotLeased
from smartqueue.queueing.models import NumberBlock
from smartqueue.queueing.queries.blocks import blocks_of_past_days
from smartqueue.tenants.scope import ask, in_tenant


def lease_block(
    *, tenant_id: UUID, queue_id: UUID, device_id: UUID, size: int, actor: Actor, at: datetime, enough: int = 1
) -> UUID | None:
    """Give a device the next `size` numbers of a queue's day, unless it still has `enough`.

    One statement moves the day's counter past all of them. Of two requests at once, one gets a block.

    Args:
        size: how many numbers, at least 1.
        enough: nothing is leased while the device has that many numbers of this queue and day left.
        at: the site's local day of it is the numbers' day.

    Returns:
        The block's id; None when the device has enough.

    Raises:
        QueueNotFound, QueueClosed, QueuePaused, SiteClosed: nothing was written.
    """
    block_id = uuid7()
    with transaction.atomic():
        values = [tenant_id, block_id, queue_id, device_id, size, enough, token(), at]
        ((answer,),) = ask("SELECT queueing_lease(%s, %s, %s, %s, %s, %s, %s, %s)", values)
        if answer == "enough":
            return None
        if answer != "ok":
            raise REFUSALS[answer]
        _record(block_id, "leased", AuditKind.CREATE, actor, at)
    return block_id


def issue_from_block(
    *,
    tenant_id: UUID,
    block_id: UUID,
    device_id: UUID,
    sequence: int,
    arrived_at: datetime,
    actor: Actor,
    at: datetime,
    is_printed: bool,
    language: str = "",
    customer_id: UUID | None = None,
) -> UUID:
    """Write the ticket of a leased number. The same number again: the same ticket, and nothing is written.

    Args:
        arrived_at: by the device's clock; taken as between the lease and `at`. The ticket stands in line there.
        is_printed: the person holds the paper already. Then a queue that is closed or full by now refuses nothing;
            where the queue's day is over, the ticket expires at once.

    Returns:
        The ticket's id.

    Raises:
        NumberNotLeased: not a number of this block, or the block is not this device's, or its day is over.
        QueueClosed, QueuePaused, SiteClosed, QueueFull: nothing was written, and the number is still the device's.
    """
    with in_tenant(tenant_id):
        secret = NumberBlock.objects.filter(id=block_id).values_list("secret", flat=True).first()
        if secret is None:
            raise NumberNotLeased
        values = [
            tenant_id, block_id, device_id, uuid7(), sequence, token_of(secret, sequence), arrived_at, language,
            customer_id, is_printed, at, orjson.dumps(actor).decode(),
        ]  # fmt: skip
        ((answer, ticket_id),) = ask(
            f"SELECT * FROM queueing_issue_from_block({', '.join(['%s'] * len(values))})",  # noqa: S608 - placeholders
            values,
        )
        if answer != "ok":
            raise REFUSALS[answer]
        transaction.on_commit(poke_relay)
    return ticket_id  # type: ignore[no-any-return]


def return_block(
    *, tenant_id: UUID, block_id: UUID, device_id: UUID, used: Collection[int] | None, actor: Actor, at: datetime
) -> None:
    """Take a block back: what was not issued is voided. A block that came back before stays as it is.

    Args:
        used: every number that the device has given out, by its own account; what lies behind the last of them goes
            back to the day's counter if that has given nothing since. None when the device was not asked: then it may
            have printed any of them, and all are voided.

    Raises:
        BlockNotSynced: a used number is no ticket yet.
        NumberNotLeased: the device has no such block.
    """
    with transaction.atomic():
        values = [tenant_id, block_id, device_id, None if used is None else sorted(used), at]
        ((answer,),) = ask("SELECT queueing_return_block(%s, %s, %s, %s::integer[], %s)", values)
        if answer == "returned_before":
            return
        if answer != "ok":
            raise REFUSALS[answer]
        _record(block_id, "returned", AuditKind.STATUS_CHANGE, actor, at)


def void_leftover_blocks(*, tenant_id: UUID, at: datetime) -> int:
    """Close the books on blocks whose local day is over. Returns how many.

    A number that comes in on paper later still becomes a ticket, and leaves the voided ones.
    """
    with in_tenant(tenant_id):
        left = blocks_of_past_days(at)
        for block_id, device_id in left:
            return_block(tenant_id=tenant_id, block_id=block_id, device_id=device_id, used=None, actor=SYSTEM, at=at)
    return len(left)


def token_of(secret: str, sequence: int) -> str:
    """The token of a leased number: 128 bits in 22 URL-safe characters, unguessable without the block's secret."""
    digest = hashlib.sha256(f"{secret}:{sequence}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _record(block_id: UUID, happened: str, kind: AuditKind, actor: Actor, at: datetime) -> None:
    block = NumberBlock.objects.get(id=block_id)
    told: dict[str, Any] = {
        "queue_id": str(block.queue_id), "device_id": str(block.device_id), "day": str(block.day),
        "first": block.first, "last": block.last, "issued": block.issued, "voided": block.voided,
    }  # fmt: skip
    record(
        f"block.{happened}", kind=kind, tenant_id=block.tenant_id, object_type="block", object_id=block.id,
        actor=actor, at=at, data=told,
    )  # fmt: skip
