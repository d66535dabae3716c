"""Who hears of what: the only registry.

At once: told which queues' streams have moved, as soon as their facts have a number; may be told nothing when a
process dies. Later: the relay hands each journal entry to these, at least once, in any order.
"""

from collections.abc import Callable

from smartqueue.forecast import handlers as forecast
from smartqueue.forecast.actions.poking import poke_follow
from smartqueue.journal.actions.relay import Streams, Timetable
from smartqueue.live import handlers as live
from smartqueue.live.publish import announce
from smartqueue.notifications import handlers as notifications
from smartqueue.queueing import handlers as queueing
from smartqueue.webhooks import handlers as webhooks
from smartqueue.webhooks.states import FACTS


def tell_at_once(streams: Streams) -> None:
    """The screens, and whoever works out how long one waits."""
    announce(streams)
    poke_follow()


AT_ONCE: Callable[[Streams], None] = tell_at_once

LATER: Timetable = {
    "agent.status_updated": [forecast.count_counters_again],
    "agent.queues_changed": [forecast.count_counters_again],
    "message.sent": [live.tell_owner],
    "message.shown": [live.tell_owner],
    "message.delivered": [live.tell_owner],
    "message.failed": [live.tell_owner],
    "ticket.created": [notifications.tell_taken],
    "ticket.called": [notifications.tell_called, notifications.tell_near, forecast.look_at_line],
    "ticket.checked_in": [forecast.welcome_arrival],
    "ticket.eta_updated": [forecast.look_at_line],
    "ticket.leave_now": [notifications.tell_leave],
    "ticket.recalled": [notifications.tell_called_again],
    "ticket.no_show": [notifications.tell_missed, forecast.forget_way],
    "ticket.closed": [queueing.learn_service_time, notifications.thank, forecast.forget_way],
    "ticket.cancelled": [notifications.tell_near, forecast.forget_way],
    "ticket.deferred": [notifications.tell_near],
    "ticket.expired": [notifications.tell_near, forecast.forget_way],
    "ticket.priority_changed": [notifications.tell_near],
    "ticket.put_back": [notifications.tell_near],
    "ticket.transferred": [notifications.tell_near, forecast.look_at_line],
}

# Every public fact, for the organisations that have a webhook for it.
LATER = {**LATER, **{fact: [*LATER.get(fact, ()), webhooks.queue_deliveries] for fact in FACTS}}
