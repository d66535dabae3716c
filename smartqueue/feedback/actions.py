"""Giving an answer about a visit, and following it up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.feedback.errors import AlreadyAnswered, ChangedMeanwhile, NotServed
from smartqueue.feedback.models import Feedback
from smartqueue.feedback.queries import feedback_in_order, feedback_or_refuse, refusal_of
from smartqueue.feedback.states import FollowUp, Tag
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.models import Ticket


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says of a visit; everything but `csat` may be left out.

    Attributes:
        csat, wait_rating, quality_rating: 1 (very bad) to 5.
        nps: how likely one would recommend the place, 0 to 10.
        tags: of `states.Tag`, in any order.
    """

    csat: int
    nps: int | None = None
    wait_rating: int | None = None
    quality_rating: int | None = None
    comment: str = ""
    tags: Iterable[str] = ()


def give_feedback(*, token: str, answer: Answer, language: str, channel: str, actor: Actor, at: datetime) -> Feedback:
    """Keep the one answer about a visit that is over. Inside its tenant's scope.

    Who was not served answers too, because the wait is what made many leave; only the service they cannot rate.

    Args:
        token: of the ticket; whoever has it may answer.
        language: of the page that asked.
        channel: through which the answer came, one of the ticket's channels.

    Raises:
        TicketNotFound, VisitNotOver.
        TooLate: the visit ended more than 30 days ago.
        AlreadyAnswered: of two at the same instant, one wins.
        NotServed: a rating of the service by somebody who was not served.
    """
    with (
        transaction.atomic(),
        refusing(feedback_once=AlreadyAnswered, feedback_quality_of_who_was_served=NotServed),
    ):
        ticket = Ticket.objects.select_related("queue").filter(token=token).first()
        if ticket is None:
            raise TicketNotFound
        if refusal := refusal_of(status=ticket.status, ended_at=ticket.ended_at, at=at):
            raise refusal
        given = _row(ticket, answer, language=language, channel=channel, at=at)
        given.save(force_insert=True)
        record(
            "feedback.received", kind=AuditKind.CREATE, tenant_id=given.tenant_id, object_type="feedback",
            object_id=given.id, actor=actor, at=at, data=_told(given),
        )  # fmt: skip
    return given


def follow_up(
    *, feedback_id: UUID, state: str | None = None, note: str | None = None, seen_at: datetime | None = None,
    actor: Actor, at: datetime,
) -> Feedback:  # fmt: skip
    """Say how far an answer was dealt with. Nothing differs: nothing is written.

    Args:
        state: of `states.FollowUp`; None leaves it.
        note: for colleagues; None leaves it.
        seen_at: the row's `updated_at` on the page that asks; None for whatever it is.

    Raises:
        FeedbackNotFound.
        ChangedMeanwhile: a colleague was faster; his note is not overwritten unseen.
    """
    with transaction.atomic():
        row = feedback_or_refuse(feedback_id, locked=True)
        if seen_at is not None and row.updated_at != seen_at:
            raise ChangedMeanwhile
        wanted = {"state": state, "note": note if note is None else note.strip()}
        _change(row, {name: value for name, value in wanted.items() if value is not None}, actor=actor, at=at)
    return row


def mark_done(*, feedback_ids: Iterable[UUID], actor: Actor, at: datetime) -> int:
    """Mark several answers as dealt with, all in one transaction; unknown ids are left out.

    Returns:
        How many were not done before.
    """
    with transaction.atomic():
        rows = list(feedback_in_order(feedback_ids))
        return sum(_change(row, {"state": FollowUp.DONE}, actor=actor, at=at) for row in rows)


def _row(ticket: Ticket, answer: Answer, *, language: str, channel: str, at: datetime) -> Feedback:
    chosen = set(answer.tags)
    return Feedback(
        tenant_id=ticket.tenant_id,
        ticket=ticket,
        queue_id=ticket.queue_id,
        site_id=ticket.queue.site_id,
        service_id=ticket.service_id,
        agent_id=ticket.agent_id,
        visit=ticket.status,
        csat=answer.csat,
        nps=answer.nps,
        wait_rating=answer.wait_rating,
        quality_rating=answer.quality_rating,
        comment=answer.comment.strip(),
        tags=[*(tag for tag in Tag.values if tag in chosen), *sorted(chosen - set(Tag.values))],
        language=language,
        channel=channel,
        created_at=at,
        updated_at=at,
    )


def _told(given: Feedback) -> dict[str, Any]:
    """For screens and webhooks: neither the comment nor whom it is about or from."""
    ids = {name: str(getattr(given, name)) for name in ("ticket_id", "queue_id", "site_id", "service_id")}
    named = ("visit", "csat", "nps", "wait_rating", "quality_rating", "tags", "language", "channel")
    return ids | {name: getattr(given, name) for name in named}


def _change(row: Feedback, wanted: dict[str, Any], *, actor: Actor, at: datetime) -> bool:
    """Save what differs; for auditors the note shows only that it changed, as people are named in notes."""
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    if not changed:
        return False
    before = _for_auditors(row, changed)
    for name in changed:
        setattr(row, name, wanted[name])
    row.handled_by, row.updated_at = actor.user_id, at
    row.save(update_fields=[*changed, "handled_by", "updated_at"])
    record(
        "feedback.updated", kind=AuditKind.UPDATE, tenant_id=row.tenant_id, object_type="feedback", object_id=row.id,
        actor=actor, at=at, data={"state": row.state}, before=before, after=_for_auditors(row, changed),
    )  # fmt: skip
    return True


def _for_auditors(row: Feedback, names: list[str]) -> dict[str, str]:
    values = {name: str(getattr(row, name)) for name in names}
    return {name: "…" if name == "note" and value else value for name, value in values.items()}
