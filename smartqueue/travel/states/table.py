"""The table of speeds as delivered (data/speeds.csv)."""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from smartqueue.travel.states import HourClass, Mode, Zone

DATA = Path(__file__).resolve().parent.parent / "data"
Key = tuple[Zone, Mode, HourClass]


class Line(NamedTuple):
    """One line of the table: minutes = overhead + 60 × straight km × detour ÷ speed."""

    speed_kmh: float
    overhead_min: float
    detour: float


@cache
def delivered() -> dict[Key, Line]:
    """Every line, in the order of the file; do not change it."""
    return {
        (Zone(row["zone"]), Mode(row["mode"]), HourClass(row["hours"])): Line(
            float(row["speed_kmh"]), float(row["overhead_min"]), float(row["detour"])
        )
        for row in rows_of("speeds.csv")
    }


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Rows of a file of this room's; lines that begin with # are remarks."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


def mode_there(mode: Mode, zone: Zone) -> tuple[Zone, Mode]:
    """Where in the table somebody's way stands: BRT and TER run in the Dakar region only, elsewhere it is a bus; on
    foot or by motorbike the way between towns is as in a town."""
    there = Mode.TRANSIT if mode in (Mode.BRT, Mode.TER) and zone != Zone.DAKAR else mode
    return (Zone.TOWN if zone == Zone.INTERURBAN and there in (Mode.WALK, Mode.MOTO) else zone), there
