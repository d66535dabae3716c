"""Alerts: rules, what they find, who has seen to it, and the letters."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from smartqueue.journal import actions as journal
from smartqueue.journal.actions import record
from smartqueue.journal.states import SYSTEM, Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.errors import AlertNotFound, AlertRuleExists, AlertSettled
from smartqueue.queueing.models import Alert, AlertRule
from smartqueue.queueing.queries.alerts import Breach, addresses_for, breaches, measured
from smartqueue.queueing.states import AlertMetric
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant

LEASE = timedelta(minutes=2)
"""A letter that was taken to be sent and was not is sent by somebody else after this."""
MOST_LETTERS = 50

Key = tuple[UUID, UUID]


def add_alert_rule(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> AlertRule:
    """Raises: AlertRuleExists."""
    with refusing(alert_rule_name_once=AlertRuleExists):
        return journal.add(AlertRule(tenant_id=tenant_id, **values), actor=actor, at=at)


def change_alert_rule(*, rule: AlertRule, values: dict[str, Any], actor: Actor, at: datetime) -> AlertRule:
    """Store what differs. Its open alerts end: the next look judges anew.

    Raises:
        AlertRuleExists.
    """
    with refusing(alert_rule_name_once=AlertRuleExists), transaction.atomic():
        _end_all(rule, actor=actor, at=at)
        return journal.change(rule, values, actor=actor, at=at)


def remove_alert_rule(*, rule: AlertRule, actor: Actor, at: datetime) -> None:
    """Its open alerts end; the history stays."""
    with transaction.atomic():
        _end_all(rule, actor=actor, at=at)
        journal.remove(rule, actor=actor, at=at)


def evaluate_alerts(*, tenant_id: UUID, at: datetime) -> int:
    """Look at every active rule of a tenant: open, repeat and close what is due. Enters the scope itself.

    The rules stay locked meanwhile, so of two who look at once the second finds what the first has written. All of
    it is in the rows, so whoever looks after one that died goes on where that one began.

    Returns:
        How many alerts were told, for the first time or again.
    """
    with in_tenant(tenant_id):
        rules = list(AlertRule.objects.select_for_update(no_key=True).filter(is_active=True).order_by("id"))
        known = {_key(alert): alert for alert in _locked_alerts().filter(rule__isnull=False)}
        if not rules and not known:
            return 0
        seen, told = measured(rules, at=at), 0
        for rule in rules:
            for breach in breaches(rule, seen):
                alert = known.pop((rule.id, breach.queue.id), None) or _first_seen(rule, breach, at)
                told += _look_at(alert, rule, breach, at)
        for healed in known.values():
            _end(healed, actor=SYSTEM, at=at)
    return told


def acknowledge_alert(*, alert_id: UUID, note: str, actor: Actor, at: datetime) -> Alert:
    """Somebody sees to it: it is not told again.

    Raises:
        AlertNotFound.
        AlertSettled: somebody else was first, or it is over.
    """
    with transaction.atomic():
        alert = Alert.objects.select_for_update(no_key=True).filter(id=alert_id, opened_at__isnull=False).first()
        if alert is None:
            raise AlertNotFound
        if alert.acknowledged_at or alert.closed_at:
            raise AlertSettled
        alert.acknowledged_at, alert.acknowledged_by, alert.note = at, actor.user_id, note
        alert.mail_due_at = None
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note", "mail_due_at"])
        _record(alert, "acknowledged", actor, at, after={"note": note})
    return alert


def send_alert_letters(*, tenant_id: UUID, at: datetime) -> int:
    """Send the letters that are due. Each is leased in a transaction and sent outside of it, so it comes at least once
    and, unless a process dies between sending and noting, once. Enters the scope itself.

    Returns:
        How many letters were sent.
    """
    sent = 0
    for alert_id, letter in _leased_letters(tenant_id, at):
        if letter.bcc:
            get_connection().send_messages([letter])
            sent += 1
        with in_tenant(tenant_id):
            Alert.objects.filter(id=alert_id, mail_due_at=at + LEASE).update(mail_due_at=None)
    return sent


def _leased_letters(tenant_id: UUID, at: datetime) -> list[tuple[UUID, EmailMessage]]:
    with in_tenant(tenant_id):
        due = Alert.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(mail_due_at__lte=at)
        taken = list(due.select_related("rule", "queue__site").order_by("mail_due_at")[:MOST_LETTERS])
        if not taken:
            return []
        Alert.objects.filter(id__in=[alert.id for alert in taken]).update(mail_due_at=at + LEASE)
        tenant = Tenant.objects.get(id=tenant_id)
        return [(alert.id, _letter(alert, tenant)) for alert in taken]


def _letter(alert: Alert, tenant: Tenant) -> EmailMessage:
    """In the tenant's language; no address sees another, nobody of the line is in it."""
    site = alert.queue.site
    to = addresses_for(alert.rule, site_id=site.id) if alert.rule else []
    with translation.override(tenant.locale):
        metric = AlertMetric(alert.metric).label
        words = {"name": alert.name, "queue": alert.queue.name, "site": site.name, "tenant": tenant.name}
        figures = {"metric": metric, "value": alert.value, "threshold": alert.threshold}
        subject = _("{name}: {queue}, {site}").format(**words)
        text = _("{metric}: {value} (alert from {threshold}).\n\n{queue}, {site}, {tenant}").format(**words, **figures)
    return EmailMessage(subject, text, bcc=to)


def _first_seen(rule: AlertRule, breach: Breach, at: datetime) -> Alert:
    return Alert.objects.create(
        tenant_id=rule.tenant_id, rule=rule, queue_id=breach.queue.id, name=rule.name, metric=rule.metric,
        threshold=rule.threshold, value=breach.value, worst=breach.value, since=at,
    )  # fmt: skip


def _look_at(alert: Alert, rule: AlertRule, breach: Breach, at: datetime) -> bool:
    """Note the figure; tell when it is time. Returns whether it was told."""
    alert.value, alert.worst = breach.value, max(alert.worst, breach.value)
    is_due = _is_due(alert, rule, at)
    is_first = alert.opened_at is None
    if is_due:
        alert.opened_at, alert.told_at, alert.told = alert.opened_at or at, at, alert.told + 1
        alert.mail_due_at = at if rule.by_email else None
    alert.save(update_fields=["value", "worst", "opened_at", "told_at", "told", "mail_due_at"])
    if is_due:
        _record(alert, "opened" if is_first else "repeated", SYSTEM, at)
        if is_first:
            _say_breached(alert, breach, at)
    return is_due


def _is_due(alert: Alert, rule: AlertRule, at: datetime) -> bool:
    if alert.opened_at is None:
        return at - alert.since >= timedelta(minutes=rule.for_min)
    if alert.acknowledged_at or not rule.repeat_min or alert.told_at is None:
        return False
    return at - alert.told_at >= timedelta(minutes=rule.repeat_min)


def _say_breached(alert: Alert, breach: Breach, at: datetime) -> None:
    """`sla.breached`, when somebody has waited longer than the queue promises."""
    waited_s, target_s = breach.queue.longest_s or 0, breach.queue.target_s
    if alert.metric != AlertMetric.LONGEST_WAIT or waited_s <= target_s:
        return
    record(
        "sla.breached", kind=AuditKind.STATUS_CHANGE, tenant_id=alert.tenant_id, object_type="queue",
        object_id=alert.queue_id, queue_id=alert.queue_id, actor=SYSTEM, at=at,
        data={"alert_id": str(alert.id), "waited_s": waited_s, "target_s": target_s, "waiting": breach.queue.waiting},
    )  # fmt: skip


def _end_all(rule: AlertRule, *, actor: Actor, at: datetime) -> None:
    """The rule is locked before its alerts, as whoever evaluates does."""
    AlertRule.objects.select_for_update(no_key=True).filter(id=rule.id).first()
    for alert in _locked_alerts().filter(rule=rule):
        _end(alert, actor=actor, at=at)


def _locked_alerts() -> QuerySet[Alert]:
    """Alerts that are not over, pending ones too."""
    return Alert.objects.select_for_update(no_key=True).filter(closed_at=None).order_by("id")


def _end(alert: Alert, *, actor: Actor, at: datetime) -> None:
    """It is over. One that was never told leaves nothing behind."""
    if alert.opened_at is None:
        alert.delete()
        return
    alert.closed_at, alert.mail_due_at = at, None
    alert.save(update_fields=["closed_at", "mail_due_at"])
    _record(alert, "closed", actor, at)


def _record(alert: Alert, happened: str, actor: Actor, at: datetime, **facts: Any) -> None:
    data = {"queue_id": str(alert.queue_id), "metric": alert.metric, "value": alert.value, "threshold": alert.threshold}
    record(
        f"alert.{happened}", kind=AuditKind.STATUS_CHANGE, tenant_id=alert.tenant_id, object_type="alert",
        object_id=alert.id, actor=actor, at=at, data=data, **facts,
    )  # fmt: skip


def _key(alert: Alert) -> Key:
    assert alert.rule_id is not None
    return alert.rule_id, alert.queue_id
