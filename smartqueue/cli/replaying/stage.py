"""Where the day is played: a site of its own per run, with its queues, counters and agents, made through the API."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from smartqueue.cli.replaying.client import Api, Refused
from smartqueue.cli.replaying.recording import Day, Line

TRIES = 20
AROUND_THE_CLOCK = {
    "hours": [{"weekday": day, "opens": "00:00", "closes": "00:00"} for day in range(1, 8)],
}


@dataclass
class Seat:
    """A counter and the agent who may sit there. `holding` is the ticket in the agent's hands."""

    agent_id: str
    counter_id: str
    holding: str | None = None


@dataclass
class StagedLine:
    """A recorded line and the queue that plays it."""

    line: Line
    queue_id: str
    seats: list[Seat] = field(default_factory=list)


@dataclass
class Stage:
    """One run's site."""

    site_id: str
    code: str
    lines: list[StagedLine]


async def together(doings: Iterable[Awaitable[Any]]) -> list[Any]:
    """Wait for all; the first failure ends the others and is raised."""
    tasks = [asyncio.ensure_future(doing) for doing in doings]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def things_to_make(day: Day) -> int:
    """How often `set_stage` will report that something stands: a queue, or a counter with its agent."""
    return sum(1 + line.most_counters for line in day.lines)


async def set_stage(api: Api, day: Day, *, made: Callable[[], None]) -> Stage:
    """Make the site of this run and everything on it.

    Args:
        made: called once for each queue and for each counter with its agent.

    Raises:
        Refused: the API refuses something; PlainError: it does not answer.
    """
    site = await _open_site(api, day)
    services = {row["code"]: row["id"] for row in await api.rows("services/")}
    stage = Stage(site["id"], site["code"], [])
    stage.lines = await together(
        _stage_line(api, stage, line, _letters(place), services, made) for place, line in enumerate(day.lines)
    )
    return stage


async def _open_site(api: Api, day: Day) -> dict[str, Any]:
    """A new site, open around the clock: `R200108-3` is the third run of that date."""
    prefix = f"R{day.date:%y%m%d}-"
    runs = [row["code"].removeprefix(prefix) for row in await api.rows("sites/") if row["code"].startswith(prefix)]
    first = 1 + max((int(run) for run in runs if run.isdigit()), default=0)
    for run in range(first, first + TRIES):
        wanted = {"name": f"{day.name} {day.date}, run {run}"[:120], "code": f"{prefix}{run}"}
        try:
            site: dict[str, Any] = await api.post("sites/", wanted | {"observes_holidays": False})
        except Refused as refused:
            if refused.code != "already_exists" or run == first + TRIES - 1:
                raise
        else:  # nobody has begun the same run meanwhile
            await api.put(f"sites/{site['id']}/hours/", AROUND_THE_CLOCK)
            return site
    raise AssertionError("the last try raises")


async def _stage_line(
    api: Api, stage: Stage, line: Line, letters: str, services: dict[str, str], made: Callable[[], None]
) -> StagedLine:
    service_id = await _service(api, line, services)
    name = " ".join((line.key, line.office, line.service)).strip()[:80]
    queue = await api.post("queues/", {"name": name, "site": stage.site_id, "service": service_id, "prefix": letters})
    made()
    seats = await together(
        _seat(api, stage, f"{line.key}-{number}", queue["id"], made) for number in range(1, line.most_counters + 1)
    )
    return StagedLine(line, queue["id"], seats)


async def _service(api: Api, line: Line, known: dict[str, str]) -> str:
    """Services belong to the tenant: later runs find those of the first by their code."""
    told = "\n".join((line.key, line.office, line.service))
    code = f"replay-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    if code not in known:
        name = f"{line.service} ({line.office})" if line.service else line.key
        try:
            known[code] = (await api.post("services/", {"name": name[:120], "code": code}))["id"]
        except Refused as refused:
            if refused.code != "already_exists":
                raise
            known[code] = (await api.rows("services/", code=code))[0]["id"]  # another run has just made it
    return known[code]


async def _seat(api: Api, stage: Stage, name: str, queue_id: str, made: Callable[[], None]) -> Seat:
    """A counter with an agent of its own, who is still at home. People are known by e-mail in the whole house."""
    email = f"replay-{stage.code.lower()}-{UUID(stage.site_id).hex[-8:]}-{name}@example.invalid".lower()
    counter = await api.post("counters/", {"site_id": stage.site_id, "name": name[:40]})
    agent = await api.post("agents/", {"email": email, "name": f"Replay {name}"[:120], "queue_ids": [queue_id]})
    made()
    return Seat(agent["id"], counter["id"])


def _letters(place: int) -> str:
    """A, B … Z, AA, AB …: the letters before the numbers of the place-th queue."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters
