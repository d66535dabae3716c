"""Who hears which fact, later: the relay hands each journal entry to these, at least once, in any order.

Handlers that must run at once (screens, the forecast) get their own timetable with the `live` room.
"""

from smartqueue.journal.actions.relay import Timetable
from smartqueue.queueing import handlers as queueing

LATER: Timetable = {
    "ticket.closed": [queueing.learn_service_time],
}
