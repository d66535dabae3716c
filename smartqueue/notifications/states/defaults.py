"""The wordings that the house ships: `data/wordings.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from smartqueue.customers.states import Language
from smartqueue.notifications.states import WITH_SUBJECT, MessageChannel

_WORDS = {
    MessageChannel.EMAIL: ("long",),
    MessageChannel.SMS: ("sms",),
    MessageChannel.WHATSAPP: ("chat", "sms"),
    MessageChannel.PUSH: ("push",),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """Subject ('' where the channel has none) and text, with their places."""

    subject: str
    body: str


def shipped(kind: str, channel: str, language: str) -> Wording | None:
    """What goes out as long as a tenant has written nothing; None where nothing was written in this language."""
    words = _file().get(kind, {}).get(language)
    if words is None:
        return None
    name = next(name for name in _WORDS[MessageChannel(channel)] if name in words)
    return Wording(words["title"] if channel in WITH_SUBJECT else "", words[name].strip())


def shipped_or_french(kind: str, channel: str, language: str) -> Wording | None:
    """`shipped`, else the French one; None for a kind that only a tenant's program knows."""
    return shipped(kind, channel, language) or shipped(kind, channel, Language.FRENCH)


@cache
def _file() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((Path(__file__).parents[1] / "data" / "wordings.toml").read_text("utf-8"))
