"""What is connected."""

from smartqueue.kernel.errors import NotFound
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import Provider


def integrations() -> dict[str, Integration]:
    """What the scope's tenant has connected, by provider."""
    return {row.provider: row for row in Integration.objects.all()}


def integration(provider: str) -> Integration | None:
    """One of them.

    Raises:
        NotFound: there is no such provider.
    """
    if provider not in Provider.values:
        raise NotFound
    return Integration.objects.filter(provider=provider).first()
