"""Numbers behind the reports, each recomputed from raw rows and never counted up (docs: `reporting.actions.rollup`).

A ticket counts on its local day, the day of the queue that gave its number, and in the queue where it stands now.
Durations are sums of whole microseconds, so that sums are exact and merge in any order.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from smartqueue.queueing.models import Agent, Queue
from smartqueue.sites.models import Service, Site
from smartqueue.tenants.models import Membership, TenantForeignKey, TenantOwned


class Histogram(models.TextField):  # type: ignore[type-arg]  # Django's has no subscript at run time
    """A packed histogram (`states.unpacked`): a `numeric` of any length, which `sum()` merges."""

    def db_type(self, connection: Any) -> str:
        return "numeric"


class QueueDay(TenantOwned):
    """One queue on one local day.

    `called`: people called, once each, at the call that stands; their wait is arrival to that call. `in_target`: of
    them, who was called within the wait target that the queue had for their priority when this was computed. Service:
    of closed tickets, start to end without the time parked. Walk: call to start. `left_line`: cancelled before anybody
    called them; `cancelled_by_customer`: the customer did it. `live`: neither served nor gone yet.
    """

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    service = TenantForeignKey(Service, on_delete=models.CASCADE)
    day = models.DateField()
    issued = models.IntegerField()
    called = models.IntegerField()
    served = models.IntegerField()
    no_show = models.IntegerField()
    cancelled = models.IntegerField()
    expired = models.IntegerField()
    live = models.IntegerField()
    in_target = models.IntegerField()
    left_line = models.IntegerField()
    cancelled_by_customer = models.IntegerField()
    wait_us = models.BigIntegerField()
    wait_min_us = models.BigIntegerField(null=True)
    wait_max_us = models.BigIntegerField(null=True)
    wait_histogram = Histogram()
    service_n = models.IntegerField()
    service_us = models.BigIntegerField()
    service_min_us = models.BigIntegerField(null=True)
    service_max_us = models.BigIntegerField(null=True)
    service_histogram = Histogram()
    walk_n = models.IntegerField()
    walk_us = models.BigIntegerField()
    walk_min_us = models.BigIntegerField(null=True)
    walk_max_us = models.BigIntegerField(null=True)
    by_web = models.IntegerField()
    by_mobile = models.IntegerField()
    by_kiosk = models.IntegerField()
    by_sms = models.IntegerField()
    by_ussd = models.IntegerField()
    by_whatsapp = models.IntegerField()
    by_agent = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "queue"], name="queue_day_once")]


class QueueHour(TenantOwned):
    """One queue, local day and local hour of arrival; hours without anybody have no row."""

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    service = TenantForeignKey(Service, on_delete=models.CASCADE)
    day = models.DateField()
    hour = models.SmallIntegerField()
    issued = models.IntegerField()
    called = models.IntegerField()
    served = models.IntegerField()
    in_target = models.IntegerField()
    wait_us = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "day", "queue", "hour"], name="queue_hour_once"),
            models.CheckConstraint(condition=models.Q(hour__range=(0, 23)), name="queue_hour_of_a_day"),
        ]


class AgentDay(TenantOwned):
    """One agent at one site on one local day.

    `handled`: visits that ended with this agent, however they ended; `served` of them were closed. `transferred`
    counts people sent to another queue or colleague, `put_back` those sent back into the line, `parked` the pauses;
    what was undone does not count. Signed in: stays at counters of the site; a stay that still goes on counts up to
    the moment of computation. Break: while the status was paused.
    """

    agent = TenantForeignKey(Agent, on_delete=models.CASCADE)
    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    day = models.DateField()
    handled = models.IntegerField()
    served = models.IntegerField()
    no_show = models.IntegerField()
    transferred = models.IntegerField()
    put_back = models.IntegerField()
    parked = models.IntegerField()
    service_n = models.IntegerField()
    service_us = models.BigIntegerField()
    walk_us = models.BigIntegerField()
    signed_in_us = models.BigIntegerField()
    break_us = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "agent", "site"], name="agent_day_once")]


class OriginDay(TenantOwned):
    """Where the people of one site and local day come from: the commune in the customer's own fields.

    A customer has no commune of his own. `metadata["commune"]` counts when it is the code of a commune; everybody else,
    and a ticket without a customer, is unknown (empty). It is what was noted when the day was last computed.
    """

    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    day = models.DateField()
    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    service = TenantForeignKey(Service, on_delete=models.CASCADE)
    commune = models.CharField(max_length=60, blank=True)
    issued = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "queue", "commune"], name="origin_day_once")]


class SatisfactionDay(TenantOwned):
    """Answers about one queue, on the local day on which they were given: `csat` counts 1 to 5, `nps` 0 to 10."""

    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    service = TenantForeignKey(Service, on_delete=models.CASCADE)
    day = models.DateField()
    csat = ArrayField(models.IntegerField(), size=5)
    nps = ArrayField(models.IntegerField(), size=11)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "queue"], name="satisfaction_day_once")]


class Watermark(models.Model):
    """How far the journal has been read, for the whole platform: one row.

    An entry's id is given when it is written and becomes visible when its transaction commits. `entry_id`: everything
    up to here has been read, surely. `seen`: ids that were the highest at some instant; two minutes later nobody below
    can still be on the way, and `entry_id` moves up.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    entry_id = models.BigIntegerField(default=0)
    seen = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_watermark")]


class DailyWish(TenantOwned):
    """A member wants yesterday's figures each morning: of one site, or of all where `site` is empty.

    `address`: of the reports page as its member's browser reached it when he chose; the letter links to it.
    """

    member = TenantForeignKey(Membership, on_delete=models.CASCADE)
    site = TenantForeignKey(Site, on_delete=models.CASCADE, null=True)
    address = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "member"], name="daily_wish_once")]


class DailyLetter(TenantOwned):
    """One letter: who gets it, about which day. `leased_until`: somebody is sending it; afterwards another may try."""

    member = TenantForeignKey(Membership, on_delete=models.CASCADE)
    day = models.DateField()
    leased_until = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "member", "day"], name="daily_letter_once")]
