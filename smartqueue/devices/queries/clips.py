"""Recordings of the voice."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from smartqueue.devices.errors import ClipNotFound
from smartqueue.devices.models import Clip
from smartqueue.devices.states.clips import CHIME, MADE, folder_of_clips


@dataclass(frozen=True, slots=True)
class ClipHeard:
    """A recording without its sound.

    Attributes:
        digest: of the sound.
        seconds: its length, where it was measured.
    """

    digest: str
    mime: str
    seconds: float | None
    uploaded_at: datetime


def recorded(languages: list[str]) -> dict[tuple[str, str], ClipHeard]:
    """What the tenant in scope has recorded in these languages, by language and fragment. One query."""
    rows = Clip.objects.filter(language__in=languages)
    told = rows.values_list("language", "key", "digest", "mime", "seconds", "uploaded_at")
    return {(language, key): ClipHeard(digest, mime, seconds, at) for language, key, digest, mime, seconds, at in told}


def clip_or_refuse(language: str, key: str) -> Clip:
    """A recording with its sound.

    Raises:
        ClipNotFound: the tenant in scope has not recorded this.
    """
    clip = Clip.objects.filter(language=language, key=key).first()
    if clip is None:
        raise ClipNotFound
    return clip


def made_clip(language: str, key: str) -> str:
    """Address of the clip that ships; empty for another language, and before `smartqueue clips` has run."""
    return _made(f"{language}/{key}") if language in MADE else ""


def chime() -> str:
    """Address of the sound before each call; empty where nobody has made it."""
    return _made(CHIME)


def _made(name: str) -> str:
    path = f"{folder_of_clips()}/{name}.mp3"
    return f"{settings.STATIC_URL}{path}" if (settings.STATIC_ROOT / path).is_file() else ""
