"""Which wordings a tenant has, and what a message says."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from smartqueue.customers.states import Language
from smartqueue.kernel.errors import NotFound
from smartqueue.notifications.models import MessageTemplate
from smartqueue.notifications.states import WITH_SUBJECT, MessageChannel, MessageKind
from smartqueue.notifications.states.defaults import Wording, shipped, shipped_or_french
from smartqueue.notifications.states.sms import thrifty
from smartqueue.notifications.states.variables import Value
from smartqueue.notifications.states.wording import LONGEST_SUBJECT, Unreadable, fill

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it goes out, plain text; subject '' where the channel has none."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What one message says today in one language.

    Attributes:
        is_own: the tenant wrote it.
        is_shipped: the house has words in this language; otherwise the French ones go out.
    """

    language: str
    wording: Wording
    is_own: bool
    is_shipped: bool

    @property
    def digest(self) -> str:
        return digest_of(self.wording)


def digest_of(wording: Wording) -> str:
    """A short name for a text, to see whether it has changed."""
    return hashlib.sha256(f"{wording.subject}\0{wording.body}".encode()).hexdigest()[:16]


def own_wordings() -> QuerySet[MessageTemplate]:
    """Every wording that the scope's tenant has written."""
    return MessageTemplate.objects.all()


def wordings_of_programs() -> QuerySet[MessageTemplate]:
    """Wordings of kinds that the house does not know: a program of the tenant keeps them."""
    return MessageTemplate.objects.exclude(kind__in=MessageKind.values)


def standings(kind: str, channel: str) -> list[Standing]:
    """One for each language, French first; inside the tenant's scope."""
    own = {row.language: row for row in MessageTemplate.objects.filter(kind=kind, channel=channel)}
    return [_standing(kind, channel, language, own) for language in Language.values]


def _standing(kind: str, channel: str, language: str, own: Mapping[str, MessageTemplate]) -> Standing:
    """Own words, the house's, then the same in French."""
    words = shipped(kind, channel, language)
    if row := own.get(language):
        return Standing(language, Wording(row.subject, row.body), True, words is not None)
    if words:
        return Standing(language, words, False, True)
    if row := own.get(Language.FRENCH):
        return Standing(language, Wording(row.subject, row.body), False, False)
    french = shipped(kind, channel, Language.FRENCH)
    if french is None:
        raise NotFound
    return Standing(language, french, False, False)


def render(*, kind: str, channel: str, language: str, values: Mapping[str, Value]) -> Rendered:
    """What a customer reads: the tenant's words, else the house's. Plain text, never HTML.

    A wording that cannot be filled any more, kept before the rules were what they are, gives way to the house's.

    Args:
        kind: of `MessageKind`, or one that a program of the tenant uses.
        language: where nothing is written in it, French.
        values: of the kind's variables; one that is missing leaves its place empty.

    Raises:
        NotFound: nothing is written for this kind, neither by the tenant nor by the house.
        Unreadable: the kind is a program's own, and its wording cannot be filled.
    """
    own = {row.language: row for row in MessageTemplate.objects.filter(kind=kind, channel=channel)}
    house = shipped_or_french(kind, channel, language)
    wording = _standing(kind, channel, language, own).wording
    try:
        return filled(kind, channel, wording, values, house)
    except Unreadable:
        if house is None or wording == house:
            raise
        log.warning("a wording of %s by %s in %s cannot be filled; the default goes out", kind, channel, language)
        return filled(kind, channel, house, values, house)


def filled(
    kind: str, channel: str, wording: Wording, values: Mapping[str, Value], house: Wording | None = None
) -> Rendered:
    """A wording with its values, as its channel sends it; `house` lends its subject where there is none.

    Raises:
        Unreadable: it cannot be filled.
    """
    subject = wording.subject or (house.subject if house else "")
    line = " ".join(fill(kind, subject, values).split())[:LONGEST_SUBJECT] if channel in WITH_SUBJECT else ""
    body = fill(kind, wording.body, values).strip()
    return Rendered(line, thrifty(body) if channel == MessageChannel.SMS else body)
