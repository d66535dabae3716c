"""`create-tenant` and the demo bank."""

from uuid import uuid4

import click
import pytest
from click.testing import CliRunner

PASSWORD = "Teranga-2026!"


@pytest.fixture
def slug():
    return f"t-{uuid4().hex[:10]}"


def make(slug, *, password=PASSWORD, kind="bank", demo=True):
    from smartqueue.cli.tenant import create_tenant_command

    create_tenant_command(
        name="Banque de la Téranga",
        slug=slug,
        admin_email=f"admin@{slug}.com",
        admin_password=password,
        type=kind,
        with_demo_data=demo,
    )


def contents(slug):
    from smartqueue.customers.models import Customer
    from smartqueue.notifications.models import MessageTemplate
    from smartqueue.queueing.models import Agent, Queue
    from smartqueue.sites.models import OpeningHours, Service, Site
    from smartqueue.tenants.models import Membership, Tenant
    from smartqueue.tenants.scope import in_tenant

    tenant = Tenant.objects.get(slug=slug)
    with in_tenant(tenant.id):
        rows = (Site, OpeningHours, Service, Queue, Agent, Customer, MessageTemplate, Membership)
        counts = {model.__name__: model.objects.count() for model in rows}
        assert set(Queue.objects.values_list("capacity", flat=True)) <= {None}
        assert set(Agent.objects.values_list("status", flat=True)) <= {"available"}
    return counts


FULL = {
    "Site": 1, "OpeningHours": 7, "Service": 3, "Queue": 3, "Agent": 3, "Customer": 2, "MessageTemplate": 2,
    "Membership": 4,
}  # fmt: skip


def test_the_demo_data_is_whole_and_made_once(slug):
    make(slug)
    make(slug)

    assert contents(slug) == FULL


def test_without_demo_data_there_is_only_the_administrator(slug):
    make(slug, demo=False)

    assert contents(slug) == dict.fromkeys(FULL, 0) | {"Membership": 1}


def test_the_administrator_and_an_agent_can_sign_in(slug, api):
    make(slug)

    for email, password, role in ((f"admin@{slug}.com", PASSWORD, "admin"), (f"binta@{slug}.com", "agent123", "agent")):
        answer = api().post("users/jwt/token/", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.content
        me = api().get("users/me/", headers={"Authorization": f"Bearer {answer.json()['access']}"}).json()
        assert me["role"] == role


@pytest.mark.parametrize("wrong", [{"slug": "Not A Slug"}, {"password": "123"}, {"kind": "circus"}])
def test_what_cannot_be_is_refused_in_plain_words_and_nothing_is_made(slug, wrong):
    from smartqueue.tenants.models import Tenant

    with pytest.raises(click.ClickException):
        make(**({"slug": slug} | wrong))
    assert not Tenant.objects.filter(slug=slug).exists()


def test_verify_says_what_holds_and_what_is_broken(slug):
    from smartqueue.cli.verify import command

    make(slug)
    fine = CliRunner().invoke(command, ["--tenant", slug])
    unknown = CliRunner().invoke(command, ["--tenant", "nobody-here"])

    assert (fine.exit_code, "BROKEN" in fine.output) == (0, False)
    assert unknown.exit_code == 1


def test_verify_fails_when_a_number_was_lost(slug):
    from smartqueue.cli.verify import command
    from smartqueue.queueing.models import DayCounter, Queue
    from smartqueue.tenants.models import Tenant
    from smartqueue.tenants.scope import in_tenant

    make(slug)
    tenant = Tenant.objects.get(slug=slug)
    with in_tenant(tenant.id):
        DayCounter.objects.create(
            tenant=tenant, queue=Queue.objects.first(), day="2026-03-02", last_sequence=3,
            last_line_at="2026-03-02T09:00:00Z",
        )  # fmt: skip

    broken = CliRunner().invoke(command, ["--tenant", slug])

    assert broken.exit_code == 1
    assert "I2 in" in broken.output
