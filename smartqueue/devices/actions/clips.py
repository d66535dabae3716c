"""Keeping and deleting an organisation's recordings of the voice."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from smartqueue.devices.errors import ClipNotFound, ClipTooBig, FragmentUnknown, NotSound
from smartqueue.devices.models import Clip
from smartqueue.devices.states.clips import MOST_BYTES, MOST_S, mime_of
from smartqueue.devices.states.voice import LANGUAGES, fragments
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind


def keep_clip(
    *, tenant_id: UUID, language: str, key: str, audio: bytes, seconds: float | None, actor: Actor, at: datetime
) -> Clip:
    """Keep a recording of one fragment; it takes the place of the one before. Of two at once, the later one stays.

    Args:
        audio: MP3, Ogg, WAV or WebM, at most 200 kB.
        seconds: its length as the browser measured it; beyond 20 it counts as not measured.

    Raises:
        FragmentUnknown: no announcement in this language uses this fragment.
        ClipTooBig, NotSound: it cannot be kept.
    """
    if language not in LANGUAGES or key not in {one.key for one in fragments(language)}:
        raise FragmentUnknown
    if len(audio) > MOST_BYTES:
        raise ClipTooBig
    mime = mime_of(audio)
    if mime is None:
        raise NotSound
    values = {
        "audio": audio,
        "mime": mime,
        "seconds": seconds if seconds is not None and 0 < seconds <= MOST_S else None,
        "digest": hashlib.sha256(audio).hexdigest()[:16],
        "uploaded_by_id": actor.user_id,
        "uploaded_at": at,
    }
    with transaction.atomic():
        clip = _locked(language, key)
        if clip is None:
            try:
                with transaction.atomic():
                    clip = Clip.objects.create(tenant_id=tenant_id, language=language, key=key, **values)
                    _record(clip, "created", AuditKind.CREATE, after=_told(clip), actor=actor, at=at)
                    return clip
            except IntegrityError:  # another upload of this fragment was first, and is committed by now
                clip = _locked(language, key)
        if clip is None:
            raise ClipNotFound
        before = _told(clip)
        for name, value in values.items():
            setattr(clip, name, value)
        clip.save(update_fields=list(values))
        _record(clip, "updated", AuditKind.UPDATE, before=before, after=_told(clip), actor=actor, at=at)
    return clip


def delete_clip(*, language: str, key: str, actor: Actor, at: datetime) -> None:
    """Delete the recording of one fragment of the tenant in scope; the screens take what ships instead.

    Raises:
        ClipNotFound: it is not there, or not any more.
    """
    with transaction.atomic():
        clip = _locked(language, key)
        if clip is None:
            raise ClipNotFound
        _record(clip, "deleted", AuditKind.DELETE, before=_told(clip), actor=actor, at=at)
        clip.delete()


def _locked(language: str, key: str) -> Clip | None:
    return Clip.objects.select_for_update().defer("audio").filter(language=language, key=key).first()


def _record(clip: Clip, happened: str, kind: AuditKind, **facts: Any) -> None:
    """The sound itself stays out of the journal."""
    record(f"clip.{happened}", kind=kind, tenant_id=clip.tenant_id, object_type="clip", object_id=clip.id, **facts)


def _told(clip: Clip) -> dict[str, Any]:
    return {name: getattr(clip, name) for name in ("language", "key", "mime", "seconds", "digest")}
