"""Who hears of what: the only registry.

At once: told which queues' streams have moved, as soon as their facts have a number; may be told nothing when a
process dies. Later: the relay hands each journal entry to these, at least once, in any order.
"""

from collections.abc import Callable

from smartqueue.journal.actions.relay import Streams, Timetable
from smartqueue.live.publish import announce
from smartqueue.queueing import handlers as queueing

AT_ONCE: Callable[[Streams], None] = announce

LATER: Timetable = {
    "ticket.closed": [queueing.learn_service_time],
}
