"""Knowing a person, once. The journal hears of each change but keeps no name and no number: it cannot forget."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.customers.errors import PhoneTaken
from smartqueue.customers.models import Customer
from smartqueue.customers.states import Language, masked, must_be_preferences
from smartqueue.journal import actions as journal
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.phones import normalise
from smartqueue.kernel.refusing import refusing


def register_customer(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> Customer:
    """Store a new customer.

    Args:
        values: fields of `Customer`; a phone in any spelling.

    Raises:
        PhoneTaken: a customer of this tenant has that number.
        Invalid: a phone or preferences that cannot be.
    """
    customer = Customer(tenant_id=tenant_id, **_checked(values))
    with refusing(customer_phone_once=PhoneTaken), transaction.atomic():
        customer.save(force_insert=True)
        _record(customer, "created", AuditKind.CREATE, actor=actor, at=at, after=masked(journal.values_of(customer)))
    return customer


def change_customer(*, customer: Customer, values: dict[str, Any], actor: Actor, at: datetime) -> Customer:
    """Store what differs; nothing differs: nothing is written.

    Raises:
        PhoneTaken: another customer of this tenant has that number.
        Invalid: a phone or preferences that cannot be.
    """
    before = journal.values_of(customer)
    for name, value in _checked(values).items():
        setattr(customer, name, value)
    after = journal.values_of(customer)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return customer
    with refusing(customer_phone_once=PhoneTaken), transaction.atomic():
        customer.save(update_fields=changed)
        _record(
            customer,
            "updated",
            AuditKind.UPDATE,
            actor=actor,
            at=at,
            before=masked({name: before[name] for name in changed}),
            after=masked({name: after[name] for name in changed}),
        )
    return customer


def forget_customer(*, customer: Customer, actor: Actor, at: datetime) -> None:
    """Delete a customer; their tickets stay, without a name."""
    with transaction.atomic():
        before = masked(journal.values_of(customer))
        _record(customer, "deleted", AuditKind.DELETE, actor=actor, at=at, before=before)
        customer.delete()


def export_customer(*, customer: Customer, actor: Actor, at: datetime) -> dict[str, Any]:
    """All that this room stores about a person, to hand over. That it was asked is a fact; what it was is not."""
    names = ("full_name", "phone", "email", "language", "preferences", "metadata", "notes", "created_at")
    _record(customer, "exported", AuditKind.EXPORT, actor=actor, at=at)
    return {name: getattr(customer, name) for name in names}


def customer_by_phone(
    *, tenant_id: UUID, phone: str, language: str = Language.FRENCH, actor: Actor, at: datetime
) -> Customer:
    """The customer with that number, made if there is none yet.

    Two at once get the same one: the second insert waits for the first and then does nothing.

    Args:
        phone: in any spelling.
        language: of a new customer; a known one keeps theirs.

    Raises:
        Invalid: not a phone number.
    """
    number = normalise(phone)
    known = Customer.objects.filter(tenant_id=tenant_id, phone=number)
    if found := known.first():
        return found
    customer = Customer(tenant_id=tenant_id, phone=number, language=language)
    with transaction.atomic():
        Customer.objects.bulk_create([customer], ignore_conflicts=True)
        kept = known.get()
        if kept.id == customer.id:
            _record(kept, "created", AuditKind.CREATE, actor=actor, at=at, after=masked(journal.values_of(kept)))
    return kept


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("phone"):
        values = {**values, "phone": normalise(values["phone"])}
    if "preferences" in values:
        must_be_preferences(values["preferences"])
    return values


def _record(customer: Customer, happened: str, kind: AuditKind, **facts: Any) -> None:
    journal.record(
        f"customer.{happened}",
        kind=kind,
        tenant_id=customer.tenant_id,
        object_type="customer",
        object_id=customer.id,
        **facts,
    )
