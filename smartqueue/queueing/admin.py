"""Queues, agents and tickets, for platform staff: to look at. Only this room's actions move a ticket."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from smartqueue.accounts.admin import FirstTenThousand, active_badge, badge, instant
from smartqueue.queueing.models import Agent, Queue, Ticket
from smartqueue.queueing.states import AgentStatus, Priority, QueueStatus, TicketState
from smartqueue.tenants.admin import WatchedAdmin

TICKET_TONES = {
    TicketState.WAITING: "wait",
    TicketState.CALLED: "now",
    TicketState.SERVING: "now",
    TicketState.PAUSED: "wait",
    TicketState.CLOSED: "ok",
    TicketState.NO_SHOW: "warn",
    TicketState.CANCELLED: "off",
    TicketState.EXPIRED: "off",
}
QUEUE_TONES = {QueueStatus.OPEN: "ok", QueueStatus.PAUSED: "wait", QueueStatus.CLOSED: "off"}
AGENT_TONES = {
    AgentStatus.AVAILABLE: "ok",
    AgentStatus.BUSY: "now",
    AgentStatus.PAUSED: "wait",
    AgentStatus.OFFLINE: "off",
}
PRIORITY_TONES = {Priority.NORMAL: "off", Priority.ELEVATED: "wait", Priority.URGENT: "warn"}


@admin.register(Queue)
class QueueAdmin(WatchedAdmin):
    list_display = ("name", "prefix", "site", "service", "tenant", "kind", "strategy", "status_badge", "active")
    list_filter = ("status", "is_active", "kind", "strategy", "tenant")
    list_select_related = ("tenant", "site", "service")
    search_fields = ("name", "site__name", "service__name")
    relations = ("site", "service")
    readonly_fields = ("created_at",)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_badge(self, queue: Queue) -> SafeString:
        return badge(QUEUE_TONES.get(QueueStatus(queue.status), "off"), queue.get_status_display())

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def active(self, queue: Queue) -> SafeString:
        return active_badge(queue.is_active)


@admin.register(Agent)
class AgentAdmin(WatchedAdmin):
    list_display = ("name", "user", "tenant", "counter", "status_badge", "status_since", "active")
    list_filter = ("status", "is_active", "tenant")
    list_select_related = ("tenant", "user", "counter")
    search_fields = ("name", "user__email")
    relations = ("user", "counter")
    readonly_fields = ("created_at",)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_badge(self, agent: Agent) -> SafeString:
        return badge(AGENT_TONES.get(AgentStatus(agent.status), "off"), agent.get_status_display())

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def active(self, agent: Agent) -> SafeString:
        return active_badge(agent.is_active)


@admin.register(Ticket)
class TicketAdmin(WatchedAdmin):
    """Without the token: it is its owner's key."""

    list_display = (
        "number_shown", "status_badge", "tenant", "queue", "channel", "priority_badge", "agent", "counter",
        "arrived",
    )  # fmt: skip
    list_filter = ("status", "day", "channel", "priority", "tenant")
    list_select_related = ("tenant", "queue", "agent", "counter")
    search_fields = ("^number",)
    search_ids = ("id",)
    search_help_text = gettext_lazy("The beginning of a number, or an identifier.")
    ordering = ("-id",)
    paginator = FirstTenThousand
    show_facets = admin.ShowFacets.NEVER
    TIMES = ("created_at", "called_at", "last_call_at", "recalls", "started_at", "paused_at", "paused_s", "ended_at")
    fieldsets = (
        (None, {"fields": ("number", "status_badge", "priority_badge", "channel", "language", "day", "version")}),
        (gettext_lazy("Place"), {"fields": ("tenant", "queue", "service", "lane", "line_at", "deferrals")}),
        (gettext_lazy("People"), {"fields": ("customer", "agent", "counter")}),
        (gettext_lazy("Times"), {"fields": TIMES}),
        (gettext_lazy("Reasons"), {"fields": ("call_reason", "reason", "outcome")}),
    )
    readonly_fields = ("status_badge", "priority_badge")
    relations = ("queue", "service", "customer", "agent", "counter")

    @admin.display(description=gettext_lazy("number"), ordering="number")
    def number_shown(self, ticket: Ticket) -> SafeString:
        return format_html('<span class="sq-number">{}</span>', ticket.number)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_badge(self, ticket: Ticket) -> SafeString:
        return badge(TICKET_TONES.get(TicketState(ticket.status), "off"), ticket.get_status_display())

    @admin.display(description=gettext_lazy("arrived"), ordering="created_at")
    def arrived(self, ticket: Ticket) -> str:
        return instant(ticket.created_at)

    @admin.display(description=gettext_lazy("priority"), ordering="priority")
    def priority_badge(self, ticket: Ticket) -> SafeString:
        return badge(PRIORITY_TONES.get(Priority(ticket.priority), "off"), ticket.get_priority_display())
