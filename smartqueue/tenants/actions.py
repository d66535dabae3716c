"""Making tenants."""

from smartqueue.tenants.models import Tenant
from smartqueue.tenants.states import OrganisationType


def create_tenant(*, name: str, slug: str, type: OrganisationType) -> Tenant:
    """The tenant with this slug, made if there is none; one that is there is left as it is.

    Raises:
        ValidationError: a name or slug that cannot be.
    """
    Tenant(name=name, slug=slug, type=type).clean_fields()
    tenants = Tenant.objects.using("platform")  # the application's role may not make one
    return tenants.get_or_create(slug=slug, defaults={"name": name, "type": type})[0]
