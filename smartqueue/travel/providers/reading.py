"""What the engines' answers have in common."""

import math
from typing import Any

import orjson

from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.outbound.http import call
from smartqueue.travel.queries.engines import Leg

LONGEST_S, LONGEST_M = 60 * 60 * 24 * 14, 40_000_000
"""Nobody is further than this."""


def json_of(method: str, url: str, *, deadline: Deadline, content: bytes = b"") -> Any:
    """Raises: NoAnswer, also when the answer is no JSON or not 200."""
    headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if content else {})
    answer = call(method, url, deadline=deadline, headers=headers, content=content)
    if not answer.is_ok:
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD)
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD) from None


def leg_of(seconds: Any, distance: Any, metres: float = 1) -> Leg | None:
    """None where the engine found no way.

    Args:
        metres: of the distance's unit.

    Raises:
        ValueError, TypeError: numbers that cannot be.
    """
    if seconds is None:
        return None
    leg = Leg(float(seconds), float(distance) * metres if distance is not None else 0.0)
    if not (math.isfinite(leg.seconds) and 0 <= leg.seconds <= LONGEST_S and 0 <= leg.metres <= LONGEST_M):
        raise ValueError(leg)
    return leg
