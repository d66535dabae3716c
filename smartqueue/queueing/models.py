"""Queues, tickets, agents: the heart of the house. Only this room moves a ticket."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.models import User
from smartqueue.customers.models import Customer
from smartqueue.kernel.ids import token
from smartqueue.queueing.states import (
    FIRST_LANE,
    LIVE,
    WITH_AGENT,
    AgentStatus,
    AlertAudience,
    AlertMetric,
    Channel,
    EtaQuality,
    Outcome,
    Priority,
    QueueKind,
    QueueStatus,
    Strategy,
    TicketState,
)
from smartqueue.sites.models import Counter, Service, Site
from smartqueue.tenants.models import TenantForeignKey, TenantOwned


class Queue(TenantOwned):
    """A line at a site for a service. Opening is three things: active, status open, and the site's hours."""

    site = TenantForeignKey(Site, on_delete=models.PROTECT)
    service = TenantForeignKey(Service, on_delete=models.PROTECT)
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("letters before the number"), max_length=3, default="A")
    kind = models.CharField(_("kind"), max_length=12, choices=QueueKind.choices, default=QueueKind.NORMAL)
    strategy = models.CharField(_("calling order"), max_length=10, choices=Strategy.choices, default=Strategy.FIFO)
    status = models.CharField(_("status"), max_length=8, choices=QueueStatus.choices, default=QueueStatus.OPEN)
    is_active = models.BooleanField(_("active"), default=True)
    shown_at_kiosk = models.BooleanField(_("shown at kiosks"), default=True, db_default=True)
    capacity = models.PositiveIntegerField(_("people who may wait"), null=True, blank=True)
    wait_target_s = models.PositiveIntegerField(_("wait target, seconds"), default=900)
    elevated_target_s = models.PositiveIntegerField(_("wait target of elevated priority, seconds"), default=600)
    urgent_target_s = models.PositiveIntegerField(_("wait target of urgent priority, seconds"), default=300)
    elevated_rate = models.FloatField(_("weight of a minute of elevated priority"), default=2.0)
    urgent_rate = models.FloatField(_("weight of a minute of urgent priority"), default=4.0)
    urgent_first = models.BooleanField(_("urgent before everyone"), default=False)
    recall_gap_s = models.PositiveIntegerField(_("least time between two calls, seconds"), default=10)
    no_show_grace_s = models.PositiveIntegerField(_("absent may be marked after, seconds"), default=30)
    closing_grace_s = models.PositiveIntegerField(
        _("people in line are still served after closing, seconds"), default=3600
    )
    max_deferrals = models.PositiveSmallIntegerField(_("times a customer may let others pass"), default=3)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="queue_tenant_id"),
            models.UniqueConstraint(fields=["site", "service", "kind", "tenant"], name="queue_once"),
            models.UniqueConstraint(fields=["site", "prefix", "tenant"], name="queue_prefix_once"),
            models.CheckConstraint(condition=Q(prefix__regex=r"^[A-Z]{1,3}$"), name="queue_prefix_letters"),
            models.CheckConstraint(condition=Q(elevated_rate__gt=0, urgent_rate__gt=0), name="queue_rates_positive"),
            models.CheckConstraint(condition=Q(capacity=None) | Q(capacity__gt=0), name="queue_capacity_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class DayCounter(TenantOwned):
    """The last number given in a queue on a local day. One atomic statement moves it; never COUNT, never MAX."""

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    day = models.DateField()
    last_sequence = models.PositiveIntegerField()
    last_line_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "day", "tenant"], name="day_counter_once")]


class LowWater(TenantOwned):
    """Nobody waits in this lane before `line_at`: call-next starts its search there (docs/decisions/0005)."""

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    lane = models.SmallIntegerField()
    line_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "lane", "tenant"], name="low_water_once")]


class Agent(TenantOwned):
    """A member who serves. `counter` is set while signed in; busy means holding a ticket and is never stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(_("status"), max_length=10, choices=AgentStatus.choices, default=AgentStatus.OFFLINE)
    status_reason = models.CharField(_("reason"), max_length=120, blank=True)
    status_since = models.DateTimeField(_("since"), null=True)
    counter = TenantForeignKey(Counter, on_delete=models.SET_NULL, null=True, blank=True)
    hand = models.IntegerField(default=0, editable=False, help_text="Counts on now and then: docs/decisions/0005.")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="agent_tenant_id"),
            models.UniqueConstraint(fields=["user", "tenant"], name="agent_once"),
            models.UniqueConstraint(
                fields=["counter", "tenant"], condition=Q(counter__isnull=False), name="one_agent_per_counter"
            ),
            models.CheckConstraint(
                condition=Q(status=AgentStatus.OFFLINE) | Q(counter__isnull=False), name="agent_serves_at_a_counter"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Eligibility(TenantOwned):
    """This agent may call from this queue. A call that names no queue counts a minute's wait here `weight` times."""

    agent = TenantForeignKey(Agent, on_delete=models.CASCADE)
    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, db_default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )

    class Meta:
        indexes = [models.Index(fields=["agent"], name="eligible_by_agent")]
        constraints = [
            models.UniqueConstraint(fields=["queue", "agent", "tenant"], name="eligible_once"),
            models.CheckConstraint(condition=Q(weight__range=(1, 10)), name="eligible_weight"),
        ]


class AgentSession(TenantOwned):
    """One stay of an agent at a counter."""

    agent = TenantForeignKey(Agent, on_delete=models.CASCADE)
    counter = TenantForeignKey(Counter, on_delete=models.CASCADE)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent"], condition=Q(closed_at=None), name="one_open_session_per_agent"),
        ]


class Ticket(TenantOwned):
    """A numbered place in a queue.

    The queue `origin_id` gave the number, which stays through transfers; `queue` is where the person stands now. In
    its lane a ticket stands at `line_at`: its arrival, unless it was put back or let others pass. `version` counts
    its facts. `hand` is the agent's at the moment the ticket came into it; PostgreSQL writes it. A parked ticket with
    a `for_agent` was handed over to that agent, and `agent` has given it. `here_at` is since when its owner is at the
    queue's site, as far as anybody has said; what a kiosk or an agent gives out has it from PostgreSQL at once.
    """

    origin_id = models.UUIDField()
    queue = TenantForeignKey(Queue, on_delete=models.PROTECT)
    service = TenantForeignKey(Service, on_delete=models.PROTECT)
    day = models.DateField(_("local day"))
    sequence = models.PositiveIntegerField(_("number of the day"))
    number = models.CharField(_("number"), max_length=12)
    token = models.CharField(max_length=32, default=token, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    priority = models.SmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    language = models.CharField(_("language"), max_length=5, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=TicketState.choices, default=TicketState.WAITING)
    lane = models.SmallIntegerField(default=0)
    line_at = models.DateTimeField()
    customer = TenantForeignKey(Customer, on_delete=models.SET_NULL, null=True)
    agent = TenantForeignKey(Agent, on_delete=models.PROTECT, null=True)
    hand = models.IntegerField(null=True, editable=False)
    counter = TenantForeignKey(Counter, on_delete=models.SET_NULL, null=True)
    for_agent = TenantForeignKey(Agent, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(_("arrived"))
    here_at = models.DateTimeField(_("at the site"), null=True)
    called_at = models.DateTimeField(_("called"), null=True)
    last_call_at = models.DateTimeField(_("last called"), null=True)
    started_at = models.DateTimeField(_("service started"), null=True)
    paused_at = models.DateTimeField(_("paused"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    paused_s = models.PositiveIntegerField(_("seconds paused"), default=0)
    recalls = models.PositiveSmallIntegerField(_("recalls"), default=0)
    deferrals = models.PositiveSmallIntegerField(_("times others were let pass"), default=0)
    call_reason = models.JSONField(_("why this ticket came next"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["queue", "lane", "line_at", "id"], condition=Q(status=TicketState.WAITING), name="ticket_line"
            ),
            models.Index(fields=["queue", "day"], name="ticket_by_queue_day"),
            models.Index(fields=["for_agent"], condition=Q(for_agent__isnull=False), name="ticket_for_agent"),
            models.Index(fields=["tenant", "created_at", "id"], name="ticket_by_arrival"),
            models.Index(fields=["customer", "id"], condition=Q(customer__isnull=False), name="ticket_by_customer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="ticket_tenant_id"),
            models.UniqueConstraint(fields=["token"], name="ticket_token_once"),
            models.UniqueConstraint(fields=["origin_id", "day", "sequence"], name="ticket_number_once"),
            models.UniqueConstraint(
                fields=["agent", "hand"], condition=Q(status__in=WITH_AGENT), name="one_ticket_per_agent"
            ),
            models.CheckConstraint(condition=Q(status__in=TicketState.values), name="ticket_state_known"),
            models.CheckConstraint(
                condition=~Q(status__in=WITH_AGENT)
                | Q(agent__isnull=False, hand__isnull=False, called_at__isnull=False),
                name="ticket_called_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(status=TicketState.SERVING) | Q(started_at__isnull=False), name="ticket_serving_started"
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE, ended_at=None) | (~Q(status__in=LIVE) & Q(ended_at__isnull=False)),
                name="ticket_ended_or_live",
            ),
            models.CheckConstraint(
                condition=(Q(called_at=None) | Q(called_at__gte=F("created_at")))
                & (Q(started_at=None) | Q(started_at__gte=F("created_at")))
                & (Q(ended_at=None) | Q(ended_at__gte=F("created_at"))),
                name="ticket_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(lane=FIRST_LANE) | Q(lane=F("priority")), name="ticket_lane_is_its_priority"
            ),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="ticket_priority_known"),
            models.CheckConstraint(
                condition=Q(for_agent=None) | Q(status=TicketState.PAUSED), name="ticket_kept_while_parked"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class NumberBlock(TenantOwned):
    """Consecutive numbers of a queue's day, leased to a device that gives them out even when nobody answers it.

    Open: each number is a ticket or still the device's. Returned: each is a ticket or `voided`. A number that was
    voided unasked and comes in on paper all the same leaves `voided` (docs/decisions/0014). The tickets' tokens follow
    from `secret`, so that the device can print a link before the ticket is known here.
    """

    queue = TenantForeignKey(Queue, on_delete=models.PROTECT)
    device_id = models.UUIDField()
    day = models.DateField()
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    secret = models.CharField(max_length=32, default=token, editable=False)
    leased_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    issued = models.PositiveIntegerField(default=0)
    voided = ArrayField(models.PositiveIntegerField(), default=list)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "device_id", "day"], condition=Q(returned_at=None), name="block_open_by_device"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first") - 1), name="number_block_in_order"),
            models.CheckConstraint(
                condition=Q(issued__lte=F("last") - F("first") + 1), name="number_block_not_overdrawn"
            ),
        ]


class ServicePace(TenantOwned):
    """What serving one person takes in a queue, learnt from closed tickets; a decayed mean."""

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    seconds = models.FloatField()
    weight = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "tenant"], name="pace_once")]


class Outlook(TenantOwned):
    """The wait by place in a queue, as the forecast published it last; what everybody is shown is read off it.

    Attributes:
        made_at: when it was published.
        counters: how many were open then, shared agents as a fraction.
        p10, p50, p90: seconds by place; the first is the next person's. Empty while no counter is open.
        tail: seconds for each place beyond the last one, of the P10, the P50 and the P90.
    """

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    made_at = models.DateTimeField()
    counters = models.FloatField(default=0)
    quality = models.CharField(max_length=8, choices=EtaQuality.choices, default=EtaQuality.NONE)
    p10 = ArrayField(models.IntegerField(), default=list)
    p50 = ArrayField(models.IntegerField(), default=list)
    p90 = ArrayField(models.IntegerField(), default=list)
    tail = ArrayField(models.IntegerField(), size=3, default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "tenant"], name="outlook_once")]


class AlertRule(TenantOwned):
    """When a manager wants to be told: a figure of a queue at or above a threshold, for some minutes, while it is open.

    Without `queue` it looks at every queue of `site`, without `site` at every queue of the tenant.
    """

    name = models.CharField(_("name"), max_length=80)
    metric = models.CharField(_("figure"), max_length=12, choices=AlertMetric.choices)
    threshold = models.PositiveIntegerField(_("from"), default=1)
    for_min = models.PositiveSmallIntegerField(_("for, minutes"), default=0)
    site = TenantForeignKey(Site, on_delete=models.CASCADE, null=True, blank=True)
    queue = TenantForeignKey(Queue, on_delete=models.CASCADE, null=True, blank=True)
    audience = ArrayField(models.CharField(max_length=8, choices=AlertAudience.choices), verbose_name=_("who is told"))
    by_email = models.BooleanField(_("also by e-mail"), default=False)
    repeat_min = models.PositiveSmallIntegerField(_("again every, minutes"), default=15)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="alert_rule_tenant_id"),
            models.UniqueConstraint(fields=["name", "tenant"], name="alert_rule_name_once"),
            models.CheckConstraint(condition=Q(metric__in=AlertMetric.values), name="alert_rule_metric_known"),
            models.CheckConstraint(condition=Q(threshold__gt=0), name="alert_rule_threshold_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Alert(TenantOwned):
    """A rule that holds in a queue: from `since` on seen, from `opened_at` on told, until `closed_at`.

    It keeps the rule's name and threshold of that time: the rule may change, or go. `mail_due_at` is when its letter
    may be sent, by whoever moves it first.
    """

    rule = TenantForeignKey(AlertRule, on_delete=models.SET_NULL, null=True)
    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=80)
    metric = models.CharField(_("figure"), max_length=12, choices=AlertMetric.choices)
    threshold = models.PositiveIntegerField(_("from"))
    value = models.PositiveIntegerField(_("now"))
    worst = models.PositiveIntegerField(_("worst"))
    since = models.DateTimeField(_("seen"))
    opened_at = models.DateTimeField(_("opened"), null=True)
    told_at = models.DateTimeField(_("last told"), null=True)
    told = models.PositiveSmallIntegerField(_("times told"), default=0)
    mail_due_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.UUIDField(null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-opened_at"], name="alert_by_age"),
            models.Index(fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="alert_mail_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "queue", "tenant"], condition=Q(closed_at=None), name="one_open_alert"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def snapshot(ticket: Ticket, *fields: str) -> dict[str, Any]:
    """Values of a ticket's fields, JSON-ready, for `before` and `after`."""
    values = {name: getattr(ticket, name) for name in fields}
    plain: Any = int | float | str | dict | None
    return {name: value if isinstance(value, plain) else str(value) for name, value in values.items()}
