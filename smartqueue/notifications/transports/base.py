"""What the house asks of a way to reach people. One module or package a provider; none of them touches a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.functional import Promise

from smartqueue.notifications.states import RETRY_HELPS, MessageChannel, Outcome, Provider
from smartqueue.notifications.states.variables import Value
from smartqueue.outbound.deadline import Deadline, NoAnswer


class TransportFault(Exception):
    """A message was not handed over, or nobody knows.

    Attributes:
        outcome: why.
        is_unknown: it may have been taken: `Transport.find` may know.
        retry_after_s: what the provider asks for.
        said: the provider's own code or words, for whoever looks into it; at most 200 letters.
    """

    def __init__(
        self, outcome: Outcome, *, is_unknown: bool = False, retry_after_s: float | None = None, said: str = ""
    ) -> None:
        super().__init__(outcome)
        self.outcome, self.is_unknown = outcome, is_unknown
        self.retry_after_s, self.said = retry_after_s, said[:200]

    @property
    def retry_helps(self) -> bool:
        return self.outcome in RETRY_HELPS

    @classmethod
    def of(cls, silence: NoAnswer) -> "TransportFault":
        """A call that nobody answered, as what became of a message."""
        # An endless answer: of a message the same word says that it is too long itself.
        code = Outcome.NOT_UNDERSTOOD if silence.code == NoAnswer.TOO_LONG else Outcome(silence.code)
        return cls(code, is_unknown=silence.is_unknown)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address.

    Attributes:
        id: of the notification: the same at every try, and handed to providers that take such a thing.
        to: E.164, a mail address, or what the channel calls an address (push: the subscription as JSON).
        subject: '' where the channel has none.
        link: the page that a push opens; may be ''.
        life_s: seconds for which it is of use.
        is_urgent: the person is being called.
        values: what stands in the wording's places, for providers that fill a template of their own.
        report_to: the URL where the provider says what became of it; '' where we have none.
        is_window_open: the person has written to us in the last 24 hours: WhatsApp then takes words of our own.
        stop_url: the page where its reader stops such messages; '' where there is none.
    """

    id: UUID
    to: str
    kind: str
    language: str
    subject: str
    body: str
    link: str = ""
    life_s: int = 300
    is_urgent: bool = False
    values: Mapping[str, Value] = field(default_factory=dict)
    report_to: str = ""
    sender_name: str = ""
    is_window_open: bool = False
    stop_url: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """A provider has taken a message.

    Attributes:
        provider_id: its name there; '' if the provider gives none.
        parts: SMS that are paid; 1 elsewhere.
        cost_xof: what the provider says it costs, None if it does not say.
    """

    provider_id: str
    parts: int = 1
    cost_xof: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a provider, as it came: raw, because signatures are over bytes.

    Attributes:
        url: as the provider called it, with scheme, host and query.
        headers: by lower-case name.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says became of a message.

    Attributes:
        event_id: the same when it says it again.
        has_arrived: True delivered, False failed, None on its way.
        notification_id: our own, where the provider hands it back: it finds the row even before the answer to the
            hand-over is there, and after one that never came.
    """

    event_id: str
    provider_id: str
    has_arrived: bool | None
    said: str = ""
    outcome: Outcome | None = None
    notification_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that a person has sent us.

    Attributes:
        event_id: the same when the provider says it again.
        sender: E.164.
        text: as typed; of a button or a list, the id that we gave it.
    """

    event_id: str
    sender: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A provider's request, understood.

    Attributes:
        answer: what it wants to hear back.
    """

    reports: Sequence[Report] = ()
    inbound: Sequence[Inbound] = ()
    answer: bytes = b""
    answer_type: str = "text/plain"


class Forged(Exception):
    """A request that does not come from the provider, or not from this account."""


@dataclass(frozen=True)
class Field:
    """One thing that is asked when an account is connected.

    Attributes:
        is_secret: sealed at rest, never shown.
        pattern: what it must match, whole; '' for any printable line.
        is_advanced: shown folded away.
    """

    name: str
    label: str | Promise
    help: str | Promise = ""
    is_secret: bool = False
    is_required: bool = True
    pattern: str = ""
    longest: int = 200
    default: str = ""
    choices: Sequence[tuple[str, str | Promise]] = ()
    is_advanced: bool = False


class Transport:
    """One account at one provider.

    Args:
        settings: the fields in the open, by name, and `base_url` where somebody has set another one.
        secrets: the sealed ones.
    """

    provider: ClassVar[Provider]
    channel: ClassVar[MessageChannel]
    fields: ClassVar[tuple[Field, ...]] = ()
    base_url: ClassVar[str] = ""
    signs: ClassVar[bool] = False
    """Whether its requests prove where they come from. Without it the secret address is all there is."""

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self.settings, self.secrets = settings, secrets
        self.base = str(settings.get("base_url") or self.base_url).rstrip("/")

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        """Hand a message over. Never inside a transaction.

        Raises:
            TransportFault: with the reason.
        """
        raise NotImplementedError

    def find(self, message: Outgoing, deadline: Deadline) -> Handed | None:
        """Ask the provider whether it has a message whose hand-over got no answer.

        Returns:
            None where it has not, or cannot tell.
        """
        return None

    def read(self, call: Call) -> Reading:
        """Understand a request of the provider: reports, messages of people, or the question whether we are here.

        Raises:
            Forged: it is not from there.
        """
        raise Forged
