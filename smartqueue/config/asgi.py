"""One port, two protocols: HTTP goes to Django through WSGI, sockets go to Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")

from a2wsgi import WSGIMiddleware  # noqa: E402 - settings first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from smartqueue.config.environment import number  # noqa: E402
from smartqueue.config.wsgi import application as http  # noqa: E402

# The socket room (`live`) gets its routes with its own issue; until then every socket is refused.
application = ProtocolTypeRouter(
    {"http": WSGIMiddleware(http, workers=number("WEB_THREADS", 8)), "websocket": URLRouter([])}
)
