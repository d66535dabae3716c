"""Distances on the sphere, and in which zone a way lies."""

import math

from smartqueue.travel.states import Point, Zone

EARTH_M = 6_371_009.0
"""Mean radius of the Earth."""
INTERURBAN_KM = 30.0
SOUTH, NORTH, WEST, EAST = 14.55, 14.86, -17.56, -17.125
"""Around every commune of the Dakar region and no other's centre; the islands of Gorée and Ngor are inside."""


def metres_between(one: Point, other: Point) -> float:
    """Along the great circle, metres (haversine)."""
    (up, along), (up_there, along_there) = ((math.radians(d) for d in point) for point in (one, other))
    chord = (
        math.sin((up_there - up) / 2) ** 2
        + math.cos(up) * math.cos(up_there) * math.sin((along_there - along) / 2) ** 2
    )
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, chord)))


def in_dakar(point: Point) -> bool:
    return SOUTH <= point.latitude <= NORTH and WEST <= point.longitude <= EAST


def zone_of(origin: Point, destination: Point) -> Zone:
    """The Dakar region where both ends lie in it; else between towns beyond 30 km in a straight line."""
    if in_dakar(origin) and in_dakar(destination):
        return Zone.DAKAR
    return Zone.INTERURBAN if metres_between(origin, destination) > INTERURBAN_KM * 1000 else Zone.TOWN


def rounded(point: Point) -> Point:
    """To a grid of about 150 m: the same start for whoever stands nearby."""
    return Point(round(point.latitude * 720) / 720, round(point.longitude * 720) / 720)
