"""Who stands where when the pictures are taken: the demo bank on an ordinary day, always the same day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from smartqueue.accounts.actions import make_user
from smartqueue.accounts.models import User
from smartqueue.cli.picturing.visitors import session_of
from smartqueue.cli.tenant import AGENT_PASSWORD
from smartqueue.customers.actions import register_customer
from smartqueue.customers.models import Customer
from smartqueue.devices.actions import begin_pairing, change_device, claim, collect
from smartqueue.devices.states import DeviceKind, Layout, Theme
from smartqueue.journal import actions as journal
from smartqueue.journal.states import SYSTEM
from smartqueue.notifications.actions.consent import stop
from smartqueue.notifications.states import MessageChannel
from smartqueue.queueing.actions.agents import hire_agent, set_eligible_queues
from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket, issue_ticket
from smartqueue.queueing.actions.queues import add_queue, set_queue_status
from smartqueue.queueing.actions.tickets import pause_ticket, start_service
from smartqueue.queueing.queries import all_agents, all_queues
from smartqueue.queueing.queries.public import token_of_ticket
from smartqueue.queueing.states import Channel, Priority, QueueStatus
from smartqueue.sites.actions import set_hours
from smartqueue.sites.models import Counter, Service, Site
from smartqueue.sites.states import PRESETS
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant

MORE_SERVICES = (
    ("Carte bancaire", "carte", "D", 420, "card"),
    ("Relevés et attestations", "releves", "E", 300, "document"),
    ("Paiement de factures", "factures", "F", 180, "payment"),
)
MORE_SITES = (("Agence Thiès Escale", "THIES1", "Avenue Général de Gaulle, Thiès"),
              ("Agence Saint-Louis Nord", "STL1", "Rue Blaise Diagne, Saint-Louis"))  # fmt: skip
TICKER = "Pensez à préparer votre carte d'identité. Bienvenue à la Banque de la Téranga."
SERVED = (("B", "Binta", 52, 49, 44), ("A", "Ousmane", 50, 47, 20), ("B", "Fatou", 47, 43, 39),
          ("C", "Fatou", 41, 36, 21), ("B", "Binta", 40, 34, 30), ("B", "Fatou", 30, 19, 15),
          ("D", "Fatou", 25, 14, 8))  # fmt: skip
"""Queue's letter, agent, minutes since arrival, call and end."""
WAITING = (("A", 18), ("D", 12), ("A", 11), ("C", 9), ("B", 7), ("B", 6), ("B", 5), ("A", 5), ("E", 4), ("B", 3),
           ("B", 2), ("B", 1))  # fmt: skip
REACHABLE = {
    2: {"full_name": "Mame Diarra Seck", "phone": "77 512 34 56", "language": "fr"},
    4: {"full_name": "Coumba Ndoye", "email": "coumba@example.com", "language": "fr"},
    5: {"full_name": "Modou Gueye", "phone": "76 512 34 57", "language": "wo"},
    9: {"full_name": "Ibrahima Sy", "phone": "70 512 34 58", "language": "fr"},
}
"""Place in `WAITING` → who it is, and where messages go. The last one wants none."""


@dataclass
class Stage:
    """Where the pictures find what they show.

    Attributes:
        places: name of a ticket or device → what its address needs.
        sessions: role → key of a session.
        devices: name → token of a paired device.
    """

    places: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)


@dataclass
class Day:
    """The bank while its day is made; inside its scope.

    Attributes:
        at: the instant of the pictures.
    """

    tenant: Tenant
    at: datetime
    site: Site
    queues: dict[str, UUID] = field(default_factory=dict)
    agents: dict[str, UUID] = field(default_factory=dict)

    def before(self, minutes: float) -> datetime:
        """So many minutes ago, and five seconds: a minute that is full stays full while pictures are taken."""
        return self.at - timedelta(minutes=minutes, seconds=5)

    def take(self, prefix: str, minutes: float, **options: Any) -> UUID:
        """Somebody joins the line with this letter."""
        return issue_ticket(
            tenant_id=self.tenant.id, queue_id=self.queues[prefix], actor=SYSTEM, at=self.before(minutes),
            **{"channel": Channel.KIOSK} | options,
        )  # fmt: skip

    def call(self, agent: str, prefix: str, minutes: float, *, arrived: bool = True) -> UUID:
        """An agent calls the next of this line, who walks for half a minute."""
        called = call_next_ticket(
            tenant_id=self.tenant.id, agent_id=self.agents[agent], queue_id=self.queues[prefix],
            actor=SYSTEM, at=self.before(minutes),
        )  # fmt: skip
        assert called is not None
        if arrived:
            start_service(ticket_id=called, agent_id=None, actor=SYSTEM, at=self.before(minutes - 0.5))
        return called

    def close(self, ticket_id: UUID, minutes: float) -> None:
        close_ticket(tenant_id=self.tenant.id, ticket_id=ticket_id, actor=SYSTEM, at=self.before(minutes))


def set_stage(tenant: Tenant, at: datetime) -> Stage:
    """Make a day of a tenant that has the demo data; once, because it adds to what is there."""
    stage = Stage()
    with in_tenant(tenant.id):
        day = Day(tenant, at, Site.objects.get(code="DKR1"))
        _offer(day)
        _hire(day)
        stage.places = _people(day)
        _devices(day, stage)
    root = User.objects.create_superuser("rokhaya@smartqueue.example", uuid4().hex, full_name="Rokhaya Sow")
    stage.sessions["root"] = session_of(root)
    stage.places |= {"tenant": str(tenant.id), "site": str(day.site.id), "queue": str(day.queues["B"])}
    stage.places |= {"accounts": str(day.queues["A"]), "agent": str(day.agents["Fatou"])}
    for name in ("admin", "binta", "fatou", "ousmane", "khady"):
        stage.sessions[name] = session_of(User.objects.get(email=f"{name}@{tenant.slug}.com"))
    return stage


def _offer(day: Day) -> None:
    """More services, one of them closed; more places."""
    for name, code, prefix, duration_s, pictogram in MORE_SERVICES:
        service = journal.add(
            Service(tenant=day.tenant, name=name, code=code, duration_s=duration_s, pictogram=pictogram),
            actor=SYSTEM,
            at=day.at,
        )
        values = {"site": day.site, "service": service, "name": name, "prefix": prefix}
        add_queue(tenant_id=day.tenant.id, values=values, actor=SYSTEM, at=day.at)
    day.queues = {queue.prefix: queue.id for queue in all_queues().filter(site=day.site)}
    set_queue_status(queue_id=day.queues["F"], status=QueueStatus.CLOSED, actor=SYSTEM, at=day.at)
    for name, code, address in MORE_SITES:
        place = Site(tenant=day.tenant, name=name, code=code, address=address, observes_holidays=False)
        set_hours(
            site=journal.add(place, actor=SYSTEM, at=day.at),
            hours=PRESETS["around_the_clock"],
            actor=SYSTEM,
            at=day.at,
        )


def _hire(day: Day) -> None:
    """The demo's agents serve every queue; Khady is new, and sits nowhere yet."""
    user = make_user(
        email=f"khady@{day.tenant.slug}.com", password=AGENT_PASSWORD, full_name="Khady Sarr", check_password=False
    )
    hire_agent(tenant_id=day.tenant.id, user=user, name="Khady Sarr", queue_ids=[], actor=SYSTEM, at=day.at)
    journal.add(Counter(tenant=day.tenant, site=day.site, name="Guichet 4"), actor=SYSTEM, at=day.at)
    for agent in all_agents():
        day.agents[agent.name.split()[0]] = agent.id
        set_eligible_queues(agent_id=agent.id, queue_ids=list(day.queues.values()), actor=SYSTEM, at=day.at)


def _people(day: Day) -> dict[str, str]:
    """Who was served, who is at a counter, who is parked, who waits. Returns addresses of tickets."""
    demba = Customer.objects.get(full_name="Demba Diallo")
    for prefix, agent, arrived, met, ended in SERVED:
        day.take(prefix, arrived)
        closed = day.call(agent, prefix, met)
        day.close(closed, ended)
    day.take("E", 17)
    parked = day.call("Binta", "E", 9)
    pause_ticket(ticket_id=parked, agent_id=None, reason="Remplit le formulaire", actor=SYSTEM, at=day.before(4))
    day.take("A", 24)
    day.call("Ousmane", "A", 12)
    day.take("B", 8, customer_id=demba.id, language="wo", priority=Priority.ELEVATED)
    called = day.call("Binta", "B", 1, arrived=False)
    known = _reachable(day)
    waiting = [day.take(prefix, minutes, **known.get(n, {})) for n, (prefix, minutes) in enumerate(WAITING)]
    tickets = {"waiting": waiting[7], "called": called, "closed": closed}
    tickets |= {"notice": waiting[0], "told": waiting[2], "near": waiting[11]}
    return {name: token_of_ticket(ticket_id) for name, ticket_id in tickets.items()}


def _reachable(day: Day) -> dict[int, dict[str, Any]]:
    """Who can be told something: place in `WAITING` → what a ticket knows of its owner."""
    known: dict[int, dict[str, Any]] = {}
    for place, values in REACHABLE.items():
        person = register_customer(tenant_id=day.tenant.id, values=dict(values), actor=SYSTEM, at=day.before(30))
        known[place] = {"customer_id": person.id, "language": person.language}
    stop(tenant_id=day.tenant.id, channel=MessageChannel.SMS, address=person.phone, actor=SYSTEM, at=day.before(30))
    return known


def _devices(day: Day, stage: Stage) -> None:
    """Three displays and a kiosk, paired."""
    counter = Counter.objects.get(site=day.site, name="Guichet 1").id
    _pair(day, stage, "kiosk", "Borne entrée", theme=Theme.LIGHT, languages=["fr", "wo", "en"])
    hall = _pair(day, stage, "hall", "Écran du hall", ticker=TICKER)
    _pair(day, stage, "waiting", "Salle d'attente", layout=Layout.WAITING, theme=Theme.LIGHT)
    _pair(day, stage, "counter", "Guichet 1", layout=Layout.COUNTER, counter_id=counter)
    stage.places["device"] = str(hall)


def _pair(day: Day, stage: Stage, key: str, name: str, **settings: Any) -> UUID:
    kind = DeviceKind.KIOSK if key == "kiosk" else DeviceKind.DISPLAY
    code, secret = begin_pairing(kind=kind, address=None, at=day.at)
    device = claim(code=code, tenant_id=day.tenant.id, site_id=day.site.id, name=name, actor=SYSTEM, at=day.at)
    change_device(device_id=device.id, values=settings, actor=SYSTEM, at=day.at)
    stage.devices[key] = collect(secret=secret, at=day.at) or ""
    return device.id
