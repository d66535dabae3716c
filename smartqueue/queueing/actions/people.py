"""Members of an organisation and whether they serve: admitted, changed, put out for a while, let go.

Here and not among the tenants, because whoever leaves also leaves a counter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.accounts.actions.sessions import end_sessions_in
from smartqueue.accounts.models import User
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.actions.agents import hire_agent, set_agent_active, set_eligible_queues
from smartqueue.queueing.models import Agent, Eligibility
from smartqueue.tenants.errors import AlreadyMember, LastAdministrator, MemberNotFound, OwnMembership
from smartqueue.tenants.models import Membership
from smartqueue.tenants.states import Role

Queues = Mapping[UUID, int]
"""Queue → weight, 1 to 10."""


def admit_member(
    *, tenant_id: UUID, user: User, name: str, role: Role, queues: Queues | None, actor: Actor, at: datetime
) -> Membership:
    """Make a person a member of the tenant in scope.

    Args:
        name: as this organisation writes it.
        queues: that they serve; None for somebody who does not serve.

    Raises:
        AlreadyMember: also of two who admit the same person at once.
        QueueNotFound.
    """
    member = Membership(tenant_id=tenant_id, user=user, role=role, name=name)
    with transaction.atomic():
        with refusing(membership_once=AlreadyMember), transaction.atomic():
            member.save(force_insert=True)
        after = {"role": role, "name": name}
        _note(member, "admitted", AuditKind.CREATE, actor, at, after=after)
        _serve(member, queues, actor, at)
    return member


def change_member(
    *, membership_id: UUID, name: str, role: Role, queues: Queues | None, actor: Actor, at: datetime
) -> Membership:
    """Give a member another name here, another role, other queues; it holds from the next request on.

    Args:
        queues: as for `admit_member`.

    Raises:
        MemberNotFound, QueueNotFound.
        OwnMembership: nobody changes the own role.
        LastAdministrator: there must stay one who is active. Of two who demote each other, one is refused.
        AgentBusy: who does not serve any more has a customer at the counter.
    """
    with transaction.atomic():
        member = _locked(membership_id)
        if role != member.role:
            _refuse_if_own(member, actor)
            _keep_one_administrator(member, but=role == Role.ADMIN)
        before = {"role": member.role, "name": member.name}
        after: dict[str, Any] = {"role": role, "name": name}
        changed = [field for field in after if after[field] != before[field]]
        member.role, member.name = role, name
        if changed:
            member.save(update_fields=changed)
            kind = AuditKind.PERMISSION_CHANGE if "role" in changed else AuditKind.UPDATE
            told = {field: before[field] for field in changed}, {field: after[field] for field in changed}
            fact = "role_changed" if "role" in changed else "updated"
            _note(member, fact, kind, actor, at, before=told[0], after=told[1])
        _serve(member, queues, actor, at)
    return member


def deactivate_member(*, membership_id: UUID, actor: Actor, at: datetime) -> Membership:
    """Close the door to a member: from the next request on nothing here opens, sign-ins named for this organisation
    end, the seat is free. Deactivating twice is no error.

    Raises:
        MemberNotFound, OwnMembership, LastAdministrator, AgentBusy.
    """
    with transaction.atomic():
        member = _locked(membership_id)
        if member.is_active:
            _leave(member, actor, at, for_good=False)
            member.is_active = False
            member.save(update_fields=["is_active"])
            _note(member, "deactivated", AuditKind.PERMISSION_CHANGE, actor, at, **_active(True, False))
    return member


def reactivate_member(*, membership_id: UUID, actor: Actor, at: datetime) -> Membership:
    """Open the door again, with the role and the queues of before.

    Raises:
        MemberNotFound.
    """
    with transaction.atomic():
        member = _locked(membership_id)
        if not member.is_active:
            member.is_active = True
            member.save(update_fields=["is_active"])
            _note(member, "reactivated", AuditKind.PERMISSION_CHANGE, actor, at, **_active(False, True))
            serving = Eligibility.objects.filter(agent__user_id=member.user_id).values_list("agent_id", flat=True)
            for agent_id in set(serving):
                set_agent_active(agent_id=agent_id, is_active=True, actor=actor, at=at)
    return member


def remove_member(*, membership_id: UUID, actor: Actor, at: datetime) -> None:
    """Let somebody go. What they did stays under their name; their account elsewhere is untouched.

    Raises:
        MemberNotFound, OwnMembership, LastAdministrator, AgentBusy.
    """
    with transaction.atomic():
        member = _locked(membership_id)
        _leave(member, actor, at, for_good=True)
        before = {"role": member.role, "name": member.name}
        _note(member, "removed", AuditKind.DELETE, actor, at, before=before)
        member.delete()


def _leave(member: Membership, actor: Actor, at: datetime, *, for_good: bool) -> None:
    _refuse_if_own(member, actor)
    _keep_one_administrator(member, but=False)
    _stop_serving(member, actor, at, forget_queues=for_good)
    end_sessions_in(member.user_id, tenant_id=member.tenant_id, at=at)


def _serve(member: Membership, queues: Queues | None, actor: Actor, at: datetime) -> None:
    if queues is None:
        _stop_serving(member, actor, at, forget_queues=True)
        return
    common: dict[str, Any] = {"actor": actor, "at": at}
    agent = Agent.objects.filter(user_id=member.user_id).first()
    if agent is None:
        name = (member.name or member.user.full_name or member.user.email)[:120]
        agent = hire_agent(tenant_id=member.tenant_id, user=member.user, name=name, queue_ids=[], **common)
    if agent.is_active != member.is_active:
        set_agent_active(agent_id=agent.id, is_active=member.is_active, **common)
    set_eligible_queues(agent_id=agent.id, queue_ids=list(queues), weights=queues, **common)


def _stop_serving(member: Membership, actor: Actor, at: datetime, *, forget_queues: bool) -> None:
    for agent in Agent.objects.filter(user_id=member.user_id):
        if agent.is_active:
            set_agent_active(agent_id=agent.id, is_active=False, actor=actor, at=at)
        if forget_queues:
            set_eligible_queues(agent_id=agent.id, queue_ids=[], actor=actor, at=at)


def _locked(membership_id: UUID) -> Membership:
    # Every administrator's row, in one order: two who demote each other wait here, and the second sees the first.
    list(Membership.objects.select_for_update().filter(role=Role.ADMIN).order_by("id").values_list("id"))
    member = Membership.objects.select_for_update(of=("self",)).select_related("user").filter(id=membership_id).first()
    if member is None:
        raise MemberNotFound
    return member


def _refuse_if_own(member: Membership, actor: Actor) -> None:
    if member.user_id == actor.user_id:
        raise OwnMembership


def _keep_one_administrator(member: Membership, *, but: bool) -> None:
    """Unless `but`, whoever is an active administrator must not be the last one."""
    if but or member.role != Role.ADMIN or not member.is_active:
        return
    if not Membership.objects.filter(role=Role.ADMIN, is_active=True).exclude(id=member.id).exists():
        raise LastAdministrator


def _active(before: bool, after: bool) -> dict[str, Any]:
    return {"before": {"is_active": before}, "after": {"is_active": after}}


def _note(member: Membership, happened: str, kind: AuditKind, actor: Actor, at: datetime, **values: Any) -> None:
    record(
        f"member.{happened}", kind=kind, tenant_id=member.tenant_id, object_type="membership", object_id=member.id,
        actor=actor, at=at, data={"user_id": str(member.user_id)}, **values,
    )  # fmt: skip
