"""One port, two protocols: HTTP goes to Django through WSGI, sockets go to Channels."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")

from channels.routing import ProtocolTypeRouter, URLRouter

from smartqueue.config.bridge import Bridge
from smartqueue.config.environment import number
from smartqueue.config.wsgi import application as http

# The socket room (`live`) gets its routes with its own issue; until then every socket is refused.
application = ProtocolTypeRouter(
    {"http": Bridge(cast(Any, http), workers=number("WEB_THREADS", 3)), "websocket": URLRouter([])}
)
