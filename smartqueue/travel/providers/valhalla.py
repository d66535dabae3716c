"""Valhalla: `POST /sources_to_targets` answers with seconds and kilometres, for each mode by its own costing.

Protocol: https://valhalla.github.io/valhalla/api/matrix/api-reference/
"""

from collections.abc import Sequence

import orjson

from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.travel.providers.reading import json_of, leg_of
from smartqueue.travel.queries.engines import Leg
from smartqueue.travel.states import Mode, Point

COSTING = {Mode.CAR: "auto", Mode.TAXI: "taxi", Mode.WALK: "pedestrian", Mode.MOTO: "motor_scooter"}
"""A bus that stops and is waited for is better known by the table."""
MODES = frozenset(COSTING)


def ask(
    base_url: str, origin: Point, destinations: Sequence[Point], mode: Mode, deadline: Deadline
) -> list[Leg | None]:  # fmt: skip
    """Raises: NoAnswer."""
    wanted = {
        "sources": [_place(origin)],
        "targets": [_place(one) for one in destinations],
        "costing": COSTING[mode],
        "units": "kilometers",
    }
    told = json_of("POST", f"{base_url}/sources_to_targets", deadline=deadline, content=orjson.dumps(wanted))
    try:
        row = told["sources_to_targets"][0]
        by_target = {one["to_index"]: leg_of(one["time"], one["distance"], metres=1000) for one in row}
        return [by_target[n] for n in range(len(destinations))]
    except (KeyError, IndexError, TypeError, ValueError):
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD) from None


def _place(point: Point) -> dict[str, float]:
    return {"lat": round(point.latitude, 6), "lon": round(point.longitude, 6)}
