"""Draft, preview, publish: what the public is to see waits here, and is published by the action that changes it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from smartqueue.journal.actions import record
from smartqueue.journal.actions.platform import PLATFORM, record_by_staff
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.tenants.errors import DraftConflict, DraftNotFound
from smartqueue.tenants.models import Draft, TenantOwned

DEFAULT = "default"


class Draftable(ABC):
    """A kind of object whose changes may be drafted. Values are JSON-ready, field → value.

    Attributes:
        object_type: as the journal calls it.
        fields: that may be drafted.
        using: the connection on which it is read and written; draft and object change in one transaction of it.
        hidden: fields too large for the journal.
    """

    object_type: str
    fields: tuple[str, ...]
    using: str = DEFAULT
    hidden: tuple[str, ...] = ()

    @abstractmethod
    def now(self, object_id: UUID, *, lock: bool = False) -> dict[str, Any]:
        """The published values of `fields`.

        Args:
            lock: keep them so until the transaction ends.

        Raises:
            NotFound: there is no such object in scope.
        """

    @abstractmethod
    def judge(self, object_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
        """The values in the form in which `now` would show them.

        Raises:
            Invalid: what can never be published.
        """

    @abstractmethod
    def apply(self, object_id: UUID, values: dict[str, Any], *, actor: Actor, at: datetime) -> None:
        """Change the object, by its own action.

        Raises:
            RuleBroken: as that action.
        """

    def told(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values as an auditor sees them."""
        return {name: "…" if name in self.hidden and value else value for name, value in values.items()}


class RowDraft(Draftable):
    """Some columns of a plain row of a tenant.

    Args:
        model: whose rows; `object_type` is its name, as in the journal.
        fields: its columns; numbers, text and null only.
        change: the action that stores them: `change(model, row_id, values, actor=, at=)`.
    """

    def __init__(self, model: type[TenantOwned], fields: tuple[str, ...], change: Callable[..., Any]) -> None:
        self.model, self.change = model, change
        self.object_type = model._meta.model_name or ""
        self.fields = fields

    def now(self, object_id: UUID, *, lock: bool = False) -> dict[str, Any]:
        row = self._row(object_id, lock=lock)
        return {name: getattr(row, name) for name in self.fields}

    def judge(self, object_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
        row = self._row(object_id)
        for name, value in values.items():
            setattr(row, name, value)
        try:
            row.clean_fields(exclude=[one.name for one in row._meta.fields if one.name not in values])
        except ValidationError as wrong:
            raise Invalid(**{name: list(said) for name, said in wrong.message_dict.items()}) from None
        return {name: getattr(row, name) for name in values}

    def apply(self, object_id: UUID, values: dict[str, Any], *, actor: Actor, at: datetime) -> None:
        self.change(self.model, object_id, values, actor=actor, at=at)

    def _row(self, object_id: UUID, *, lock: bool = False) -> Any:
        rows: Any = self.model._default_manager.filter(id=object_id)
        row = (rows.select_for_update() if lock else rows).first()
        if row is None:
            raise NotFound
        return row


def save_draft(
    *, kind: Draftable, tenant_id: UUID, object_id: UUID, values: dict[str, Any], actor: Actor, at: datetime
) -> Draft | None:
    """Keep what is to be published later; nothing of it is seen by the public.

    Args:
        values: of any of the kind's fields. What equals the published value leaves the draft.

    Returns:
        The draft, or None when nothing is left to publish.

    Raises:
        Invalid: what can never be published.
        NotFound: there is no such object.
    """
    values = {name: values[name] for name in kind.fields if name in values}
    values = kind.judge(object_id, values)
    with transaction.atomic(using=kind.using):
        published = kind.now(object_id, lock=True)
        draft = _locked(kind, tenant_id, object_id)
        old = draft or Draft(tenant_id=tenant_id, object_type=kind.object_type, object_id=object_id, values={}, base={})
        wanted = {name: value for name, value in (old.values | values).items() if value != published[name]}
        if not wanted:
            if draft:
                draft.delete(using=kind.using)
            return None
        # What was drafted before keeps the base of that time, so that what changed meanwhile is still noticed.
        old.base = {name: old.base.get(name, published[name]) for name in wanted}
        old.values, old.made_by, old.made_at = wanted, actor.user_id, at
        old.save(using=kind.using)
        _note(kind, old, "drafted", actor, at, before=old.base, after=wanted)
    return old


def discard_draft(*, kind: Draftable, tenant_id: UUID, object_id: UUID, actor: Actor, at: datetime) -> None:
    """Forget a draft.

    Raises:
        DraftNotFound: there is none any more.
    """
    with transaction.atomic(using=kind.using):
        draft = _locked(kind, tenant_id, object_id)
        if draft is None:
            raise DraftNotFound
        draft.delete(using=kind.using)
        _note(kind, draft, "draft_discarded", actor, at, before=draft.values, after=None)


def publish_draft(
    *, kind: Draftable, tenant_id: UUID, object_id: UUID, actor: Actor, at: datetime, anyway: bool = False
) -> None:
    """Let the public see what was drafted. Of two who publish at once, one does.

    Args:
        anyway: also over what somebody else has changed since.

    Raises:
        DraftNotFound: there is none any more.
        DraftConflict: the object was changed since it was drafted; `differing` shows both.
        RuleBroken: as the action that changes the object.
    """
    with transaction.atomic(using=kind.using):
        published = kind.now(object_id, lock=True)
        draft = _locked(kind, tenant_id, object_id)
        if draft is None:
            raise DraftNotFound
        differing = differences(draft, published)
        if differing and not anyway:
            raise DraftConflict(differing={name: _shown(kind, name, three) for name, three in differing.items()})
        kind.apply(object_id, draft.values, actor=actor, at=at)
        draft.delete(using=kind.using)
        before = {name: published[name] for name in draft.values}
        _note(kind, draft, "published", actor, at, before=before, after=draft.values)


def differences(draft: Draft, published: dict[str, Any]) -> dict[str, tuple[Any, Any, Any]]:
    """What somebody else has changed since it was drafted: field → as it was then, as it is, as it is drafted."""
    return {
        name: (draft.base[name], published[name], value)
        for name, value in draft.values.items()
        if published[name] not in (draft.base[name], value)
    }


def _shown(kind: Draftable, name: str, values: tuple[Any, ...]) -> list[Any]:
    return [kind.told({name: value})[name] for value in values]


def _locked(kind: Draftable, tenant_id: UUID, object_id: UUID) -> Draft | None:
    return (
        Draft.objects.using(kind.using)
        .select_for_update()
        .filter(tenant_id=tenant_id, object_type=kind.object_type, object_id=object_id)
        .first()
    )


def _note(kind: Draftable, draft: Draft, happened: str, actor: Actor, at: datetime, *, before: Any, after: Any) -> None:
    write = record_by_staff if kind.using == PLATFORM else record
    write(
        f"{kind.object_type}.{happened}",
        kind=AuditKind.UPDATE,
        tenant_id=draft.tenant_id,
        object_type=kind.object_type,
        object_id=draft.object_id,
        actor=actor,
        at=at,
        before=before and kind.told(before),
        after=after and kind.told(after),
    )
