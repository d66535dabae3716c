"""Devices that should speak and do not, across tenants."""

from django.db.models import Count

from smartqueue.devices.models import Device


def offline_by_tenant() -> list[tuple[str, int]]:
    """Names of organisations and how many of their paired devices are offline, most first; as the platform."""
    silent = Device.objects.filter(is_online=False, token_hash__isnull=False, revoked_at=None, tenant__is_active=True)
    counted = silent.values("tenant__name").annotate(devices=Count("id")).order_by("-devices", "tenant__name")
    return [(row["tenant__name"], row["devices"]) for row in counted]
