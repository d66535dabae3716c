"""OSRM: `GET /table/v1/driving/{lon},{lat};…` answers with seconds and metres from the first point to the others.

A server knows the one profile that it was built with, whatever the address says, so only cars ask it. Protocol:
https://project-osrm.org/docs/v5.24.0/api/#table-service
"""

from collections.abc import Sequence

from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.travel.providers.reading import json_of, leg_of
from smartqueue.travel.queries.engines import Leg
from smartqueue.travel.states import Mode, Point

MODES = frozenset({Mode.CAR, Mode.TAXI})


def ask(
    base_url: str, origin: Point, destinations: Sequence[Point], mode: Mode, deadline: Deadline
) -> list[Leg | None]:  # fmt: skip
    """Raises: NoAnswer."""
    # `%3B`: httpcore loses what follows a `;` in a path. OSRM reads both.
    points = "%3B".join(f"{one.longitude:.6f},{one.latitude:.6f}" for one in (origin, *destinations))
    there = ";".join(str(n) for n in range(1, len(destinations) + 1))
    asked = f"sources=0&destinations={there}&annotations=duration,distance"
    told = json_of("GET", f"{base_url}/table/v1/driving/{points}?{asked}", deadline=deadline)
    try:
        if told["code"] != "Ok":
            raise NoAnswer(NoAnswer.NOT_UNDERSTOOD)
        pairs = zip(told["durations"][0], told["distances"][0], strict=True)
        return [leg_of(seconds, metres) for seconds, metres in pairs]
    except (KeyError, IndexError, TypeError, ValueError):
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD) from None
