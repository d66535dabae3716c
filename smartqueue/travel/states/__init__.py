"""Modes, zones, hour classes."""

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """How somebody comes. The first four are offered everywhere; the others where a tenant has speeds for them."""

    CAR = "voiture", _("By car")
    TRANSIT = "transport", _("By bus")
    TAXI = "taxi", _("By taxi")
    WALK = "pied", _("On foot")
    MOTO = "moto", _("By motorbike")
    BRT = "brt", _("By BRT")
    TER = "ter", _("By TER")


USUAL_MODES = (Mode.CAR, Mode.TRANSIT, Mode.TAXI, Mode.WALK)


class Zone(models.TextChoices):
    """Where the way lies; each has hours and speeds of its own."""

    DAKAR = "dakar_region", _("Dakar region")
    TOWN = "other_town", _("Other towns")
    INTERURBAN = "interurban", _("Between towns")


class HourClass(models.TextChoices):
    """Hours in which traffic flows alike."""

    NIGHT = "night", _("Night")
    SHOULDER = "shoulder", _("Early and late")
    AM_PEAK = "am_peak", _("Morning rush")
    LATE_MORNING = "late_morning", _("Late morning")
    AFTERNOON = "afternoon", _("Afternoon")
    PM_PEAK = "pm_peak", _("Evening rush")
    OFFPEAK = "offpeak", _("Quiet hours")
    PEAK = "peak", _("Rush hours")
    ALL = "all", _("All day")


class Engine(models.TextChoices):
    """Who computes the way: our table of speeds, or a routing engine of the tenant's with the table as its fallback."""

    TABLE = "table", _("Table of speeds")
    OSRM = "osrm", "OSRM"
    VALHALLA = "valhalla", "Valhalla"


class Point(NamedTuple):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


class TravelTime(NamedTuple):
    """A way.

    Attributes:
        minutes: what it takes in the middle of cases, the way to the car or stop included.
        p80_minutes: in eight cases of ten it takes no longer.
        distance_km: along the way.
        source: `table`, `osrm` or `valhalla`.
        mode: how; whoever has less than 800 m walks, and where there is no BRT or TER it is a bus.
    """

    minutes: float
    p80_minutes: float
    distance_km: float
    source: str
    mode: str = ""

    @property
    def how(self) -> str:
        """The mode in words."""
        return str(Mode(self.mode).label)
