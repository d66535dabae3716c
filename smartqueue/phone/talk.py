"""Both sides of a conversation: who speaks, and what is answered. Nothing here knows how it travels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from smartqueue.journal.states import Actor
from smartqueue.phone.words import Line, fitted
from smartqueue.queueing.states import Channel

CHATS = (Channel.SMS, Channel.WHATSAPP)
"""Where a person writes words; on USSD there are digits and codes of sites."""


@dataclass
class Talk:
    """One person in the middle of a conversation with one tenant.

    Attributes:
        phone: E.164, as the gateway or the provider says it.
        language: what the screens are in; a choice changes it.
        customer_id: None while the tenant does not know this phone.
        state: what the last screen offered; JSON, kept between two hops.
        dial: what is dialled to come back, such as `*384*12#`; '' where nobody says it.
    """

    tenant_id: UUID
    tenant_name: str
    channel: Channel
    phone: str
    language: str
    actor: Actor
    customer_id: UUID | None = None
    state: dict[str, Any] = field(default_factory=dict)
    dial: str = ""

    @property
    def writes_words(self) -> bool:
        return self.channel in CHATS


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose.

    Attributes:
        key: what is typed.
        deed: what is done then; kept here and never shown, so nobody can type another one.
        is_name: the label may be cut.
        after: a few signs that stay behind a cut label.
    """

    key: str
    label: str
    deed: str
    is_name: bool = False
    after: str = ""

    def line(self) -> Line:
        return Line(f"{self.key} ", self.label, self.after) if self.is_name else Line(f"{self.key} {self.label}")


@dataclass(frozen=True, slots=True)
class Screen:
    """What is shown at once.

    Attributes:
        lines: sentences above the choices; one that is about a name is a `Line`.
        options: one line each.
        ways: choices that share the last line: more, back, another language.
        here: the deed that shows it again; '' ends the conversation.
        ticket_id: the ticket that this hop has taken.
    """

    lines: Sequence[Line]
    options: Sequence[Option] = ()
    ways: Sequence[Option] = ()
    here: str = ""
    ticket_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        text: at most 160 signs and 7 lines on USSD and SMS, the choices included.
        is_end: the conversation is over; on USSD the gateway hangs up.
        intro: `text` without the choices, for a channel that shows them as buttons.
        options: key and label.
        language: in which it is said.
    """

    text: str
    is_end: bool
    intro: str = ""
    options: Sequence[tuple[str, str]] = ()
    language: str = "fr"


def answered(talk: Talk, screen: Screen) -> Reply:
    """A screen as it is said in this conversation, and in the conversation's state what may be answered to it."""
    every = [*screen.options, *screen.ways]
    talk.state = {"menu": {one.key: one.deed for one in every}, "here": screen.here}
    if not screen.here:
        talk.state["ended"] = True
    if screen.ticket_id:
        talk.state["ticket"] = str(screen.ticket_id)
    ways = [Line("  ".join(f"{way.key} {way.label}" for way in screen.ways))] if screen.ways else []
    lines = [*screen.lines, *(option.line() for option in screen.options), *ways]
    options = [(one.key, f"{one.label}{one.after}") for one in every]
    if talk.channel == Channel.WHATSAPP:
        said = "\n".join(line.cut(60) for line in lines)
        return Reply(said, not screen.here, "\n".join(line.cut(60) for line in screen.lines), options, talk.language)
    text = fitted(lines, is_gsm=talk.channel == Channel.SMS)
    return Reply(text, not screen.here, options=options, language=talk.language)
