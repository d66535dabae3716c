"""Writing facts, and handing them over."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, router, transaction

from smartqueue.journal.actions.poke import poke_relay as poke_relay
from smartqueue.journal.errors import KeyReused
from smartqueue.journal.models import Entry, RememberedAnswer
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.ids import uuid7
from smartqueue.tenants.models import TenantOwned

Row = TypeVar("Row", bound=TenantOwned)


def record(
    fact: str,
    *,
    kind: AuditKind,
    tenant_id: UUID | None,
    object_type: str,
    object_id: UUID | None,
    actor: Actor,
    at: datetime,
    version: int | None = None,
    queue_id: UUID | None = None,
    data: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Entry:
    """Write one fact; the last statement of every action, in the action's transaction.

    Args:
        fact: past tense, `ticket.called`; the same name on sockets and webhooks.
        kind: which of the twelve audit kinds it is.
        tenant_id: whose fact it is; None only for what belongs to no tenant, on the platform connection.
        object_type: `ticket`, `site` …
        version: of the object after the change, where it keeps one; PostgreSQL refuses a second entry for it.
        queue_id: the queue in whose stream the fact appears.
        data: JSON-ready, no personal data: it travels to screens and webhooks.
        before: changed values as they were; `after` as they are. For auditors only.
    """
    transaction.on_commit(poke_relay, using=router.db_for_write(Entry))
    return Entry.objects.create(
        fact=fact,
        kind=kind,
        tenant_id=tenant_id,
        object_type=object_type,
        object_id=object_id,
        at=at,
        version=version,
        queue_id=queue_id,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        actor_label=actor.label,
        ip=actor.ip,
        user_agent=actor.user_agent[:300],
        endpoint=actor.endpoint[:200],
        data=data or {},
        before=before,
        after=after,
    )


def claim_key(
    *, tenant_id: UUID, caller: str, key: str, fingerprint: bytes, at: datetime
) -> tuple[UUID, RememberedAnswer | None]:
    """Take an idempotency key for this transaction, or find what was answered under it.

    A second request with the same key waits here until the first has committed or failed.

    Args:
        caller: whose key it is; two callers may use the same words.
        fingerprint: SHA-256 of method, path and body.

    Returns:
        The row's id, and the first answer where there is one.

    Raises:
        KeyReused: the key stands for another request.
    """
    row_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_rememberedanswer (id, tenant_id, caller, key, fingerprint, status, body, created_at)"
            " VALUES (%s, %s, %s, %s, %s, 0, '', %s) ON CONFLICT (tenant_id, caller, key) DO NOTHING",
            [row_id, tenant_id, caller, key, fingerprint, at],
        )
        if cursor.rowcount == 1:
            return row_id, None
    answer = RememberedAnswer.objects.get(caller=caller, key=key)
    if bytes(answer.fingerprint) != fingerprint:
        raise KeyReused
    return answer.id, answer


def remember_answer(*, row_id: UUID, status: int, body: bytes) -> None:
    """Keep the answer beside the effect it describes, in the same transaction."""
    RememberedAnswer.objects.filter(id=row_id).update(status=status, body=body)


def add(row: Row, *, actor: Actor, at: datetime) -> Row:
    """Store a new row and its fact, `site.created`."""
    with transaction.atomic():
        row.save(force_insert=True)
        _record_row(row, "created", AuditKind.CREATE, actor=actor, at=at, after=values_of(row))
    return row


def change(row: Row, values: dict[str, Any], *, actor: Actor, at: datetime) -> Row:
    """Store what differs, and only that, with its fact, `site.updated`. Nothing differs: nothing is written."""
    before = values_of(row)
    for name, value in values.items():
        setattr(row, name, value)
    after = values_of(row)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return row
    with transaction.atomic():
        row.save(update_fields=changed)
        _record_row(
            row,
            "updated",
            AuditKind.UPDATE,
            actor=actor,
            at=at,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return row


def remove(row: TenantOwned, *, actor: Actor, at: datetime) -> None:
    """Delete a row, with its fact, `site.deleted`. What still refers to it makes PostgreSQL refuse."""
    before = values_of(row)
    with transaction.atomic():
        _record_row(row, "deleted", AuditKind.DELETE, actor=actor, at=at, before=before)
        # One DELETE: the composite keys cascade or refuse. Django's collector would load all that refers to the row.
        rows = type(row)._base_manager.filter(pk=row.pk)
        rows._raw_delete(rows.db)


def values_of(row: TenantOwned) -> dict[str, Any]:
    """A row's columns, JSON-ready."""
    plain: Any = int | float | str | bool | dict | list | None
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {
        name: value if isinstance(value, plain) else str(value)
        for name, value in values.items()
        if name not in {"id", "tenant_id"}
    }


def _record_row(row: TenantOwned, happened: str, kind: AuditKind, **facts: Any) -> None:
    noun = row._meta.model_name or ""
    record(f"{noun}.{happened}", kind=kind, tenant_id=row.tenant_id, object_type=noun, object_id=row.id, **facts)
