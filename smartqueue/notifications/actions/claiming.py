"""Who sends what next. The rows are the queue: a sender claims one, and holds it by a lease."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from smartqueue.notifications.states import CHANNEL_OF, SIMULATION, WEB_PUSH

LEASE_S = 30
"""Longer than a try can last; after it somebody else takes the message over."""
ONE_AT_A_TIME = 0x5151_0002  # advisory lock: who counts what is held must not be overtaken
OPENS_AT = 5
"""Failures in a row after which an account is left alone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is this process's to send until its lease runs out.

    Attributes:
        way: the provider; `simulation` where nothing is connected.
        tries: this one included.
        is_in_doubt: the last try by this way may have succeeded.
    """

    id: UUID
    tenant_id: UUID
    way: str
    tries: int
    is_in_doubt: bool


# The lanes, each a tenant's channel, are found by leaps through the index, whatever waits in them; of each lane only
# the head is looked at. What a shut account holds back costs one lane's look, not one for each message behind it.
# A channel that holds most of the senders is skipped, and an account that holds half of them: so a provider that does
# not answer leaves senders for the others. After its fifth failure an account gets one message at a time: the probe.
# A message that may have arrived stays with its account: only that one can tell.
CLAIM = """
WITH RECURSIVE lane (tenant_id, channel) AS (
    (SELECT tenant_id, channel FROM notifications_notification WHERE status = 'pending'
     ORDER BY tenant_id, channel LIMIT 1)
    UNION ALL
    SELECT following.tenant_id, following.channel FROM lane CROSS JOIN LATERAL (
        SELECT n.tenant_id, n.channel FROM notifications_notification n
        WHERE n.status = 'pending' AND (n.tenant_id, n.channel) > (lane.tenant_id, lane.channel)
        ORDER BY n.tenant_id, n.channel LIMIT 1) following
), held AS MATERIALIZED (
    SELECT tenant_id, channel, provider FROM notifications_notification WHERE leased_until > %(at)s
), head AS MATERIALIZED (
    SELECT first.id, first.way, first.urgency, first.due_at
    FROM lane
    JOIN tenants_tenant t ON t.id = lane.tenant_id AND t.is_active
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(i.provider ORDER BY i.rank, i.id) FILTER (WHERE NOT i.is_shut), '{}') AS open,
            coalesce(array_agg(i.provider) FILTER (WHERE i.is_shut), '{}') AS shut
        FROM (
            SELECT i.id, i.rank, i.provider::text, (i.broken_until > %(at)s) IS TRUE
                OR (SELECT count(*) FROM held WHERE held.tenant_id = i.tenant_id AND held.provider = i.provider)
                    >= CASE WHEN i.failures >= %(opens_at)s THEN 1 ELSE %(of_account)s END AS is_shut
            FROM notifications_integration i
            JOIN unnest(%(providers)s::text[], %(channels)s::text[]) AS known(provider, channel)
                ON known.provider = i.provider AND known.channel = lane.channel
            WHERE i.tenant_id = lane.tenant_id AND i.is_active
        ) i
    ) account
    CROSS JOIN LATERAL (
        SELECT n.id, n.urgency, n.due_at, w.way FROM notifications_notification n
        CROSS JOIN LATERAL (SELECT CASE
            WHEN n.channel = 'push' AND n.address LIKE '{%%' THEN %(web_push)s
            WHEN n.tries > 0 AND n.provider = ANY(account.open) THEN n.provider
            WHEN n.tries > 0 AND n.provider = ANY(account.shut) THEN NULL
            WHEN cardinality(account.open) > 0 THEN account.open[1]
            WHEN cardinality(account.shut) = 0 THEN %(simulation)s END AS way) w
        WHERE n.status = 'pending' AND n.tenant_id = lane.tenant_id AND n.channel = lane.channel
          AND n.due_at <= %(at)s AND (n.leased_until IS NULL OR n.leased_until <= %(at)s)
          AND w.way IS NOT NULL AND (w.way <> %(web_push)s OR (SELECT count(*) FROM held
            WHERE held.tenant_id = lane.tenant_id AND held.provider = %(web_push)s) < %(of_account)s)
        ORDER BY n.urgency, n.due_at, n.id LIMIT 1
    ) first
    WHERE (SELECT count(*) FROM held WHERE held.channel = lane.channel) < %(of_channel)s
      AND (cardinality(account.open) > 0 OR cardinality(account.shut) = 0 OR lane.channel = 'push')
), picked AS (
    SELECT n.id, head.way, n.provider AS before, n.tries FROM head JOIN notifications_notification n USING (id)
    WHERE n.status = 'pending'
    ORDER BY head.urgency, head.due_at, head.id LIMIT 1 FOR UPDATE OF n SKIP LOCKED
)
UPDATE notifications_notification n
SET provider = picked.way, tries = n.tries + 1, leased_until = %(at)s + make_interval(secs => %(lease_s)s)
FROM picked WHERE n.id = picked.id
RETURNING n.id, n.tenant_id, n.provider, n.tries, picked.tries > 0 AND picked.before = n.provider
"""
# A process that is frozen while it holds the lock loses it.
ALONE = "SELECT set_config('idle_in_transaction_session_timeout', '10s', true), pg_advisory_xact_lock(%s)"


def claim_one(*, at: datetime) -> Claim | None:
    """Take the most urgent message that may go out now, of any tenant.

    Claims follow one another, and each is a short transaction of its own on the platform connection.

    Args:
        at: the instant, timezone-aware; the lease counts from it.

    Returns:
        None when there is none.
    """
    values: dict[str, Any] = {
        "at": at, "lease_s": LEASE_S, "opens_at": OPENS_AT, "web_push": WEB_PUSH, "simulation": SIMULATION,
        "of_channel": of_channel(), "of_account": of_account(), **_known(),
    }  # fmt: skip
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(ALONE, [ONE_AT_A_TIME])
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
    return Claim(*row) if row else None


def of_channel() -> int:
    """Senders that one channel may hold: three of four, and never all of several."""
    senders: int = settings.MESSAGE_SENDERS
    return max(1, senders - max(1, senders // 4))


def of_account() -> int:
    """Senders that one tenant's account may hold: half of them."""
    senders: int = settings.MESSAGE_SENDERS
    return max(1, senders // 2)


OVERDUE = """
SELECT id, tenant_id FROM notifications_notification
WHERE status = 'pending' AND expires_at <= %(at)s AND (leased_until IS NULL OR leased_until <= %(at)s)
  AND (tries = 0 OR provider = '' OR expires_at <= %(forgotten)s)
ORDER BY expires_at LIMIT %(most)s
"""
# Every account of its channel is left alone, and half of its life is over: another channel may still be in time.
STRANDED = """
WITH dead AS MATERIALIZED (
    SELECT i.tenant_id, known.channel FROM notifications_integration i
    JOIN unnest(%(providers)s::text[], %(channels)s::text[]) AS known(provider, channel) USING (provider)
    WHERE i.is_active GROUP BY i.tenant_id, known.channel HAVING bool_and((i.broken_until > %(at)s) IS TRUE)
)
SELECT n.id, n.tenant_id FROM dead JOIN notifications_notification n USING (tenant_id, channel)
WHERE n.status = 'pending' AND n.due_at <= %(at)s AND (n.leased_until IS NULL OR n.leased_until <= %(at)s)
  AND (n.channel <> 'push' OR n.address NOT LIKE '{%%') AND n.expires_at > %(at)s
  AND n.created_at + (n.expires_at - n.created_at) / 2 <= %(at)s
ORDER BY n.urgency, n.due_at, n.id LIMIT %(most)s
"""
ASKED_UNTIL = timedelta(minutes=10)
"""For so long after its end a message that may have arrived waits for its account to tell."""


def overdue(*, at: datetime, most: int) -> dict[UUID, list[UUID]]:
    """Messages that have become useless while they waited, by tenant."""
    return _by_tenant(OVERDUE, {"at": at, "forgotten": at - ASKED_UNTIL, "most": most})


def stranded(*, at: datetime, most: int) -> dict[UUID, list[UUID]]:
    """Messages that have waited half of their life for accounts that are all broken, by tenant."""
    return _by_tenant(STRANDED, {"at": at, "most": most, **_known()})


def _known() -> dict[str, list[str]]:
    return {"providers": list(map(str, CHANNEL_OF)), "channels": list(map(str, CHANNEL_OF.values()))}


def _by_tenant(statement: str, values: dict[str, Any]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    with connections["platform"].cursor() as cursor:
        cursor.execute(statement, values)
        for notification_id, tenant_id in cursor.fetchall():
            found.setdefault(tenant_id, []).append(notification_id)
    return found
