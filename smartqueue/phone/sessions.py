"""One message of one person, whole: the conversation found and locked, a step made, the answer kept beside its effect.

So a message that comes twice is answered twice and has one effect, and of two at once the second waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from smartqueue.customers.queries import customer_of_phone
from smartqueue.customers.states import Language
from smartqueue.journal.states import Actor
from smartqueue.notifications.actions.conversations import begin_anew, keep_hop, locked_conversation
from smartqueue.notifications.models import Conversation
from smartqueue.phone.conversation import step
from smartqueue.phone.keywords import said
from smartqueue.phone.talk import Reply, Talk
from smartqueue.queueing.states import Channel

IDLE = {Channel.USSD: timedelta(minutes=3), Channel.SMS: timedelta(minutes=30), Channel.WHATSAPP: timedelta(minutes=30)}
"""A silence after which a menu counts no more."""
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks, from where.

    Attributes:
        phone: E.164.
        session: the conversation's name, unique in tenant and channel; the phone is part of it, so no gateway's
            session can pass from one phone to another.
        dial: as in `Talk`.
        is_trial: a member tries it on the simulator.
    """

    tenant_id: UUID
    tenant_name: str
    channel: Channel
    phone: str
    session: str
    actor: Actor
    dial: str = ""
    is_trial: bool = False

    @property
    def kept_as(self) -> str:
        """A trial must not look as if the person had written: WhatsApp's window would count as open."""
        return "trial" if self.is_trial else self.channel


def hear(caller: Caller, text: str, at: datetime, *, hop: str = "") -> Reply:
    """One message. Inside the tenant's transaction.

    Args:
        hop: a name that the same message carries when it is sent again; '' where there is none.
    """
    row = _locked(caller, at)
    if hop and (before := _heard(row, hop)):
        return before
    return _fed(row, caller, [(hop, text)], at)


def dial(caller: Caller, inputs: str, at: datetime) -> Reply:
    """A USSD hop of a gateway that says all inputs so far.

    Args:
        inputs: joined by `*`; '' at the beginning. Inputs that never came here are made up for.
    """
    row = _locked(caller, at)
    if before := _heard(row, f"={inputs}"):
        return before
    was_silent = row.touched_at < row.started_at
    # Nobody sees any more what these inputs were answers to.
    return _fed(row, caller, [(f"={inputs}", "")] if was_silent else _not_heard(row, inputs), at)


def last_reply(row: Conversation) -> Reply | None:
    """What was answered last."""
    return _reply(row.hops[-1]) if row.hops else None


def _locked(caller: Caller, at: datetime) -> Conversation:
    return locked_conversation(
        tenant_id=caller.tenant_id, channel=caller.kept_as, address=caller.phone,
        session=caller.session[:LONGEST_NAME], at=at, idle=IDLE[caller.channel],
    )  # fmt: skip


def _heard(row: Conversation, hop: str) -> Reply | None:
    return next((_reply(one) for one in row.hops if one["hop"] == hop), None)


def _reply(hop: dict[str, object]) -> Reply:
    return Reply(str(hop["text"]), bool(hop["end"]))


def _not_heard(row: Conversation, inputs: str) -> list[tuple[str, str]]:
    """The inputs that are new, each under the name of all that is said with it.

    What does not go on from the last hop is the last input only: what was done is not done again.
    """
    typed = inputs.split("*")
    last = row.hops[-1]["hop"].removeprefix("=") if row.hops else None
    if last is None:
        start = 0  # dialled with inputs: *384*12*DKR1#
    elif inputs.startswith(f"{last}*") and last:
        start = last.count("*") + 1
    else:
        start = 0 if last == "" else len(typed) - 1
    return [("=" + "*".join(typed[: place + 1]), typed[place]) for place in range(start, len(typed))]


def _fed(row: Conversation, caller: Caller, typed: Sequence[tuple[str, str]], at: datetime) -> Reply:
    if row.state.get("ended") and (before := _after_the_end(row, caller, typed, at)):
        return before
    customer = customer_of_phone(caller.phone)
    # The person's choice, then what the word that was written tells, then the house's language.
    language = customer.language if customer else row.language or _spoken(caller, typed) or Language.FRENCH
    talk = Talk(
        caller.tenant_id, caller.tenant_name, caller.channel, caller.phone, language, caller.actor,
        customer.id if customer else None, dict(row.state), caller.dial,
    )  # fmt: skip
    reply = None
    for hop, text in typed:
        if reply is not None and reply.is_end:
            break  # whatever was dialled behind the end
        reply = step(talk, text, at)
        kept = {"hop": hop, "in": text[:200], "text": reply.text, "end": reply.is_end}
        if reply.intro:
            kept |= {"intro": reply.intro, "options": [list(pair) for pair in reply.options]}
        keep_hop(row, hop=kept, state=talk.state, language=talk.language, at=at)
    assert reply is not None
    return reply


def _after_the_end(row: Conversation, caller: Caller, typed: Sequence[tuple[str, str]], at: datetime) -> Reply | None:
    """A session of USSD that is over only repeats its end, until somebody dials anew; a chat just goes on."""
    if caller.channel != Channel.USSD:
        return None
    hop, text = typed[-1]
    if not hop and not text:
        begin_anew(row, at=at)
        return None
    return last_reply(row)


def _spoken(caller: Caller, typed: Sequence[tuple[str, str]]) -> str:
    heard = said(typed[0][1]) if caller.channel != Channel.USSD else None
    return heard.language if heard else ""
