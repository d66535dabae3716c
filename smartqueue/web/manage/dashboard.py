"""The manager's first page: the lines as they are now. And one line: who waits, and what a manager may do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, pgettext

from smartqueue.customers.states import masked_phone
from smartqueue.devices.queries import sites_to_choose
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden, NotFound
from smartqueue.queueing.actions.hot import call_ticket
from smartqueue.queueing.actions.priority import change_priority
from smartqueue.queueing.actions.queues import set_queue_status
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.queries import queue_or_refuse, show_ticket
from smartqueue.queueing.queries.alerts import open_alerts
from smartqueue.queueing.queries.board import Board, board
from smartqueue.queueing.queries.dashboard import (
    AT_RISK_FROM,
    AgentNow,
    QueueNow,
    free_agents,
    lines_now,
    look,
    phones_of,
)
from smartqueue.queueing.states import Priority, QueueStatus, TicketState
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.arrivals import arrivals_today
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.words import alert_words, minutes
from smartqueue.web.shared.office import DeedPage
from smartqueue.web.shared.templatetags.look import wait_figure, wait_range
from smartqueue.web.shared.words import priority_word

KEPT = "sq_site"
"""The cookie that remembers the site; the address says it."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue in the words of the page; `level` is `ok`, `warn` or `late`, `share` of the target in percent."""

    queue: QueueNow
    longest: str
    target_min: int
    share: int
    level: str
    word: str
    kind: str

    @classmethod
    def of(cls, queue: QueueNow) -> "QueueRow":
        share = min(100, round(100 * (queue.longest_s or 0) / max(1, queue.target_s)))
        longest = "" if queue.longest_s is None else minutes(queue.longest_s)
        word, kind = _state(queue)
        return cls(queue, longest, max(1, queue.target_s // 60), share, queue.level, word, kind)

    @property
    def eta(self) -> str:
        """The range for whoever comes now, in words; '' where none is known."""
        return "" if self.queue.eta_s is None else wait_range(self.queue.eta_s, self.queue.eta_high_s)

    @property
    def eta_figure(self) -> str:
        """The same as a figure."""
        if self.queue.eta_s is None or self.queue.eta_high_s is None:
            return ""
        return wait_figure(self.queue.eta_s, self.queue.eta_high_s)


def _state(queue: QueueNow) -> tuple[str, str]:
    """A word and the tag's kind: what hinders first, then how late it is."""
    if queue.status == QueueStatus.CLOSED:
        return pgettext("a queue", "closed"), ""
    if queue.is_unattended:
        return gettext("nobody serves"), "late"
    if queue.level == "late":
        return pgettext("a queue", "late"), "late"
    if queue.status == QueueStatus.PAUSED:
        return pgettext("a queue", "paused"), "warn"
    if queue.at_risk:
        return gettext("at risk"), "warn"
    return (gettext("in target"), "ok") if queue.waiting else (gettext("nobody waits"), "")


@dataclass(frozen=True, slots=True)
class AgentRow:
    """Somebody at a counter: `kind` of the tag, what he does, since when that runs."""

    agent: AgentNow
    word: str
    kind: str
    since: datetime | None

    @classmethod
    def of(cls, agent: AgentNow) -> "AgentRow":
        if agent.ticket_id:
            is_called = agent.ticket_status == TicketState.CALLED
            return cls(agent, f"{agent.number}", "info" if is_called else "ok", agent.ticket_since)
        if agent.is_on_break:
            return cls(agent, agent.status_reason or gettext("on a break"), "warn", agent.status_since)
        return cls(agent, pgettext("an agent", "free"), "brand", None)


class Dashboard(ManagePage):
    """`/{slug}/manage/dashboard/?site=`. For htmx only what changes."""

    needs = Scope.READ_REPORTS
    section = "manage-dashboard"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        kept = request.COOKIES.get(KEPT, "")
        if "site" not in request.GET and kept:
            return HttpResponseRedirect(f"{request.path}?site={kept}")
        with self.scope():
            sites = sites_to_choose()
            site = next((one for one in sites if str(one.id) == request.GET.get("site")), None)
            part = "manage/dashboard_now.html" if request.headers.get("HX-Request") else "manage/dashboard.html"
            place = {"sites": sites, "site": site, "many_sites": len(sites) > 1 and site is None}
            answer = self.show(part, place | self.picture(site.id if site else None))
        answer.set_cookie(KEPT, str(site.id) if site else "", path=request.path, samesite="Lax", httponly=True)
        return answer

    def picture(self, site_id: UUID | None) -> dict[str, Any]:
        at = now()
        seen = look(at=at, site_id=site_id)
        day = seen.day
        longest = seen.longest
        return {
            "at": at, "now": seen, "day": day, "longest": longest and QueueRow.of(longest),
            "rows": [QueueRow.of(queue) for queue in seen.queues],
            "agents": [AgentRow.of(agent) for agent in seen.agents],
            "average_wait": "" if day.average_wait_s is None else minutes(day.average_wait_s),
            "alerts": [alert_words(alert) for alert in open_alerts(site_id)],
            "risk_percent": round(100 * AT_RISK_FROM),
            "hours": arrivals_today(self.tenant, site_id=site_id, at=at),
            "may_queue": Scope.MANAGE_QUEUE in self.scopes, "may_team": Scope.MANAGE_AGENT in self.scopes,
        }  # fmt: skip


class QueueState(DeedPage, ManagePage):
    """POST `status`: open, paused or closed."""

    needs = Scope.MANAGE_QUEUE

    def do(self, **kwargs: Any) -> str:
        status = self.request.POST.get("status", "")
        if status not in QueueStatus.values:
            raise NotFound
        queue = set_queue_status(queue_id=kwargs["id"], status=QueueStatus(status), actor=self.actor, at=now())
        said = {
            QueueStatus.OPEN: gettext("{queue} is open."),
            QueueStatus.PAUSED: gettext("{queue} takes no new tickets. People in line are still served."),
            QueueStatus.CLOSED: gettext("{queue} is closed. People in line are still served."),
        }
        return said[QueueStatus(status)].format(queue=queue.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        if self.request.POST.get("from") == "queue":
            return self.go("manage-dashboard-queue", kwargs["id"])
        return self.go("manage-dashboard")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits in the line; `phone` is masked, and empty for whoever may not see it."""

    id: str
    number: str
    service: str
    priority: str
    position: int
    waited: str
    level: str
    phone: str


class QueuePage(ManagePage):
    """`/{slug}/manage/dashboard/queues/{id}/`: numbers, never names."""

    needs = Scope.READ_REPORTS
    section = "manage-dashboard"

    def get(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        at = now()
        with self.scope():
            queue = queue_or_refuse(id)
            seen = board(tenant_id=self.tenant.id, queue_id=id, since=None, phones=False, at=at)
            assert seen is not None
            row = next((one for one in lines_now(at=at, site_id=queue.site_id) if one.id == id), None)
            part = "manage/queue_now.html" if request.headers.get("HX-Request") else "manage/queue.html"
            told: dict[str, Any] = {
                "at": at, "queue": queue, "row": row and QueueRow.of(row), "board": seen,
                "line": self.line(seen, queue, at), "beyond": seen.line.total - len(seen.line.first),
                "in_hand": [held | {"at": datetime.fromisoformat(held["since"])} for held in seen.in_hand],
                "may_queue": Scope.MANAGE_QUEUE in self.scopes, "may_ticket": Scope.MANAGE_TICKET in self.scopes,
                "may_tell": Scope.SEND_NOTIFICATION in self.scopes,
            }  # fmt: skip
            return self.show(part, told)

    def line(self, seen: Board, queue: Any, at: datetime) -> list[Waiting]:
        ids = [ticket["id"] for ticket in seen.line.first]
        phones = phones_of(ids) if Scope.READ_CUSTOMER in self.scopes and ids else {}
        return [_waiting(ticket, queue, at, phones.get(ticket["id"], "")) for ticket in seen.line.first]


def _waiting(ticket: dict[str, Any], queue: Any, at: datetime, phone: str) -> Waiting:
    waited_s = (at - datetime.fromisoformat(ticket["waiting_since"])).total_seconds()
    targets = {Priority.URGENT: queue.urgent_target_s, Priority.ELEVATED: queue.elevated_target_s}
    target_s = targets.get(ticket["priority"], queue.wait_target_s)
    level = "late" if waited_s > target_s else "warn" if waited_s > AT_RISK_FROM * target_s else "ok"
    return Waiting(
        ticket["id"], ticket["number"], ticket["service"] or "", priority_word(ticket["priority"]), ticket["position"],
        minutes(waited_s), level, masked_phone(phone),
    )  # fmt: skip


class TicketPage(ManagePage):
    """One ticket of the line, and what may be done with it: call on behalf, priority, cancel."""

    needs = Scope.MANAGE_TICKET
    section = "manage-dashboard"

    def get(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        at = now()
        ticket = show_ticket(tenant_id=self.tenant.id, ticket_id=id, at=at)
        if ticket is None:
            raise TicketNotFound
        with self.scope():
            phone = phones_of([id]).get(str(id), "") if Scope.READ_CUSTOMER in self.scopes else ""
            waits = ticket.status == TicketState.WAITING
            told = {
                "ticket": ticket, "at": at, "phone": masked_phone(phone), "waits": waits,
                "waited": minutes(((ticket.called_at or ticket.ended_at or at) - ticket.created_at).total_seconds()),
                "status": TicketState(ticket.status).label, "priorities": priorities(),
                "free": free_agents(ticket.queue.id) if waits else [],
                "may_call": Scope.MANAGE_AGENT in self.scopes,
                "may_cancel": ticket.status in (TicketState.WAITING, TicketState.CALLED, TicketState.PAUSED),
            }  # fmt: skip
            return self.show("manage/queue_ticket.html", told)


def priorities() -> Sequence[tuple[int, str]]:
    return [(value, str(label)) for value, label in Priority.choices]


class TicketDeed(DeedPage, ManagePage):
    """A deed on one ticket; back to the line from which it came."""

    needs = Scope.MANAGE_TICKET

    def back(self, **kwargs: Any) -> HttpResponse:
        try:
            return self.go("manage-dashboard-queue", UUID(self.request.POST.get("queue", "")))
        except ValueError:
            return self.go("manage-dashboard")


class CallFor(TicketDeed):
    """POST `agent`, `reason`: the ticket is called to the counter of somebody who is free."""

    needs = Scope.MANAGE_AGENT

    def do(self, **kwargs: Any) -> str:
        if Scope.MANAGE_TICKET not in self.scopes:
            raise Forbidden
        try:
            agent_id = UUID(self.request.POST.get("agent", ""))
        except ValueError:
            raise NotFound from None
        call_ticket(
            tenant_id=self.tenant.id, ticket_id=kwargs["id"], agent_id=agent_id, actor=self.actor, at=now(),
            reason=self.request.POST.get("reason", "").strip()[:200],
        )  # fmt: skip
        return gettext("The ticket is called.")


class ChangePriority(TicketDeed):
    """POST `priority`."""

    def do(self, **kwargs: Any) -> str:
        priority = self.request.POST.get("priority", "")
        if priority not in {str(value) for value in Priority.values}:
            raise NotFound
        change_priority(ticket_id=kwargs["id"], priority=Priority(int(priority)), actor=self.actor, at=now())
        return gettext("The priority is changed.")


class CancelTicket(TicketDeed):
    """POST `reason`: the ticket leaves the line."""

    def do(self, **kwargs: Any) -> str:
        reason = self.request.POST.get("reason", "").strip()[:200]
        cancel_ticket(ticket_id=kwargs["id"], agent_id=None, reason=reason, actor=self.actor, at=now())
        return gettext("The ticket is cancelled.")
