"""SMS and WhatsApp: somebody has written, and is answered by a message of ours."""

from datetime import datetime

from smartqueue.journal.states import Actor
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.actions.replies import reply
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import CHANNEL_OF
from smartqueue.notifications.transports.base import Inbound
from smartqueue.phone.limits import may_speak
from smartqueue.phone.sessions import Caller, hear
from smartqueue.queueing.states import Channel

LONGEST_SAID = 500


def take_in(row: Integration, message: Inbound, actor: Actor, at: datetime) -> None:
    """Hear one message and lay its answer ready; in the transaction that took the message in.

    A sender that is no phone (a bank's name, a short code) is not answered: it is a machine.
    """
    try:
        phone = normalise(message.sender)
    except Invalid:
        return
    channel = Channel(CHANNEL_OF[row.provider])
    if not may_speak(tenant_id=row.tenant_id, channel=channel, phone=phone):
        return
    caller = Caller(row.tenant_id, row.tenant.name, channel, phone, f"{channel}:{phone}", actor)
    said = hear(caller, message.text[:LONGEST_SAID], at)
    reply(
        tenant_id=row.tenant_id, channel=channel, address=phone, body=said.text, language=said.language, at=at,
        cause=f"reply:{message.event_id}", options=said.options, intro=said.intro,
    )  # fmt: skip
