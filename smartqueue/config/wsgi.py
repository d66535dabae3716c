"""HTTP: Django under WSGI, ten times faster than its ASGI handler (docs/decisions/0004)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
