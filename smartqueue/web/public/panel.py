"""A journey as the ticket's page shows it: in the site's time."""

from datetime import datetime
from zoneinfo import ZoneInfo

from smartqueue.forecast.queries.journeys import JourneyView
from smartqueue.forecast.states import Stage


class Panel:
    """When to leave and why, for templates.

    Attributes:
        way: the journey.
        leave_at, turn_from, turn_to: `10:20`; empty where not known.
    """

    def __init__(self, way: JourneyView) -> None:
        self.way = way
        self._zone = ZoneInfo(way.time_zone)
        self.leave_at, self.turn_from, self.turn_to = map(self._clock, (way.leave_at, way.turn_from, way.turn_to))

    def _clock(self, instant: datetime | None) -> str:
        return f"{instant.astimezone(self._zone):%H:%M}" if instant else ""


def panel_of(way: JourneyView | None) -> Panel | None:
    """None for nobody on the way, and for somebody who has come: the page says that by itself."""
    return None if way is None or way.stage == Stage.ARRIVED else Panel(way)
