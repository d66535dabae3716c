"""The house itself as Django sees it, and the admin site of platform staff."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class House(AppConfig):
    name = "smartqueue.config"

    def ready(self) -> None:
        """Every process that loads Django sends its tasks to our broker."""
        import_module("smartqueue.config.celery")


class PlatformAdmin(AdminConfig):
    default_site = "smartqueue.config.admin_site.PlatformAdminSite"
