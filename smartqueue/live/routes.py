"""Every address of sockets, event streams and polling."""

from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from smartqueue.live import plain, sockets
from smartqueue.live.doors import AgentDoor, DashboardDoor, DisplayDoor, Door, MeDoor, TicketDoor
from smartqueue.live.house import House
from smartqueue.live.plain import Poll, Stream
from smartqueue.live.sockets import Socket

TENANT = "tenants/<slug:slug>/"
DOORS: list[tuple[str, type[Door]]] = [
    ("tickets/<str:token>/", TicketDoor),
    ("me/", MeDoor),
    (TENANT + "queues/<uuid:id>/", Door),
    (TENANT + "agents/me/", AgentDoor),
    (TENANT + "agents/<uuid:id>/", AgentDoor),
    (TENANT + "dashboard/", DashboardDoor),
    (TENANT + "displays/<uuid:id>/", DisplayDoor),
]


def _at(address: str, application: Any) -> Any:
    """Channels routes by Django's patterns; Django's types know only views."""
    return path(address, application)


def _at_all_others(application: Any) -> Any:
    return re_path("", application)


def socket_routes(house: House) -> Any:
    """The application for sockets: `/ws/…`."""
    known = [_at(f"ws/{address}", Socket(house, door)) for address, door in DOORS]
    return URLRouter([*known, _at_all_others(sockets.nothing_here)])


def plain_routes(house: House) -> Any:
    """The application for HTTP below `/live/`: the address itself for polling, `events/` below it for a stream."""
    polls = [_at(f"live/{address}", Poll(house, door)) for address, door in DOORS]
    streams = [_at(f"live/{address}events/", Stream(house, door)) for address, door in DOORS]
    return URLRouter([*polls, *streams, _at_all_others(plain.nothing_here)])
