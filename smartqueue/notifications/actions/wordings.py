"""Keeping a tenant's own words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.journal.actions import add, change, remove
from smartqueue.journal.states import Actor
from smartqueue.kernel.refusing import refusing
from smartqueue.notifications.errors import WordingChanged
from smartqueue.notifications.models import MessageTemplate
from smartqueue.notifications.queries import standings
from smartqueue.notifications.states.wording import judge


def add_wording(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> MessageTemplate:
    """Keep a new wording.

    Args:
        values: `kind`, `channel`, `language`, `subject`, `body`.

    Raises:
        Invalid: a text cannot be read, or names what does not exist.
        IntegrityError: there is one for this kind, channel and language.
    """
    wording = MessageTemplate(tenant_id=tenant_id, **values)
    judge(kind=wording.kind, subject=wording.subject, body=wording.body)
    return add(wording, actor=actor, at=at)


def change_wording(*, wording: MessageTemplate, values: dict[str, Any], actor: Actor, at: datetime) -> MessageTemplate:
    """Change one that is locked.

    Raises:
        Invalid: a text cannot be read, or names what does not exist.
    """
    kind, subject, body = (values.get(name, getattr(wording, name)) for name in ("kind", "subject", "body"))
    judge(kind=kind, subject=subject, body=body)
    return change(wording, values, actor=actor, at=at)


def keep_wording(
    *, tenant_id: UUID, kind: str, channel: str, language: str, subject: str, body: str, seen: str, actor: Actor,
    at: datetime,
) -> MessageTemplate:  # fmt: skip
    """Keep one language of one message, in place of what its writer has seen.

    Args:
        seen: the digest of the text that was shown (`Standing.digest`).

    Raises:
        Invalid: a text cannot be read, or names what does not exist.
        WordingChanged: another text stands there by now.
        NotFound: the house knows no such kind.
    """
    with transaction.atomic(), refusing(message_template_once=WordingChanged):
        rows = MessageTemplate.objects.select_for_update().filter(kind=kind, channel=channel)
        locked = {row.language: row for row in rows}
        standing = next(one for one in standings(kind, channel) if one.language == language)
        if standing.digest != seen:
            raise WordingChanged
        values = {"subject": subject, "body": body}
        if language in locked:
            return change_wording(wording=locked[language], values=values, actor=actor, at=at)
        named = {"kind": kind, "channel": channel, "language": language}
        return add_wording(tenant_id=tenant_id, values=named | values, actor=actor, at=at)


def drop_wording(*, kind: str, channel: str, language: str, actor: Actor, at: datetime) -> bool:
    """Back to the house's words; False where they were in use already."""
    with transaction.atomic():
        rows = MessageTemplate.objects.select_for_update().filter(kind=kind, channel=channel, language=language)
        if (row := rows.first()) is None:
            return False
        remove(row, actor=actor, at=at)
        return True
