"""Who hears of what: the only registry.

At once: told which queues' streams have moved, as soon as their facts have a number; may be told nothing when a
process dies. Later: the relay hands each journal entry to these, at least once, in any order.
"""

from collections.abc import Callable

from smartqueue.journal.actions.relay import Streams, Timetable
from smartqueue.live import handlers as live
from smartqueue.live.publish import announce
from smartqueue.notifications import handlers as notifications
from smartqueue.queueing import handlers as queueing
from smartqueue.webhooks import handlers as webhooks
from smartqueue.webhooks.states import FACTS

AT_ONCE: Callable[[Streams], None] = announce

LATER: Timetable = {
    "message.sent": [live.tell_owner],
    "message.shown": [live.tell_owner],
    "message.delivered": [live.tell_owner],
    "message.failed": [live.tell_owner],
    "ticket.created": [notifications.tell_taken],
    "ticket.called": [notifications.tell_called, notifications.tell_near],
    "ticket.recalled": [notifications.tell_called_again],
    "ticket.no_show": [notifications.tell_missed],
    "ticket.closed": [queueing.learn_service_time, notifications.thank],
    "ticket.cancelled": [notifications.tell_near],
    "ticket.deferred": [notifications.tell_near],
    "ticket.expired": [notifications.tell_near],
    "ticket.priority_changed": [notifications.tell_near],
    "ticket.put_back": [notifications.tell_near],
    "ticket.transferred": [notifications.tell_near],
}

# Every public fact, for the organisations that have a webhook for it.
LATER = {**LATER, **{fact: [*LATER.get(fact, ()), webhooks.queue_deliveries] for fact in FACTS}}
