"""Every endpoint of the API, found in the URL resolver, with an example for each; and a tenant that has one row of
every kind, so that no example is empty."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.cast import Api, Person


@dataclass(frozen=True)
class Endpoint:
    """A method at an address. `template` is below `/api/v1/`, such as `tenants/{slug}/queues/{id}/`."""

    method: str
    template: str
    view: type = field(compare=False)

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def is_of_tenant(self) -> bool:
        return self.template.startswith("tenants/{slug}/")

    @property
    def places(self) -> list[str]:
        """What stands in the braces of the address, as kinds of rows: `sites/{site}/exceptions/{exception}/`."""
        parts = self.template.removeprefix("tenants/{slug}/").split("/")
        return [
            "token" if part == "{token}" else KINDS[parts[n - 1]]
            for n, part in enumerate(parts)
            if part[:1] == "{" and part != "{slug}"
        ]

    def path(self, slug: str, rows: dict[str, str]) -> str:
        path = self.template.replace("{slug}", slug)
        for kind in self.places:
            head, _brace, tail = path.partition("{")
            path = head + rows[kind] + tail.partition("}")[2]
        return path

    def body(self, rows: dict[str, str]) -> Any:
        return filled(EXAMPLES[self.name].body, rows)


@dataclass(frozen=True)
class Example:
    """A body that is accepted, and who may at least: admin, manager, agent (of a tenant), person, anybody."""

    least: str
    body: Any = None


# A path with an id below a new collection fails here until it is named.
KINDS = {
    "sites": "site", "exceptions": "exception", "holiday-overrides": "override", "counters": "counter",
    "service-categories": "category", "services": "service", "customers": "customer",
    "notification-templates": "template", "notifications": "notification", "queues": "queue", "tickets": "ticket",
    "agents": "agent",
    "webhooks": "webhook", "deliveries": "delivery", "inbound": "source_key",
    "displays": "display", "kiosks": "kiosk", "feedback": "feedback",
}  # fmt: skip
WEEK = {"hours": [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]}
TENANT = "tenants/{slug}/"


def ground(
    collection: str, new: dict[str, Any], change: dict[str, Any], least: str = "admin", read: str = "agent"
) -> Any:
    """Examples of a collection that is listed, read, added to, changed and deleted from."""
    rows, row = f"{TENANT}{collection}/", f"{TENANT}{collection}/{{id}}/"
    return {
        f"GET {rows}": Example(read),
        f"POST {rows}": Example(least, new),
        f"GET {row}": Example(read),
        f"PATCH {row}": Example(least, change),
        f"DELETE {row}": Example(least),
    }


def devices(collection: str) -> dict[str, Example]:
    """Examples of displays or kiosks."""
    rows, row = f"{TENANT}{collection}/", f"{TENANT}{collection}/{{id}}/"
    code = {"code": "BCDF-GHJK", "name": "Hall", "site_id": "{site}"}
    return {
        f"GET {rows}": Example("agent"),
        f"POST {rows}pair/": Example("admin", code),
        f"GET {row}": Example("agent"),
        f"PATCH {row}": Example("admin", {"site_id": "{site}", "queue_ids": ["{queue}"], "ticker": "Bonjour"}),
        f"DELETE {row}": Example("admin"),
        f"POST {row}refresh/": Example("admin", {}),
        f"POST {row}revoke/": Example("admin", {}),
    }


EXAMPLES: dict[str, Example] = {
    **devices("displays"),
    **devices("kiosks"),
    **ground("sites", {"name": "Thiès", "code": "THIES1"}, {"name": "Thiès"}),
    f"GET {TENANT}sites/{{id}}/hours/": Example("agent"),
    f"PUT {TENANT}sites/{{id}}/hours/": Example("admin", WEEK),
    f"GET {TENANT}sites/{{id}}/opening/": Example("agent"),
    f"GET {TENANT}sites/{{site_id}}/exceptions/": Example("agent"),
    f"POST {TENANT}sites/{{site_id}}/exceptions/": Example("admin", {"date": "2026-12-31"}),
    f"GET {TENANT}sites/{{site_id}}/exceptions/{{id}}/": Example("agent"),
    f"DELETE {TENANT}sites/{{site_id}}/exceptions/{{id}}/": Example("admin"),
    **ground("holiday-overrides", {"date": "2026-12-31", "is_holiday": True}, {"name": "Pont"}),
    **ground("counters", {"site_id": "{site}", "name": "G2"}, {"name": "G3"}),
    **ground("service-categories", {"name": "Crédit"}, {"name": "Prêts"}),
    **ground("services", {"name": "Devises", "code": "fx", "category_id": "{category}"}, {"name": "Dépôt"}),
    f"GET {TENANT}services/{{id}}/hours/": Example("agent"),
    f"PUT {TENANT}services/{{id}}/hours/": Example("admin", WEEK),
    **ground("customers", {"full_name": "Awa Ba", "metadata": {"a": 1}}, {"notes": "Sourd"}, "manager"),
    **ground("notification-templates", {"kind": "a", "channel": "sms", "body": "b"}, {"body": "c"}, "admin", "manager"),
    **ground(
        "queues",
        {"name": "Prêts", "site": "{site}", "service": "{other_service}", "prefix": "P", "capacity": 50},
        {"name": "Crédits", "service": "{other_service}"},
        "manager",
    ),
    f"GET {TENANT}queues/{{id}}/stats/": Example("agent"),
    f"POST {TENANT}queues/{{id}}/open/": Example("agent", {}),
    f"POST {TENANT}queues/{{id}}/pause/": Example("agent", {}),
    f"POST {TENANT}queues/{{id}}/close/": Example("agent", {}),
    f"GET {TENANT}tickets/": Example("agent"),
    f"POST {TENANT}tickets/": Example(
        "agent",
        {
            "queue_id": "{queue}",
            "channel": "kiosk",
            "priority": 5,
            "customer_id": "{customer}",
            "service_id": "{service}",
            "language": "wo",
        },
    ),
    f"GET {TENANT}tickets/{{id}}/": Example("agent"),
    f"POST {TENANT}tickets/{{id}}/call/": Example("agent", {"reason": "Femme enceinte", "agent_id": "{agent}"}),
    f"POST {TENANT}tickets/{{id}}/recall/": Example("agent", {}),
    f"POST {TENANT}tickets/{{id}}/start-service/": Example("agent", {}),
    f"POST {TENANT}tickets/{{id}}/close/": Example("agent", {"outcome": "served", "reason": "Fait"}),
    f"POST {TENANT}tickets/{{id}}/transfer/": Example("agent", {"queue_id": "{other_queue}", "reason": "Crédit"}),
    f"POST {TENANT}tickets/{{id}}/release/": Example("agent", {}),
    f"POST {TENANT}tickets/{{id}}/pause/": Example("agent", {"reason": "Formulaire"}),
    f"POST {TENANT}tickets/{{id}}/resume/": Example("agent", {"agent_id": "{agent}"}),
    f"POST {TENANT}tickets/{{id}}/mark-no-show/": Example("agent", {}),
    f"POST {TENANT}tickets/{{id}}/put-back/": Example("agent", {"place": "first"}),
    f"POST {TENANT}tickets/{{id}}/defer/": Example("agent", {"people": 2}),
    f"POST {TENANT}tickets/{{id}}/check-in/": Example("agent", {}),
    f"POST {TENANT}tickets/{{id}}/cancel/": Example("agent", {"reason": "Parti"}),
    f"POST {TENANT}tickets/{{id}}/undo/": Example("agent", {}),
    f"GET {TENANT}agents/": Example("manager"),
    f"POST {TENANT}agents/": Example("manager", {"email": "{email}", "name": "Ousmane Sy", "queue_ids": ["{queue}"]}),
    f"GET {TENANT}agents/{{id}}/": Example("manager"),
    f"PATCH {TENANT}agents/{{id}}/": Example(
        "manager", {"name": "Binta", "is_active": True, "queue_ids": ["{queue}", "{other_queue}"]}
    ),
    f"POST {TENANT}agents/{{id}}/sign-in/": Example("agent", {"counter_id": "{counter}"}),
    f"POST {TENANT}agents/{{id}}/set-status/": Example("agent", {"status": "paused", "reason": "Déjeuner"}),
    f"POST {TENANT}agents/{{id}}/call-next/": Example("agent", {"queue_id": "{queue}"}),
    f"POST {TENANT}agents/me/sign-in/": Example("agent", {"counter_id": "{counter}"}),
    f"POST {TENANT}agents/me/set-status/": Example("agent", {"status": "paused", "reason": "Déjeuner"}),
    f"POST {TENANT}agents/me/call-next/": Example("agent", {"queue_id": "{queue}"}),
    **ground(
        "webhooks",
        {"url": "https://41.82.1.1/new", "facts": ["ticket.called"]},
        {"description": "Caisse"},
        "admin",
        "admin",
    ),
    f"POST {TENANT}webhooks/{{id}}/rotate-secret/": Example("admin", {}),
    f"POST {TENANT}webhooks/{{id}}/test/": Example("admin", {}),
    f"GET {TENANT}webhooks/{{webhook_id}}/deliveries/": Example("admin"),
    f"GET {TENANT}webhooks/{{webhook_id}}/deliveries/{{id}}/": Example("admin"),
    f"POST {TENANT}webhooks/{{webhook_id}}/deliveries/{{id}}/replay/": Example("admin", {}),
    "POST inbound/{key}/": Example("anybody", {"type": "ticket.issue", "data": {"queue_id": "{queue}"}}),
    f"GET {TENANT}notifications/": Example("manager"),
    f"POST {TENANT}notifications/": Example(
        "manager", {"ticket_id": "{ticket}", "kind": "urgent", "text": "Revenez demain"}
    ),
    f"GET {TENANT}notifications/{{id}}/": Example("manager"),
    f"GET {TENANT}notification-rules/": Example("admin"),
    f"PATCH {TENANT}notification-rules/": Example("admin", {"near_at": 4, "cap_xof": 50_000, "countries": ["221"]}),
    f"POST {TENANT}queues/{{id}}/announce/": Example("manager", {"text": "Pause de 10 minutes"}),
    f"GET {TENANT}audit-log/": Example("admin"),
    f"GET {TENANT}reports/wait-times/": Example("manager"),
    f"GET {TENANT}reports/agent-performance/": Example("manager"),
    f"GET {TENANT}reports/queue-stats/": Example("manager"),
    f"GET {TENANT}reports/satisfaction/": Example("manager"),
    f"GET {TENANT}reports/demand/": Example("manager"),
    f"GET {TENANT}reports/drop-off/": Example("manager"),
    f"GET {TENANT}reports/channels/": Example("manager"),
    f"GET {TENANT}reports/origins/": Example("manager"),
    f"GET {TENANT}reports/heat-map/": Example("manager"),
    f"GET {TENANT}reports/calibration/": Example("manager"),
    f"GET {TENANT}feedback/": Example("manager"),
    f"GET {TENANT}feedback/{{id}}/": Example("manager"),
    f"PATCH {TENANT}feedback/{{id}}/": Example("manager", {"state": "done", "note": "Rappelé"}),
    "GET public/tickets/{token}/": Example("anybody"),
    "POST public/tickets/{token}/cancel/": Example("anybody", {}),
    "POST public/tickets/{token}/defer/": Example("anybody", {"people": 1}),
    "POST public/tickets/{token}/check-in/": Example("anybody", {}),
    "POST public/tickets/{token}/watch/": Example("anybody", {"people_ahead": 2}),
    "DELETE public/tickets/{token}/watch/": Example("anybody"),
    "POST public/tickets/{token}/push/": Example(
        "anybody", {"endpoint": "https://push.example.com/x", "keys": {"p256dh": "B" + "x" * 86, "auth": "y" * 22}}
    ),
    "DELETE public/tickets/{token}/push/": Example("anybody"),
    "GET public/push-key/": Example("anybody"),
    "GET public/tickets/{token}/journey/": Example("anybody"),
    "POST public/tickets/{token}/journey/": Example("anybody", {"mode": "transport", "minutes": 20, "agrees": True}),
    "DELETE public/tickets/{token}/journey/": Example("anybody"),
    "POST public/tickets/{token}/journey/position/": Example(
        "anybody", {"latitude": 14.7, "longitude": -17.45, "accuracy_m": 12.5}
    ),
    "POST public/tickets/{token}/journey/set-out/": Example("anybody", {}),
    "POST public/tickets/{token}/feedback/": Example("anybody", {"csat": 4, "nps": 9, "tags": ["waiting"]}),
    "GET public/organisations/{slug}/nearest/": Example("anybody"),
    "GET divisions/": Example("anybody"),
    "GET holidays/": Example("anybody"),
    "GET schema/": Example("anybody"),
    "GET docs/": Example("anybody"),
    "POST users/register/": Example("anybody", {"email": "{email}", "password": "un long mot de passe"}),
    "POST users/verify-email/": Example("anybody", {"email": "{email}", "code": "123456"}),
    "POST users/resend-code/": Example("anybody", {"email": "{email}"}),
    "POST users/password-reset/": Example("anybody", {"email": "{email}"}),
    "POST users/password-reset/confirm/": Example(
        "anybody", {"email": "{email}", "code": "123456", "new_password": "un long mot de passe"}
    ),
    "POST users/jwt/token/": Example(
        "anybody", {"email": "{email}", "password": "un long mot de passe", "otp": "123456"}
    ),
    "POST users/jwt/refresh/": Example("anybody", {"refresh": "x"}),
    "POST users/jwt/blacklist/": Example("anybody", {"refresh": "x"}),
    "GET users/me/": Example("person"),
    "PATCH users/me/": Example("person", {"full_name": "Moussa"}),
    "POST users/me/password/": Example("person", {"current": "x", "new": "un long mot de passe"}),
}


def endpoints() -> list[Endpoint]:
    """Whatever the URL resolver knows below `/api/v1/`."""
    from smartqueue.config.urls import urlpatterns

    return sorted(
        (
            Endpoint(method, template.removeprefix("api/v1/"), view.cls)
            for template, view in _walk(urlpatterns)
            if template.startswith("api/v1/")
            for method in _methods(view)
        ),
        key=lambda endpoint: (endpoint.template, endpoint.method),
    )


def _walk(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    import re

    for pattern in patterns:
        route = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


def _methods(view: Any) -> list[str]:
    known = getattr(view, "actions", None) or [name for name in view.cls.http_method_names if hasattr(view.cls, name)]
    return [name.upper() for name in known if name not in {"head", "options"}]


def filled(body: Any, rows: dict[str, str]) -> Any:
    """The example with ids in the place of `{kind}`."""
    match body:
        case str():
            return body.format(**rows)
        case list():
            return [filled(item, rows) for item in body]
        case dict():
            return {name: filled(value, rows) for name, value in body.items()}
    return body


@dataclass
class World:
    """A tenant with one row of every kind and a member of every role; its texts contain `canary`."""

    tenant: Any
    canary: str
    admin: Person
    manager: Person
    agent: Person
    rows: dict[str, str]

    @property
    def slug(self) -> str:
        return str(self.tenant.slug)

    def person(self, role: str) -> Person | None:
        return None if role == "anybody" else self.admin if role == "person" else getattr(self, role)

    def api(self, role: str = "admin") -> Api:
        return Api(self.person(role))

    def absent(self, *kinds: str) -> dict[str, str]:
        """The same rows, those of these kinds (none named: all) replaced by ids that never were."""
        return self.rows | {kind: str(uuid4()) for kind in kinds or self.rows if kind != "email"}


def make_world(canary: str) -> World:
    """A tenant as above, in the database for good."""
    from smartqueue.tenants.models import Tenant

    tenant = Tenant.objects.using("platform").create(name=f"Tenant {canary}", slug=f"w-{uuid4().hex[:12]}")
    people = {role: _member(tenant, role, f"{role} {canary}") for role in ("admin", "manager", "agent")}
    world = World(tenant=tenant, canary=canary, rows={}, **people)
    world.rows = _rows(world)
    return world


def _member(tenant: Any, role: str, name: str) -> Person:
    from smartqueue.accounts.models import User
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.scope import in_tenant

    user = User(email=f"{uuid4().hex[:12]}@example.sn", full_name=name, email_verified=True)
    user.set_unusable_password()
    user.save()
    with in_tenant(tenant.id):
        membership = Membership.objects.create(tenant=tenant, user=user, role=role)
    return Person(user=user, membership=membership, tenant=tenant)


def _rows(world: World) -> dict[str, str]:
    from smartqueue.customers.models import Customer
    from smartqueue.devices.models import CodeTries, Device, DeviceQueue
    from smartqueue.devices.models.prints import Print
    from smartqueue.feedback.models import Feedback
    from smartqueue.forecast.models import Journey
    from smartqueue.notifications.models import (
        Conversation,
        Integration,
        MessageRules,
        MessageTemplate,
        MonthSpend,
        Notification,
        ProviderEvent,
        PushSubscription,
        Stop,
        Watch,
    )
    from smartqueue.queueing.actions.blocks import lease_block
    from smartqueue.queueing.actions.hot import issue_ticket
    from smartqueue.queueing.models import Agent, Eligibility, Queue, Ticket
    from smartqueue.reporting.actions import rebuild
    from smartqueue.sites.models import (
        Counter,
        HolidayOverride,
        OpeningException,
        OpeningHours,
        Service,
        ServiceCategory,
        Site,
    )
    from smartqueue.tenants.models import ApiKey, Draft
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.webhooks.actions.endpoints import add_endpoint
    from smartqueue.webhooks.actions.inbound import add_source
    from smartqueue.webhooks.models import Delivery, InboundMessage

    at, text, tenant = datetime.now(UTC), world.canary, {"tenant": world.tenant}
    with in_tenant(world.tenant.id):
        site = Site.objects.create(**tenant, name=f"Agence {text}", code="DKR1", observes_holidays=False)
        OpeningHours.objects.bulk_create(
            OpeningHours(**tenant, site=site, weekday=day, opens="00:00", closes="00:00") for day in range(1, 8)
        )
        category = ServiceCategory.objects.create(**tenant, name=f"Espèces {text}")
        service, other_service = (
            Service.objects.create(**tenant, name=f"Service {code} {text}", code=code, category=category)
            for code in ("retrait", "depot")
        )
        customer = Customer.objects.create(**tenant, full_name=f"Demba {text}", phone="+221771234567")
        queue, other_queue = (
            Queue.objects.create(**tenant, site=site, service=service, name=f"File {text}", prefix=letter, kind=kind)
            for letter, kind in (("A", "normal"), ("B", "vip"))
        )
        counter = Counter.objects.create(**tenant, site=site, name=f"G {text}")
        seat = Counter.objects.create(**tenant, site=site, name=f"G2 {text}")
        made = {
            "site": site, "category": category, "service": service, "other_service": other_service,
            "customer": customer, "queue": queue, "other_queue": other_queue, "counter": counter,
            "override": HolidayOverride.objects.create(**tenant, date="2027-04-06", is_holiday=False, name=text),
            "exception": OpeningException.objects.create(**tenant, site=site, date="2027-12-24", reason=text),
            "template": MessageTemplate.objects.create(**tenant, kind="ticket.called", channel="sms", body=text),
            "agent": Agent.objects.create(
                **tenant, user=world.agent.user, name=f"Binta {text}", status="available", counter=seat, status_since=at
            ),
        }  # fmt: skip
        world.agent.agent = made["agent"]
        Eligibility.objects.create(**tenant, agent=made["agent"], queue=queue)
        for kind, layout in (("display", "hall"), ("kiosk", "tiles")):
            made[kind] = Device.objects.create(**tenant, kind=kind, layout=layout, site=site, name=f"{kind} {text}")
            DeviceQueue.objects.create(**tenant, device=made[kind], queue=queue)
        CodeTries.objects.create(**tenant, user=world.admin.user)
        Draft.objects.create(
            **tenant, object_type="tenant", object_id=world.tenant.id, values={"colour": "#0b6b50"}, base={}, made_at=at
        )
        ApiKey.objects.create(
            **tenant, name=text, scopes=["read:queue"], secret_hash=uuid4().bytes * 2, ending="abcd", made_at=at
        )
        Integration.objects.create(**tenant, provider="smtp", settings={"host": text})
    rows = {kind: str(row.id) for kind, row in made.items()}
    for _n in range(2):  # the second stands behind the first, so that it can let somebody pass
        ticket_id = issue_ticket(
            tenant_id=world.tenant.id, queue_id=queue.id, customer_id=customer.id, channel="kiosk",
            actor=world.admin.actor, at=at,
        )  # fmt: skip
        rows.setdefault("ticket", str(ticket_id))
    with in_tenant(world.tenant.id):
        token = Ticket.objects.get(id=rows["ticket"]).token
        lease_block(
            tenant_id=world.tenant.id, queue_id=queue.id, device_id=made["kiosk"].id, size=3,
            actor=world.admin.actor, at=at,
        )  # fmt: skip
        feedback = Feedback.objects.create(
            **tenant, ticket_id=rows["ticket"], queue=queue, site=site, service=service, visit="closed", csat=2,
            comment=text, created_at=at, updated_at=at,
        )  # fmt: skip
        rows["feedback"] = str(feedback.id)
        who = {"tenant_id": world.tenant.id, "actor": world.admin.actor, "at": at}
        webhook, _secret = add_endpoint(url=f"https://41.82.1.1/{quote(text)}", facts=["queue.paused"], **who)
        sent = Delivery.objects.create(
            **tenant, endpoint=webhook, entry_id=0, fact="queue.paused", status="failed", due_at=at, created_at=at
        )
        source, _secret = add_source(name=text, rights=["issue"], **who)
        InboundMessage.objects.create(**tenant, source=source, message_id=text, at=at)
        rows |= {"webhook": str(webhook.id), "delivery": str(sent.id), "source_key": source.key}
        told = Notification.objects.create(
            **tenant, cause="entry:0", kind="urgent", channel="sms", language="fr", ticket_id=rows["ticket"],
            customer=customer, address=customer.phone, body=text, status="sent", is_simulated=True, created_at=at,
            due_at=at, expires_at=at, sent_at=at,
        )  # fmt: skip
        rows["notification"] = str(told.id)
        MessageRules.objects.create(**tenant)
        MonthSpend.objects.create(**tenant, month=at.date().replace(day=1))
        Stop.objects.create(**tenant, channel="email", address=f"{text}@example.sn", stopped_at=at)
        Watch.objects.create(**tenant, ticket_id=rows["ticket"], people_ahead=3, told_at=at)
        Journey.objects.create(
            **tenant, ticket_id=rows["ticket"], consented_at=at, latitude=14.7, longitude=-17.4, position_at=at,
            due_at=at,
        )  # fmt: skip
        ProviderEvent.objects.create(**tenant, provider="twilio_sms", event_id=text, at=at)
        PushSubscription.objects.create(
            **tenant, endpoint=f"token-{text}", provider="fcm", customer=customer, created_at=at
        )
        Conversation.objects.create(
            **tenant, channel="ussd", address=customer.phone, session=text, started_at=at, touched_at=at
        )
        Print.objects.create(
            **tenant, device=made["kiosk"], ticket_id=rows["ticket"], slip={"number": text}, created_at=at
        )
    rebuild(tenant_id=world.tenant.id, at=at)
    return rows | {"token": token, "email": f"{uuid4().hex[:12]}@example.sn"}


def footprint(tenant_id: Any) -> dict[str, tuple[int, str]]:
    """Table → number of the tenant's rows and a hash of all that stands in them, seen past row-level security."""
    from django.db import connections

    rows = dict.fromkeys(tenant_tables(), "t::text")
    rows["tenants_membership"] = "(to_jsonb(t) - 'last_seen_at')::text"  # a visit is noted, once an hour
    rows["queueing_agent"] = "(to_jsonb(t) - 'hand')::text"  # a call that finds nobody may count on (decision 0005)
    union = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(md5(string_agg({row}, '|' ORDER BY {row})), '')"
        f" FROM {table} t WHERE tenant_id = %(tenant)s"
        for table, row in rows.items()
    )
    with connections["platform"].cursor() as cursor:
        cursor.execute(union, {"tenant": tenant_id})
        return {table: (count, content) for table, count, content in cursor.fetchall()}


def tenant_tables() -> list[str]:
    """Tables with a tenant_id, as PostgreSQL lists them."""
    from django.db import connections

    with connections["platform"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped"
            " ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]
