"""Where the phone of somebody who waits elsewhere is, said over the ticket's socket.

Kept by the room `forecast`, for whoever has agreed; told to nobody, and written into no log.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import connections

from smartqueue.forecast.actions.journeys import move
from smartqueue.forecast.states import POSITION_EVERY_S
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.states import Point

MOST_KEPT = 10_000
KEPT, TOO_SOON, MALFORMED = "kept", "too_soon", "invalid"


class Positions:
    """Of one process. What comes sooner than ten seconds after the last is let go before it costs a question; the
    database has a thread of its own, so that no board waits for a phone."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="positions")
        self._said_at: dict[str, float] = {}

    async def take(self, tenant_id: str, ticket_id: str, said: Mapping[str, Any]) -> str:
        """Keep a position of a ticket's owner.

        Args:
            said: `latitude`, `longitude` and maybe `accuracy_m`, as they came.

        Returns:
            `kept`, `too_soon`, or the code of a refusal: `invalid`, `consent_missing`, `journey_not_found` …
        """
        read = position_in(said)
        if read is None:
            return MALFORMED
        loop = asyncio.get_running_loop()
        if loop.time() - self._said_at.get(ticket_id, -POSITION_EVERY_S) < POSITION_EVERY_S:
            return TOO_SOON
        if len(self._said_at) >= MOST_KEPT:
            self._said_at.clear()  # costs one question too many for each
        self._said_at[ticket_id] = loop.time()
        return await loop.run_in_executor(self._thread, _keep, UUID(tenant_id), UUID(ticket_id), *read)

    def stop(self) -> None:
        """End the thread, after what was said."""
        self._thread.shutdown()


def position_in(said: Mapping[str, Any]) -> tuple[Point, float | None] | None:
    """A point and how sure it is; None where these are no numbers. Whether they lie on the earth is the room's rule."""
    latitude, longitude, accuracy_m = (said.get(name) for name in ("latitude", "longitude", "accuracy_m"))
    if not (_is_number(latitude) and _is_number(longitude) and (accuracy_m is None or _is_number(accuracy_m))):
        return None
    return Point(float(latitude), float(longitude)), accuracy_m  # type: ignore[arg-type]  # numbers, as judged


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _keep(tenant_id: UUID, ticket_id: UUID, point: Point, accuracy_m: float | None) -> str:
    try:
        with in_tenant(tenant_id):
            is_kept = move(ticket_id=ticket_id, point=point, accuracy_m=accuracy_m, at=now())
    except RuleBroken as refusal:
        return refusal.code
    finally:
        connections.close_all()
    return KEPT if is_kept else TOO_SOON
