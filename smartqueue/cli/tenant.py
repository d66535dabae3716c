"""`smartqueue create-tenant`, and the demo bank in Dakar: fictitious, idempotent, for development only."""

from datetime import datetime
from uuid import UUID

import click
from django.core.validators import validate_email
from django.db import transaction

from smartqueue.accounts.actions import make_user
from smartqueue.accounts.models import User
from smartqueue.customers.actions import register_customer
from smartqueue.customers.models import Customer
from smartqueue.journal import actions as journal
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.notifications.models import MessageTemplate
from smartqueue.queueing.actions.agents import hire_agent, join_tenant, sign_in_at_counter
from smartqueue.queueing.actions.queues import add_queue
from smartqueue.queueing.queries import all_agents, all_queues
from smartqueue.sites.actions import set_hours
from smartqueue.sites.models import Counter, Service, ServiceCategory, Site
from smartqueue.sites.states import PRESETS
from smartqueue.tenants.actions import create_tenant
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import OrganisationType, Role

Login = tuple[str, str, str]

DEMO = {"name": "Banque de la Téranga", "slug": "demo-bank", "type": OrganisationType.BANK}
DEMO_ADMIN = ("admin@demo-bank.com", "admin123")
AGENT_PASSWORD = "agent123"  # noqa: S105 - printed on the screen of the development instance
AGENTS = ("Binta Ba", "Fatou Ndiaye", "Ousmane Sow")
SERVICES = (
    ("Ouverture de compte", "ouverture", "A", 1800, "account"),
    ("Retrait d'espèces", "retrait", "B", 240, "cash"),
    ("Conseil", "conseil", "C", 1200, "advice"),
)
CUSTOMERS = (("Demba Diallo", "+221771234567", "fr"), ("Aïssatou Faye", "+221781234567", "wo"))
TEMPLATES = (
    ("ticket_joined", "sms", "{{ticket_number}}, {{queue_name}} : {{people_ahead}} devant vous."),
    ("your_turn", "sms", "{{ticket_number}} : c'est votre tour, {{counter_name}}."),
)


def create_tenant_command(
    *, name: str, slug: str, admin_email: str, admin_password: str, type: str, with_demo_data: bool
) -> None:
    """Make a tenant with its administrator; running it again changes nothing that is there.

    Raises:
        click.ClickException: a value that cannot be accepted, in plain words.
    """
    if type not in OrganisationType.values:
        raise click.ClickException(f"--type is one of: {', '.join(OrganisationType.values)}.")
    try:
        validate_email(admin_email)
        tenant = ensure_tenant(
            name=name, slug=slug, type=OrganisationType(type), admin_email=admin_email, admin_password=admin_password
        )
    except Exception as refused:
        raise click.ClickException(_plain(refused)) from refused
    click.echo(f"{tenant.name}: /api/v1/tenants/{tenant.slug}/, administrator {admin_email}")
    if with_demo_data:
        for role, email, password in add_demo_data(tenant):
            click.echo(f"  {role}: {email} / {password}")


def _plain(refused: Exception) -> str:
    messages = getattr(refused, "messages", None)
    return " ".join(map(str, messages)) if messages else str(refused)


def ensure_demo() -> list[Login]:
    """The demo bank of `smartqueue up`: made on the first start, left alone on later ones."""
    email, password = DEMO_ADMIN
    tenant = ensure_tenant(
        name=DEMO["name"],
        slug=DEMO["slug"],
        type=OrganisationType(DEMO["type"]),
        admin_email=email,
        admin_password=password,
        check_password=False,
    )
    return [(str(Role.ADMIN.label), email, password), *add_demo_data(tenant)]


def ensure_tenant(
    *,
    name: str,
    slug: str,
    type: OrganisationType,
    admin_email: str,
    admin_password: str,
    check_password: bool = True,
) -> Tenant:
    """The tenant and its administrator, whether or not they were there."""
    with transaction.atomic():
        admin = make_user(
            email=admin_email, password=admin_password, full_name="Administrateur", check_password=check_password
        )
        tenant = create_tenant(name=name, slug=slug, type=type)
        with in_tenant(tenant.id):
            join_tenant(tenant_id=tenant.id, user=admin, role=Role.ADMIN, actor=SYSTEM, at=now())
    return tenant


def add_demo_data(tenant: Tenant) -> list[Login]:
    """A site in Dakar that never closes, three services and queues, three agents, two customers, two templates."""
    instant = now()
    with in_tenant(tenant.id):
        site = _site(tenant, instant)
        queues = _queues(tenant, site, instant)
        logins = [_agent(tenant, site, name, queues, instant) for name in AGENTS]
        for name, phone, language in CUSTOMERS:
            if not Customer.objects.filter(phone=phone).exists():
                register_customer(
                    tenant_id=tenant.id,
                    values={"full_name": name, "phone": phone, "language": language},
                    actor=SYSTEM,
                    at=instant,
                )
        for kind, channel, body in TEMPLATES:
            if not MessageTemplate.objects.filter(kind=kind, channel=channel, language="fr").exists():
                template = MessageTemplate(tenant=tenant, kind=kind, channel=channel, language="fr", body=body)
                journal.add(template, actor=SYSTEM, at=instant)
    return logins


def _site(tenant: Tenant, instant: datetime) -> Site:
    site = Site.objects.filter(code="DKR1").first()
    if site is None:
        site = journal.add(
            Site(
                tenant=tenant, name="Agence Dakar Plateau", code="DKR1", address="Avenue Léopold Sédar Senghor, Dakar",
                latitude=14.6693, longitude=-17.4380, observes_holidays=False,
            ),
            actor=SYSTEM,
            at=instant,
        )  # fmt: skip
        set_hours(site=site, hours=PRESETS["around_the_clock"], actor=SYSTEM, at=instant)
    return site


def _queues(tenant: Tenant, site: Site, instant: datetime) -> list[UUID]:
    category = ServiceCategory.objects.filter(name="Guichet").first() or journal.add(
        ServiceCategory(tenant=tenant, name="Guichet"), actor=SYSTEM, at=instant
    )
    ids = []
    for name, code, prefix, duration_s, pictogram in SERVICES:
        service = Service.objects.filter(code=code).first() or journal.add(
            Service(tenant=tenant, name=name, code=code, category=category, duration_s=duration_s, pictogram=pictogram),
            actor=SYSTEM,
            at=instant,
        )
        queue = all_queues().filter(site=site, service=service).first() or add_queue(
            tenant_id=tenant.id,
            values={"site": site, "service": service, "name": name, "prefix": prefix},
            actor=SYSTEM,
            at=instant,
        )
        ids.append(queue.id)
    return ids


def _agent(tenant: Tenant, site: Site, name: str, queue_ids: list[UUID], instant: datetime) -> Login:
    email = f"{name.split()[0].lower()}@{tenant.slug}.com"
    user: User = make_user(email=email, password=AGENT_PASSWORD, full_name=name, check_password=False)
    if not all_agents().filter(user=user).exists():
        agent = hire_agent(tenant_id=tenant.id, user=user, name=name, queue_ids=queue_ids, actor=SYSTEM, at=instant)
        counter_name = f"Guichet {AGENTS.index(name) + 1}"
        counter = Counter.objects.filter(site=site, name=counter_name).first() or journal.add(
            Counter(tenant=tenant, site=site, name=counter_name), actor=SYSTEM, at=instant
        )
        sign_in_at_counter(agent_id=agent.id, counter_id=counter.id, actor=SYSTEM, at=instant)
    return str(Role.AGENT.label), email, AGENT_PASSWORD
