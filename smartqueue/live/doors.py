"""Who may watch what. Asked before joining, and again every minute for as long as somebody stays.

Plain functions that ask the database: they run in a thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from smartqueue.accounts.queries import active_user, read_access_token
from smartqueue.devices.models import Device
from smartqueue.devices.queries import Seen, device_of_token, device_or_refuse, device_that_may_stay, queues_of
from smartqueue.kernel.errors import NotFound
from smartqueue.live.cuts import View, own_message
from smartqueue.notifications.queries.told import mine
from smartqueue.queueing.queries import (
    agent_or_refuse,
    eligible_queue_ids,
    me_or_refuse,
    queue_or_refuse,
)
from smartqueue.queueing.queries.board import queue_ids, ticket_of_token
from smartqueue.tenants.queries import Entrance, enter
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Scope

BEARER = "smartqueue.bearer."
DEVICE_COOKIE = "sq_device"
PROTOCOL = "smartqueue.v1"


class Refused(Exception):
    """Nobody comes in here. `status` is HTTP's; a socket is closed with 4000 + status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    @property
    def close_code(self) -> int:
        return 4000 + self.status


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request or a socket brings along.

    Attributes:
        headers: by lower-case name.
        address: of the client, as the proxy says it.
        token: an access token, from `Authorization` or among the offered protocols.
    """

    headers: Mapping[str, str]
    address: str
    token: str | None

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Visitor":
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        offered = [word for word in scope.get("subprotocols", ()) if word.startswith(BEARER)]
        kind, _, token = headers.get("authorization", "").partition(" ")
        carried = token.strip() if kind.lower() == "bearer" else None
        return cls(headers, (scope.get("client") or ("",))[0], offered[0][len(BEARER) :] if offered else carried)


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may watch, as text.

    Attributes:
        view: how much of it.
        ticket_id: of a phone.
        agent_id: the agent whose own status is told too.
        tickets: of a person at any tenants: (tenant, queue, ticket).
        customers: whose messages concern that person: (tenant, customer).
        about: what that person is told of both.
    """

    tenant_id: str
    queue_ids: tuple[str, ...]
    view: View
    ticket_id: str | None = None
    agent_id: str | None = None
    tickets: tuple[tuple[str, str, str], ...] = ()
    customers: tuple[tuple[str, str], ...] = ()
    about: str = ""

    @property
    def lines(self) -> dict[str, tuple[str, str, str | None]]:
        """What is watched, each under a name of its own: tenant, queue, and the ticket of a phone."""
        own: dict[str, tuple[str, str, str | None]] = {one[2]: one for one in self.tickets}
        return own | {queue_id: (self.tenant_id, queue_id, self.ticket_id) for queue_id in self.queue_ids}


def from_a_good_origin(visitor: Visitor) -> bool:
    """A browser says which page opens the socket: one of ours, or one that may call the API. Others say nothing."""
    origin = visitor.headers.get("origin")
    if origin is None or origin in settings.CORS_ALLOWED_ORIGINS:
        return True
    return origin.partition("://")[2] == visitor.headers.get("host")


def person_of(visitor: Visitor, *, known: UUID | None = None) -> UUID:
    """Who has signed in, by access token or by the session's cookie.

    Args:
        known: who it was when the socket was opened. A socket outlives its access token: what counts after that is
            the membership. A session is asked again.

    Raises:
        Refused: 401.
    """
    if visitor.token is not None:
        if known:
            return known
        if claims := read_access_token(visitor.token):
            return UUID(claims["user_id"])
        raise Refused(401)
    key = parse_cookie(visitor.headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if key:
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        user = auth.get_user(request)
        if user.is_authenticated:
            return UUID(str(user.pk))
    raise Refused(401)


def _enter(slug: str, user_id: UUID, scope: Scope) -> Entrance:
    """Open the tenant's rows for the transaction.

    Raises:
        Refused: 401 an account that was closed, 404 a stranger, 403 a member without the scope.
    """
    entrance = enter(slug=slug, user_id=user_id)
    if entrance is None:
        raise Refused(404)
    if not entrance.user_active:
        raise Refused(401)
    if entrance.role is None:
        raise Refused(404)
    if scope not in entrance.scopes:
        raise Refused(403)
    return entrance


class Door:
    """One address: `open()` says what the visitor may watch. This one: a queue, for staff.

    Args:
        visitor: who knocks.
        words: the variable parts of the address.
    """

    scope: Scope = Scope.READ_QUEUE
    view: View = View.STAFF
    is_public = False
    has_many = False
    """Several queues on one line: the client is told which ones."""
    names_tickets = False
    """Several tickets on one line: each message says which one it is about."""

    def __init__(self, visitor: Visitor, words: Mapping[str, Any]) -> None:
        self.visitor, self.words = visitor, words
        self.user_id: UUID | None = None

    def preface(self, grant: Grant) -> str:
        """The first message, and again whenever it has become another one; empty for none."""
        if not self.has_many:
            return ""
        told = {"type": "queues", "queue_ids": grant.queue_ids, "agent_id": grant.agent_id}
        return orjson.dumps(told).decode()

    def open(self) -> Grant:
        """May be asked again later.

        Raises:
            Refused: 401, 403 or 404.
        """
        self.user_id = person_of(self.visitor, known=self.user_id)
        with transaction.atomic():
            entrance = _enter(self.words["slug"], self.user_id, self.scope)
            try:
                return self.grant(entrance)
            except NotFound as absent:
                raise Refused(404) from absent

    def grant(self, entrance: Entrance) -> Grant:
        """Inside the tenant's scope. Raises: NotFound."""
        queue = queue_or_refuse(self.words["id"])
        return Grant(str(entrance.tenant_id), (str(queue.id),), self.view)


class AgentDoor(Door):
    """All queues that an agent serves; `me` is the person's own agent."""

    has_many = True

    def grant(self, entrance: Entrance) -> Grant:
        agent_id = self.words.get("id")
        assert self.user_id is not None
        agent = agent_or_refuse(agent_id) if agent_id else me_or_refuse(self.user_id)
        served = tuple(map(str, eligible_queue_ids([agent.id])[agent.id]))
        return Grant(str(entrance.tenant_id), served, self.view, agent_id=str(agent.id))


class DashboardDoor(Door):
    """Every queue of the tenant, in figures."""

    scope = Scope.READ_REPORTS
    view = View.COUNTS
    has_many = True

    def grant(self, entrance: Entrance) -> Grant:
        return Grant(str(entrance.tenant_id), tuple(map(str, queue_ids())), self.view)


class DisplayDoor(Door):
    """The queues of one device, for the device itself, by its token, or for staff who look at what it shows."""

    view = View.DISPLAY
    has_many = True

    def __init__(self, visitor: Visitor, words: Mapping[str, Any]) -> None:
        super().__init__(visitor, words)
        self._tenant_id: UUID | None = None

    def open(self) -> Grant:
        if self._tenant_id:
            return self._open_again(self._tenant_id)
        with transaction.atomic():
            seen = self._device()
            if seen and (seen.tenant_slug, seen.device.id) == (self.words["slug"], self.words["id"]):
                self._tenant_id = seen.tenant_id
                return self._of_device(seen.device)
        try:
            return super().open()
        except Refused as refusal:  # a device at another's door: as absent as any other
            raise Refused(404) if seen and refusal.status == 401 else refusal from None

    def _device(self) -> Seen | None:
        tokens = (parse_cookie(self.visitor.headers.get("cookie", "")).get(DEVICE_COOKIE), self.visitor.token)
        return next((seen for token in tokens if token and (seen := device_of_token(token))), None)

    def _open_again(self, tenant_id: UUID) -> Grant:
        """A socket outlives its token, which is replaced now and then: what counts is the device."""
        with in_tenant(tenant_id):
            device = device_that_may_stay(self.words["id"])
            if device is None:
                raise Refused(401)
            return self._of_device(device)

    def _of_device(self, device: Device) -> Grant:
        shown = tuple(str(queue.id) for queue in queues_of(device))
        return Grant(str(device.tenant_id), shown, self.view)

    def grant(self, entrance: Entrance) -> Grant:
        return self._of_device(device_or_refuse(self.words["id"]))


class TicketDoor(Door):
    """One ticket for its owner: the token in the address is the key."""

    view = View.PHONE
    is_public = True

    def open(self) -> Grant:
        token = self.words["token"]
        found = ticket_of_token(token) if token.isprintable() else None  # PostgreSQL takes no NUL
        if found is None:
            raise Refused(404)
        tenant_id, ticket_id, queue_id = map(str, found)
        return Grant(tenant_id, (queue_id,), self.view, ticket_id=ticket_id)


class MeDoor(Door):
    """Somebody who has signed in: the own tickets at all organisations, and what was told.

    An account owns no ticket. Whom an organisation knows by the same e-mail address is that person, once the address
    is proved; a phone number is not, because nobody has proved it.
    """

    view = View.PHONE
    has_many = True
    names_tickets = True

    def open(self) -> Grant:
        self.user_id = person_of(self.visitor, known=self.user_id)
        user = active_user(self.user_id)
        if user is None:
            raise Refused(401)
        if not user.email_verified:
            raise Refused(403)
        own = mine(user.email)
        return Grant(
            "",
            (),
            self.view,
            tickets=tuple((str(one.tenant_id), str(one.queue_id), str(one.id)) for one in own.tickets),
            customers=tuple((str(tenant_id), str(customer_id)) for tenant_id, customer_id in own.customers),
            about=own_message(own),
        )

    def preface(self, grant: Grant) -> str:
        return grant.about
