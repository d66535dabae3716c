"""One statement for each table: whole rows from raw rows, for queues and days that were named.

They take `tenant`, and pairs `queues` and `days` (arrays of equal length); the agents' takes local days, `dates`, and
`at`. Where a ticket was taken decides its day and hour; where it stands now, its queue.
The journal is asked ticket by ticket (`OFFSET 0`): its index knows them, and joined it would be read as a whole.
"""

QUEUE_DAYS = """
INSERT INTO reporting_queueday (
    id, tenant_id, queue_id, site_id, service_id, day,
    issued, called, served, no_show, cancelled, expired, live, in_target, left_line, cancelled_by_customer,
    wait_us, wait_min_us, wait_max_us, wait_histogram,
    service_n, service_us, service_min_us, service_max_us, service_histogram,
    walk_n, walk_us, walk_min_us, walk_max_us,
    by_web, by_mobile, by_kiosk, by_sms, by_ussd, by_whatsapp, by_agent
)
SELECT gen_random_uuid(), %(tenant)s, q.id, q.site_id, q.service_id, t.day,
    count(*), count(v.wait_us),
    count(*) FILTER (WHERE t.status = 'closed'), count(*) FILTER (WHERE t.status = 'no_show'),
    count(*) FILTER (WHERE t.status = 'cancelled'), count(*) FILTER (WHERE t.status = 'expired'),
    count(*) FILTER (WHERE t.status IN ('waiting', 'called', 'serving', 'paused')),
    count(*) FILTER (WHERE v.wait_us <= 1000000 * CASE t.priority
        WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END::bigint),
    count(*) FILTER (WHERE t.status = 'cancelled' AND t.called_at IS NULL),
    count(*) FILTER (WHERE gone.actor_kind = 'customer'),
    coalesce(sum(v.wait_us), 0), min(v.wait_us), max(v.wait_us), coalesce(sum(reporting_packed(v.wait_us)), 0),
    count(v.service_us), coalesce(sum(v.service_us), 0), min(v.service_us), max(v.service_us),
    coalesce(sum(reporting_packed(v.service_us)), 0),
    count(v.walk_us), coalesce(sum(v.walk_us), 0), min(v.walk_us), max(v.walk_us),
    count(*) FILTER (WHERE t.channel = 'web'), count(*) FILTER (WHERE t.channel = 'mobile'),
    count(*) FILTER (WHERE t.channel = 'kiosk'), count(*) FILTER (WHERE t.channel = 'sms'),
    count(*) FILTER (WHERE t.channel = 'ussd'), count(*) FILTER (WHERE t.channel = 'whatsapp'),
    count(*) FILTER (WHERE t.channel = 'agent')
FROM unnest(%(queues)s::uuid[], %(days)s::date[]) wanted (queue_id, day)
JOIN queueing_queue q ON q.tenant_id = %(tenant)s AND q.id = wanted.queue_id
JOIN queueing_ticket t ON t.queue_id = wanted.queue_id AND t.day = wanted.day AND t.tenant_id = %(tenant)s
CROSS JOIN LATERAL (SELECT
    reporting_us(t.called_at - t.created_at) AS wait_us,
    CASE WHEN t.status = 'closed' AND t.started_at IS NOT NULL
        THEN reporting_us(t.ended_at - t.started_at - make_interval(secs => t.paused_s)) END AS service_us,
    CASE WHEN t.called_at IS NOT NULL AND t.started_at IS NOT NULL
        THEN reporting_us(t.started_at - t.called_at) END AS walk_us
    OFFSET 0) v
LEFT JOIN LATERAL (
    SELECT e.actor_kind FROM journal_entry e
    WHERE t.status = 'cancelled' AND e.object_id = t.id AND e.version = t.version OFFSET 0
) gone ON true
GROUP BY q.id, q.site_id, q.service_id, t.day
"""

QUEUE_HOURS = """
INSERT INTO reporting_queuehour (
    id, tenant_id, queue_id, site_id, service_id, day, hour, issued, called, served, in_target, wait_us
)
SELECT gen_random_uuid(), %(tenant)s, q.id, q.site_id, q.service_id, t.day,
    extract(hour FROM t.created_at AT TIME ZONE s.time_zone)::smallint AS hour,
    count(*), count(t.called_at), count(*) FILTER (WHERE t.status = 'closed'),
    count(*) FILTER (WHERE reporting_us(t.called_at - t.created_at) <= 1000000 * CASE t.priority
        WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END::bigint),
    coalesce(sum(reporting_us(t.called_at - t.created_at)), 0)
FROM unnest(%(queues)s::uuid[], %(days)s::date[]) wanted (queue_id, day)
JOIN queueing_queue q ON q.tenant_id = %(tenant)s AND q.id = wanted.queue_id
JOIN queueing_ticket t ON t.queue_id = wanted.queue_id AND t.day = wanted.day AND t.tenant_id = %(tenant)s
JOIN queueing_queue o ON o.tenant_id = %(tenant)s AND o.id = t.origin_id
JOIN sites_site s ON s.tenant_id = %(tenant)s AND s.id = o.site_id
GROUP BY q.id, q.site_id, q.service_id, t.day, hour
"""

ORIGIN_DAYS = """
INSERT INTO reporting_originday (id, tenant_id, queue_id, site_id, service_id, day, commune, issued)
SELECT gen_random_uuid(), %(tenant)s, q.id, q.site_id, q.service_id, t.day, coalesce(d.code, '') AS commune, count(*)
FROM unnest(%(queues)s::uuid[], %(days)s::date[]) wanted (queue_id, day)
JOIN queueing_queue q ON q.tenant_id = %(tenant)s AND q.id = wanted.queue_id
JOIN queueing_ticket t ON t.queue_id = wanted.queue_id AND t.day = wanted.day AND t.tenant_id = %(tenant)s
LEFT JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.id = t.customer_id
LEFT JOIN sites_division d ON d.code = c.metadata ->> 'commune' AND d.level = 'commune'
GROUP BY q.id, q.site_id, q.service_id, t.day, commune
"""

SATISFACTION_DAYS = """
INSERT INTO reporting_satisfactionday (id, tenant_id, queue_id, site_id, service_id, day, csat, nps)
SELECT gen_random_uuid(), %(tenant)s, q.id, q.site_id, q.service_id, wanted.day,
    ARRAY[
        count(*) FILTER (WHERE f.csat = 1), count(*) FILTER (WHERE f.csat = 2), count(*) FILTER (WHERE f.csat = 3),
        count(*) FILTER (WHERE f.csat = 4), count(*) FILTER (WHERE f.csat = 5)
    ],
    ARRAY[
        count(*) FILTER (WHERE f.nps = 0), count(*) FILTER (WHERE f.nps = 1), count(*) FILTER (WHERE f.nps = 2),
        count(*) FILTER (WHERE f.nps = 3), count(*) FILTER (WHERE f.nps = 4), count(*) FILTER (WHERE f.nps = 5),
        count(*) FILTER (WHERE f.nps = 6), count(*) FILTER (WHERE f.nps = 7), count(*) FILTER (WHERE f.nps = 8),
        count(*) FILTER (WHERE f.nps = 9), count(*) FILTER (WHERE f.nps = 10)
    ]
FROM unnest(%(queues)s::uuid[], %(days)s::date[]) wanted (queue_id, day)
JOIN queueing_queue q ON q.tenant_id = %(tenant)s AND q.id = wanted.queue_id
JOIN sites_site s ON s.tenant_id = %(tenant)s AND s.id = q.site_id
JOIN feedback_feedback f ON f.tenant_id = %(tenant)s AND f.queue_id = q.id
    AND f.created_at >= wanted.day::timestamp AT TIME ZONE s.time_zone
    AND f.created_at < (wanted.day + 1)::timestamp AT TIME ZONE s.time_zone
GROUP BY q.id, q.site_id, q.service_id, wanted.day
"""

# A stay or a break that began more than a week before, or a day before, was forgotten and is not counted on.
AGENT_DAYS = """
INSERT INTO reporting_agentday (
    id, tenant_id, agent_id, site_id, day, handled, served, no_show, transferred, put_back, parked,
    service_n, service_us, walk_us, signed_in_us, break_us
)
WITH dates AS (SELECT unnest(%(dates)s::date[]) AS day),
spans AS (
    SELECT c.id AS counter_id, s.id AS site_id, dates.day, dates.day::timestamp AT TIME ZONE s.time_zone AS begins,
        least((dates.day + 1)::timestamp AT TIME ZONE s.time_zone, %(at)s) AS ends
    FROM sites_counter c JOIN sites_site s ON s.tenant_id = %(tenant)s AND s.id = c.site_id CROSS JOIN dates
    WHERE c.tenant_id = %(tenant)s AND dates.day::timestamp AT TIME ZONE s.time_zone < %(at)s
),
visits AS (
    SELECT t.id, t.agent_id, coalesce(c.site_id, q.site_id) AS site_id, q.site_id AS queue_site_id, t.day, t.status,
        CASE WHEN t.status = 'closed' AND t.started_at IS NOT NULL
            THEN reporting_us(t.ended_at - t.started_at - make_interval(secs => t.paused_s)) END AS service_us,
        CASE WHEN t.called_at IS NOT NULL AND t.started_at IS NOT NULL
            THEN reporting_us(t.started_at - t.called_at) END AS walk_us
    FROM dates
    JOIN queueing_queue q ON q.tenant_id = %(tenant)s
    JOIN queueing_ticket t ON t.queue_id = q.id AND t.day = dates.day AND t.tenant_id = %(tenant)s
    LEFT JOIN sites_counter c ON c.tenant_id = %(tenant)s AND c.id = t.counter_id
),
work AS (
    SELECT agent_id, site_id, day,
        count(*) FILTER (WHERE status IN ('closed', 'no_show', 'cancelled', 'expired')) AS handled,
        count(*) FILTER (WHERE status = 'closed') AS served, count(*) FILTER (WHERE status = 'no_show') AS no_show,
        count(service_us) AS service_n, sum(service_us) AS service_us, sum(walk_us) AS walk_us
    FROM visits WHERE agent_id IS NOT NULL GROUP BY agent_id, site_id, day
),
moves AS (
    SELECT coalesce(e.before ->> 'agent_id', e.data ->> 'agent_id')::uuid AS agent_id,
        coalesce(c.site_id, v.queue_site_id) AS site_id, v.day,
        count(*) FILTER (WHERE e.fact = 'ticket.transferred') AS transferred,
        count(*) FILTER (WHERE e.fact = 'ticket.put_back') AS put_back,
        count(*) FILTER (WHERE e.fact = 'ticket.paused') AS parked
    FROM visits v
    CROSS JOIN LATERAL (
        SELECT one.fact, one.before, one.data FROM journal_entry one
        WHERE one.object_id = v.id AND one.version IS NOT NULL
          AND one.fact IN ('ticket.transferred', 'ticket.put_back', 'ticket.paused')
          AND (one.fact <> 'ticket.transferred'
            OR one.data ->> 'to_queue_id' IS NOT NULL OR one.data ->> 'to_agent_id' IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM journal_entry undone WHERE undone.object_id = v.id
            AND undone.fact = 'ticket.reopened' AND (undone.version = one.version + 1
              OR undone.version = one.version + 2 AND EXISTS (SELECT 1 FROM journal_entry came
                WHERE came.object_id = v.id AND came.version = one.version + 1 AND came.fact = 'ticket.checked_in')))
        OFFSET 0
    ) e
    LEFT JOIN sites_counter c ON c.tenant_id = %(tenant)s
        AND c.id = coalesce(e.before ->> 'counter_id', e.data ->> 'counter_id')::uuid
    GROUP BY 1, 2, 3
),
stays AS (
    SELECT st.agent_id, spans.site_id, spans.day, sum(reporting_us(
        least(coalesce(st.closed_at, spans.ends), spans.ends) - greatest(st.opened_at, spans.begins))) AS signed_in_us
    FROM spans
    JOIN queueing_agentsession st ON st.tenant_id = %(tenant)s AND st.counter_id = spans.counter_id
        AND st.opened_at < spans.ends AND st.opened_at > spans.begins - interval '7 days'
        AND (st.closed_at IS NULL OR st.closed_at > spans.begins)
    WHERE st.closed_at IS NULL OR st.closed_at > st.opened_at
    GROUP BY st.agent_id, spans.site_id, spans.day
),
statuses AS (
    SELECT e.object_id AS agent_id, e.at, e.data ->> 'status' AS status, (e.data ->> 'counter_id')::uuid AS counter_id,
        lead(e.at) OVER (PARTITION BY e.object_id ORDER BY e.at, e.id) AS until
    FROM queueing_agent a
    JOIN journal_entry e ON e.tenant_id = %(tenant)s AND e.object_id = a.id AND e.fact = 'agent.status_updated'
        AND e.at > (SELECT min(begins) - interval '1 day' FROM spans) AND e.at < (SELECT max(ends) FROM spans)
    WHERE a.tenant_id = %(tenant)s
),
breaks AS (
    SELECT b.agent_id, spans.site_id, spans.day, sum(reporting_us(
        least(coalesce(b.until, spans.ends), spans.ends) - greatest(b.at, spans.begins))) AS break_us
    FROM statuses b
    JOIN spans ON spans.counter_id = b.counter_id AND b.at < spans.ends AND b.at > spans.begins - interval '1 day'
        AND (b.until IS NULL OR b.until > spans.begins)
    WHERE b.status = 'paused' AND b.until IS DISTINCT FROM b.at GROUP BY b.agent_id, spans.site_id, spans.day
),
parts AS (
    SELECT agent_id, site_id, day, handled, served, no_show, 0 AS transferred, 0 AS put_back, 0 AS parked,
        service_n, service_us, walk_us, 0 AS signed_in_us, 0 AS break_us FROM work
    UNION ALL SELECT agent_id, site_id, day, 0, 0, 0, transferred, put_back, parked, 0, 0, 0, 0, 0 FROM moves
    UNION ALL SELECT agent_id, site_id, day, 0, 0, 0, 0, 0, 0, 0, 0, 0, signed_in_us, 0 FROM stays
    UNION ALL SELECT agent_id, site_id, day, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, break_us FROM breaks
)
SELECT gen_random_uuid(), %(tenant)s, agent_id, site_id, day, sum(handled), sum(served), sum(no_show), sum(transferred),
    sum(put_back), sum(parked), sum(service_n), coalesce(sum(service_us), 0), coalesce(sum(walk_us), 0),
    sum(signed_in_us), sum(break_us)
FROM parts WHERE agent_id IS NOT NULL GROUP BY agent_id, site_id, day
"""

OF_QUEUES = {
    "reporting_queueday": QUEUE_DAYS,
    "reporting_queuehour": QUEUE_HOURS,
    "reporting_originday": ORIGIN_DAYS,
}
"""Table → its statement, for queues and days whose tickets have moved."""
