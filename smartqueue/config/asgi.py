"""One port, two protocols: HTTP goes to Django through WSGI, sockets and what lies below `/live/` to the hub."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")

from channels.routing import ProtocolTypeRouter

from smartqueue.config.bridge import Bridge
from smartqueue.config.environment import load, number
from smartqueue.config.wsgi import application as wsgi
from smartqueue.live.house import House, Limits
from smartqueue.live.hub import Hub
from smartqueue.live.routes import plain_routes, socket_routes

house = House(
    Hub(load().redis_url),
    Limits(
        per_address=number("LIVE_PER_ADDRESS", 200),
        slow_s=number("LIVE_SLOW_SECONDS", 20),
        hello_s=number("LIVE_HELLO_SECONDS", 5),
        ask_again_s=number("LIVE_ASK_AGAIN_SECONDS", 60),
        heartbeat_s=number("LIVE_HEARTBEAT_SECONDS", 20),
    ),
)
django = Bridge(cast(Any, wsgi), workers=number("WEB_THREADS", 3))
live = plain_routes(house)


async def http(scope: Any, receive: Any, send: Any) -> None:
    await (live if scope["path"].startswith("/live/") else django)(scope, receive, send)


application = ProtocolTypeRouter({"http": http, "websocket": socket_routes(house)})
