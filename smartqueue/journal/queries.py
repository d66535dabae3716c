"""Reading the journal."""

from uuid import UUID

from django.db.models import QuerySet

from smartqueue.journal.models import Entry


def entries(tenant_id: UUID) -> QuerySet[Entry]:
    """A tenant's facts. The tenant is named beside the policy, so that the index on it is used."""
    return Entry.objects.filter(tenant_id=tenant_id)
