"""The Celery application. Tasks are thin: ids in, enter the tenant's scope, one action."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")

app = Celery("smartqueue")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()  # for every thread, not only the one that imports this
app.autodiscover_tasks()
