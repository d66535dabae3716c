"""Which database role a query runs as."""

from smartqueue.sites.models import Site
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.routers import as_platform
from smartqueue.tenants.scope import in_tenant


def test_a_tenant_that_the_platform_has_read_opens_nothing(bank):
    tenant = Tenant.objects.using("platform").get(id=bank.id)

    with in_tenant(bank.id):
        site = Site(tenant=tenant, name="Plateau", code="P1")
        site.save()

    assert site._state.db == "default"
    assert not Site.objects.filter(tenant=tenant).exists()  # outside the scope: the application's role sees nothing


def test_the_platform_sees_every_tenant(site, cheikh):
    with as_platform():
        assert Site.objects.filter(id=site.id).exists()
    assert not Site.objects.filter(id=site.id).exists()
