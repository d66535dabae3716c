"""The team today: who sits where and what was done; one agent's day and week, his queues, his status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.devices.queries import sites_to_choose
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.queueing.actions.agents import set_agent_status, set_eligible_queues
from smartqueue.queueing.queries import agent_or_refuse, eligible_queue_ids, tickets_in_hand
from smartqueue.queueing.queries.dashboard import Day, day_so_far, days_by
from smartqueue.queueing.queries.team import (
    Spell,
    queues_of_agents,
    queues_to_serve,
    seconds_in,
    spells_of,
    team,
    tickets_of_day,
    week_of,
)
from smartqueue.queueing.states import AgentStatus, TicketState
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.words import minutes
from smartqueue.web.shared.office import Column, DeedPage, Filters, ListPage

MADE_BY_A_MANAGER = (AgentStatus.PAUSED, AgentStatus.AVAILABLE, AgentStatus.OFFLINE)


class TeamFilters(Filters):
    site = forms.TypedChoiceField(label=_("Site"), coerce=UUID)
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[("", _("All")), ("here", _("At a counter")), ("away", _("Not here"))],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["site"]
        field.choices = [("", _("All sites")), *((site.id, site.name) for site in sites_to_choose())]


@dataclass(frozen=True, slots=True)
class Member:
    """One agent today, in words; `busy` is time with somebody, `free` time at the counter without."""

    agent: Any
    holds: bool
    queues: list[str]
    day: Day
    service: str
    busy: str
    free: str
    paused: str
    since: datetime | None

    @classmethod
    def of(cls, agent: Any, holds: bool, queues: list[str], day: Day, spells: Sequence[Spell]) -> "Member":
        seated_s = seconds_in(spells, AgentStatus.AVAILABLE, AgentStatus.BUSY)
        average = day.average_service_s
        return cls(
            agent, holds, queues, day, "" if average is None else minutes(average), minutes(day.held_s),
            minutes(max(0.0, seated_s - day.held_s)), minutes(seconds_in(spells, AgentStatus.PAUSED)),
            day.last_call_at,
        )  # fmt: skip

    @property
    def is_here(self) -> bool:
        return self.agent.counter_id is not None


def members(agents: Sequence[Any], *, zone: str, at: datetime) -> list[Member]:
    """Today's figures of these agents; as many questions for one as for fifty."""
    ids = [agent.id for agent in agents]
    if not ids:
        return []
    days, held, queues = days_by(day_so_far(at=at), "agent_id"), tickets_in_hand(ids), queues_of_agents(ids)
    spells = spells_of(ids, since=midnight(at, zone), at=at)
    return [Member.of(one, one.id in held, queues[one.id], days.get(one.id, Day()), spells[one.id]) for one in agents]


def midnight(at: datetime, zone: str) -> datetime:
    """When the local day of `at` began."""
    return at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)


class Team(ManagePage, ListPage):
    """`/{slug}/manage/team/`"""

    needs = Scope.MANAGE_AGENT
    section = "manage-team"
    template = "manage/team.html"
    filters = TeamFilters
    sorts = {"name": ("name", "id"), "counter": ("counter__site__name", "counter__name", "id")}
    columns = (
        Column("name", _("Agent")),
        Column("counter", _("Counter")),
        Column("", _("Status")),
        Column("", _("People served"), right=True),
        Column("", _("Average service"), right=True),
        Column("", _("People absent"), right=True),
        Column("", _("With people"), right=True),
        Column("", _("Free"), right=True),
        Column("", _("Break"), right=True),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        found = team()
        if "q" in wanted:
            found = found.filter(Q(name__icontains=wanted["q"]) | Q(user__email__icontains=wanted["q"]))
        if "site" in wanted:
            found = found.filter(counter__site_id=wanted["site"])
        if "status" in wanted:
            found = found.filter(counter__isnull=wanted["status"] == "away")
        return found

    def about(self, rows: Any) -> dict[str, Any]:
        at = now()
        return {"title": gettext("Team"), "members": members(list(rows), zone=self.tenant.time_zone, at=at), "at": at}


class OneAgent(ManagePage):
    """`/{slug}/manage/team/{id}/`: the day, the week; POST `queue`…: which queues he serves."""

    needs = Scope.MANAGE_AGENT
    section = "manage-team"

    def get(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        at = now()
        with self.scope():
            agent = team().filter(id=id).first()
            if agent is None:
                raise NotFound
            zone = agent.counter.site.time_zone if agent.counter else self.tenant.time_zone
            today = at.astimezone(ZoneInfo(zone)).date()
            (member,) = members([agent], zone=zone, at=at)
            spells = spells_of([id], since=midnight(at, zone), at=at)[id]
            week = week_of(id, last=today)
            served = set(eligible_queue_ids([id])[id])
            told: dict[str, Any] = {
                "agent": agent, "member": member, "zone": zone, "at": at,
                "events": events(spells, tickets_of_day(id, day=today)), "week": week,
                "handled": sum(day.handled for day in week), "absent": sum(day.no_show for day in week),
                "most": max([day.handled for day in week] + [1]),
                "queues": [(queue, queue.id in served) for queue in queues_to_serve()],
            }  # fmt: skip
            return self.show("manage/agent.html", told)


class AgentQueues(DeedPage, ManagePage):
    """POST `queue`…: he serves these, and no others."""

    needs = Scope.MANAGE_AGENT

    def do(self, **kwargs: Any) -> str:
        agent = agent_or_refuse(kwargs["id"])
        known = {str(queue.id): queue.id for queue in queues_to_serve()}
        hidden = set(eligible_queue_ids([agent.id])[agent.id]) - set(known.values())
        wanted = {known[word] for word in self.request.POST.getlist("queue") if word in known}
        set_eligible_queues(agent_id=agent.id, queue_ids=sorted(wanted | hidden), actor=self.actor, at=now())
        return gettext("{name} serves these queues from now on.").format(name=agent.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-agent", kwargs["id"])


class AgentState(DeedPage, ManagePage):
    """POST `status`: on a break, available again, or gone home."""

    needs = Scope.MANAGE_AGENT

    def do(self, **kwargs: Any) -> str:
        status = self.request.POST.get("status", "")
        if status not in MADE_BY_A_MANAGER:
            raise NotFound
        agent = set_agent_status(
            agent_id=kwargs["id"], status=AgentStatus(status), reason="", actor=self.actor, at=now()
        )
        said = {
            AgentStatus.PAUSED: gettext("{name} is on a break."),
            AgentStatus.AVAILABLE: gettext("{name} is available."),
            AgentStatus.OFFLINE: gettext("{name} has left the counter."),
        }
        return said[AgentStatus(status)].format(name=agent.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-agent", kwargs["id"])


def events(spells: Sequence[Spell], tickets: Sequence[Any]) -> list[dict[str, Any]]:
    """A day for the timeline: statuses and tickets by number, in order."""
    statuses = [
        {"at": spell.start, "title": _status_word(spell), "words": minutes(spell.length.total_seconds()), "kind": ""}
        for spell in spells
    ]
    visits = [
        {"at": ticket.called_at, "title": ticket.number, "words": _visit_words(ticket), "kind": _visit_kind(ticket)}
        for ticket in tickets
    ]
    return sorted(statuses + visits, key=lambda event: event["at"])


def _status_word(spell: Spell) -> str:
    word = str(AgentStatus(spell.status).label)
    return f"{word}: {spell.reason}" if spell.reason else word


def _visit_kind(ticket: Any) -> str:
    return "late" if ticket.status == TicketState.NO_SHOW else ""


def _visit_words(ticket: Any) -> str:
    words = [ticket.service.name, str(TicketState(ticket.status).label)]
    if ticket.started_at and ticket.ended_at:
        length = ticket.ended_at - ticket.started_at - timedelta(seconds=ticket.paused_s)
        words.append(minutes(length.total_seconds()))
    return " · ".join(words)
