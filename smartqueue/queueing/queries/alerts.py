"""Rules of alerts, what they would say now, and what they have said."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from smartqueue.queueing.errors import AlertNotFound
from smartqueue.queueing.models import Agent, Alert, AlertRule
from smartqueue.queueing.queries.dashboard import QueueNow, day_so_far, lines_now, total
from smartqueue.queueing.states import AlertAudience, AlertMetric
from smartqueue.tenants.models import Membership
from smartqueue.tenants.states import Role

MOST_SHOWN = 20


class Breach(NamedTuple):
    """A queue in which a rule holds at this instant; `value` in the metric's unit."""

    queue: QueueNow
    value: int


class Measured(NamedTuple):
    """What rules look at: queues of places that are open, and the average wait of each queue's day, seconds."""

    queues: list[QueueNow]
    waits_s: dict[UUID, int]


def measured(rules: Iterable[AlertRule], *, at: datetime) -> Measured:
    """Look once for all of these rules; the day's tickets are read only when one of them wants averages."""
    open_here = _open_sites(at)
    queues = [queue for queue in lines_now(at=at) if queue.site_id in open_here]
    waits: dict[UUID, int] = {}
    if any(rule.metric == AlertMetric.AVERAGE_WAIT for rule in rules):
        days = day_so_far(at=at)
        for queue in queues:
            average = total(day for day in days if day.queue_id == queue.id).average_wait_s
            waits |= {} if average is None else {queue.id: average}
    return Measured(queues, waits)


def breaches(rule: AlertRule, seen: Measured) -> list[Breach]:
    """Queues in which the rule holds now."""
    return [
        Breach(queue, value)
        for queue in seen.queues
        if rule.site_id in (None, queue.site_id) and rule.queue_id in (None, queue.id)
        if (value := _value(rule.metric, queue, seen)) is not None and value >= rule.threshold
    ]


def _value(metric: str, queue: QueueNow, seen: Measured) -> int | None:
    if metric == AlertMetric.LONGEST_WAIT:
        return (queue.longest_s or 0) // 60
    if metric == AlertMetric.AVERAGE_WAIT:
        return seen.waits_s.get(queue.id, 0) // 60
    if metric == AlertMetric.AT_RISK:
        return queue.at_risk
    return queue.waiting if metric == AlertMetric.WAITING or not queue.serving else None


def _open_sites(at: datetime) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM sites_site WHERE is_active AND sites_is_open(id, NULL, %s)", [at])
        return {row[0] for row in cursor.fetchall()}


def alert_rules() -> QuerySet[AlertRule]:
    return AlertRule.objects.select_related("site", "queue__site")


def alerts() -> QuerySet[Alert]:
    """Those that were told, with queue and site; pending ones are nobody's business yet."""
    return Alert.objects.filter(opened_at__isnull=False).select_related("queue__site")


def open_alerts(site_id: UUID | None = None) -> list[Alert]:
    """The newest open alerts, at most 20: those that nobody has seen to first."""
    shown = alerts().filter(closed_at=None)
    shown = shown.filter(queue__site_id=site_id) if site_id else shown
    return sorted(shown.order_by("-opened_at", "-id")[:MOST_SHOWN], key=lambda alert: bool(alert.acknowledged_at))


def alert_or_refuse(alert_id: UUID) -> Alert:
    """Raises: AlertNotFound."""
    alert = alerts().filter(id=alert_id).first()
    if alert is None:
        raise AlertNotFound
    return alert


def addresses_for(rule: AlertRule, *, site_id: UUID) -> list[str]:
    """E-mail addresses of those whom a rule tells of a queue of this site, each once."""
    roles = {AlertAudience.MANAGERS: Role.MANAGER, AlertAudience.ADMINISTRATORS: Role.ADMIN}
    wanted = [role for audience, role in roles.items() if audience in rule.audience]
    members = Membership.objects.filter(role__in=wanted, user__is_active=True)
    found = set(members.values_list("user__email", flat=True))
    if AlertAudience.AGENTS in rule.audience:
        seated = Agent.objects.filter(is_active=True, counter__site_id=site_id, user__is_active=True)
        found |= set(seated.values_list("user__email", flat=True))
    return sorted(address for address in found if address)
