"""Play the recorded day: every line in its own order, the lines side by side, at the recorded moments."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from smartqueue.cli.replaying.client import Api, Refused
from smartqueue.cli.replaying.recording import Day, Kind, Step
from smartqueue.cli.replaying.stage import Seat, Stage, StagedLine, together

REASON = "Called out of order in the recorded day."


@dataclass
class Clock:
    """Recorded time → real time, `speed` times as fast; 0: do not wait at all.

    Attributes:
        began: the record's first moment, which is now.
        worst_lag_s: the longest time by which a step came too late, in real seconds.
    """

    began: datetime
    speed: float
    started: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    worst_lag_s: float = 0.0

    @property
    def wall_s(self) -> float:
        """Real seconds since the beginning."""
        return asyncio.get_running_loop().time() - self.started

    async def until(self, at: datetime) -> None:
        """Wait for a recorded moment."""
        if not self.speed:
            return
        left_s = (at - self.began).total_seconds() / self.speed - self.wall_s
        if left_s > 0:
            await asyncio.sleep(left_s)
        else:
            self.worst_lag_s = max(self.worst_lag_s, -left_s)


@dataclass
class Performance:
    """What happened while playing, beside the books.

    Attributes:
        called_next: calls of the head of a line, by `call-next/`; `called_chosen`: by `call/` with a reason.
        without_counter: calls at moments when no counter was open in the record; one was opened for them.
        surprises: what went otherwise than recorded: (line, sentence).
    """

    called_next: int = 0
    called_chosen: int = 0
    without_counter: int = 0
    wall_s: float = 0.0
    worst_lag_s: float = 0.0
    surprises: list[tuple[str, str]] = field(default_factory=list)


async def play_day(api: Api, day: Day, stage: Stage, *, speed: float, done: Callable[[Step], None]) -> Performance:
    """Play all lines to their end; every called person has been served then, and every agent has gone home.

    Args:
        speed: recorded seconds per real second; 0 is as fast as possible.
        done: told each step.

    Raises:
        PlainError: the API does not answer any more. A refusal is noted as a surprise, and the day goes on.
    """
    performance, clock = Performance(), Clock(day.began, speed)
    await together(Player(api, staged, performance, clock).play(done) for staged in stage.lines)
    performance.wall_s, performance.worst_lag_s = clock.wall_s, clock.worst_lag_s
    return performance


class Player:
    """Plays one line. The person called at a counter is served until that counter calls again or closes."""

    def __init__(self, api: Api, staged: StagedLine, performance: Performance, clock: Clock) -> None:
        self.api, self.line, self.queue_id = api, staged.line, staged.queue_id
        self.performance, self.clock = performance, clock
        self.ids: dict[int, str] = {}
        self.waiting: deque[int] = deque()
        self.shut = list(staged.seats)
        self.open: deque[Seat] = deque()

    async def play(self, done: Callable[[Step], None]) -> None:
        """Every step in order, then close the counters."""
        do = {Kind.COUNTERS: self.open_counters, Kind.ISSUED: self.issue, Kind.CALLED: self.call}
        for step in self.line.steps:
            await self.clock.until(step.at)
            try:
                await do[step.kind](step.value)
            except Refused as refused:
                self.surprise(f"{step.at:%H:%M} {step.kind} {step.value}: {refused}")
            done(step)
        await self.open_counters(0)

    async def open_counters(self, count: int) -> None:
        """Have that many counters open; the one that has served its customer longest closes first."""
        while len(self.open) < count and self.shut:
            seat = self.shut.pop()
            await self.api.post(f"agents/{seat.agent_id}/sign-in/", {"counter_id": seat.counter_id})
            self.open.appendleft(seat)
        while len(self.open) > count:
            seat = self.open.popleft()
            self.shut.append(seat)
            await self.finish(seat)
            await self.api.post(f"agents/{seat.agent_id}/set-status/", {"status": "offline"})

    async def issue(self, ticket: int) -> None:
        """Somebody takes a ticket."""
        taken = await self.api.post("tickets/", {"queue_id": self.queue_id, "channel": "kiosk"})
        self.ids[ticket] = taken["id"]
        self.waiting.append(ticket)

    async def call(self, ticket: int) -> None:
        """That very ticket is called, to the counter that has served its customer longest."""
        if ticket not in self.ids:
            return self.surprise(f"ticket {ticket} cannot be called: its issue was refused")
        seat = await self.free_seat()
        is_head = self.waiting[0] == ticket
        self.waiting.remove(ticket)
        if not (is_head and await self.call_head(seat, self.ids[ticket])):
            await self.call_chosen(seat, self.ids[ticket])
        return await self.start(seat)

    async def call_head(self, seat: Seat, wanted: str) -> bool:
        """Call whoever is next; False when that was not the expected ticket, and the seat is free again."""
        called = await self.api.post(f"agents/{seat.agent_id}/call-next/", {"queue_id": self.queue_id})
        if called is None:
            self.surprise("nobody waits although the record says so")
            return False
        seat.holding = called["id"]
        if seat.holding == wanted:
            self.performance.called_next += 1
            return True
        self.surprise(f"{called['number']} came next, which is not the recorded ticket")
        await self.finish(seat)
        return False

    async def call_chosen(self, seat: Seat, wanted: str) -> None:
        """Call a ticket out of order."""
        await self.api.post(f"tickets/{wanted}/call/", {"agent_id": seat.agent_id, "reason": REASON})
        seat.holding = wanted
        self.performance.called_chosen += 1

    async def start(self, seat: Seat) -> None:
        """The person has come to the counter."""
        await self.api.post(f"tickets/{seat.holding}/start-service/", {})

    async def free_seat(self) -> Seat:
        """An open counter whose customer has left; it goes to the end of the row."""
        if not self.open:
            self.performance.without_counter += 1
            await self.open_counters(1)
        self.open.rotate(-1)
        seat = self.open[-1]
        await self.finish(seat)
        return seat

    async def finish(self, seat: Seat) -> None:
        """The customer at this counter leaves."""
        ticket_id, seat.holding = seat.holding, None
        if ticket_id is None:
            return
        try:
            await self.api.post(f"tickets/{ticket_id}/close/", {})
        except Refused as refused:
            self.surprise(str(refused))

    def surprise(self, sentence: str) -> None:
        """Note what went otherwise than recorded."""
        self.performance.surprises.append((self.line.key, sentence))
