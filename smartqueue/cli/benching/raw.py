"""The reference of `bench reports`: the same answers by plain SQL over the raw tickets."""

# Waits in seconds, exact percentiles. Under row-level security, inside the tenant's scope, as ours.
FACTS = """
    SELECT t.queue_id, t.service_id, t.agent_id, t.status, t.channel, t.priority, t.day, t.created_at,
        date_trunc(%(granularity)s, t.day::timestamp)::date AS period,
        date_part('epoch', t.called_at - t.created_at) AS wait_s,
        date_part('epoch', t.started_at - t.called_at) AS walk_s,
        CASE WHEN t.status = 'closed' THEN date_part('epoch', t.ended_at - t.started_at) - t.paused_s END AS service_s,
        CASE t.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END
            AS target_s
    FROM queueing_ticket t
    JOIN queueing_queue q ON q.tenant_id = t.tenant_id AND q.id = t.queue_id
    WHERE t.tenant_id = %(tenant)s AND q.tenant_id = %(tenant)s AND t.day BETWEEN %(first)s AND %(last)s
"""
STATES = """count(*) FILTER (WHERE status = 'closed'), count(*) FILTER (WHERE status = 'no_show'),
    count(*) FILTER (WHERE status = 'cancelled'), count(*) FILTER (WHERE status = 'expired')"""
SETS = {
    part: f"FROM ({FACTS}) f GROUP BY GROUPING SETS ((), (period), ({part}))"
    for part in ("queue_id", "service_id", "agent_id")
}
STATEMENTS = {
    "wait-times": f"""
        SELECT period, service_id, count(*), count(wait_s), avg(wait_s), min(wait_s), max(wait_s),
            percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY wait_s),
            count(*) FILTER (WHERE status = 'closed'), avg(service_s),
            percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY service_s), avg(walk_s),
            count(*) FILTER (WHERE wait_s <= target_s) {SETS["service_id"]}""",
    "agent-performance": f"""
        SELECT period, agent_id, count(*), {STATES}, avg(service_s), sum(service_s), sum(walk_s)
        {SETS["agent_id"]}""",
    "queue-stats": f"""
        SELECT period, queue_id, count(*), count(wait_s), {STATES}, avg(wait_s), max(wait_s),
            count(*) FILTER (WHERE wait_s <= target_s) {SETS["queue_id"]}""",
    "demand": f"""
        SELECT period, service_id, count(*), {STATES}, avg(wait_s), avg(service_s), sum(service_s)
        {SETS["service_id"]}""",
    "drop-off": f"""
        SELECT period, queue_id, count(*), {STATES}, count(*) FILTER (WHERE status = 'cancelled' AND wait_s IS NULL)
        {SETS["queue_id"]}""",
    "channels": f"""
        SELECT period, service_id, count(*), count(*) FILTER (WHERE channel = 'web'),
            count(*) FILTER (WHERE channel = 'mobile'), count(*) FILTER (WHERE channel = 'kiosk'),
            count(*) FILTER (WHERE channel = 'sms'), count(*) FILTER (WHERE channel = 'ussd'),
            count(*) FILTER (WHERE channel = 'whatsapp'), count(*) FILTER (WHERE channel = 'agent')
        {SETS["service_id"]}""",
    "heat-map": f"""
        SELECT extract(isodow FROM f.day), extract(hour FROM f.created_at AT TIME ZONE s.time_zone), count(*),
            avg(wait_s), count(*) FILTER (WHERE wait_s <= target_s)
        FROM ({FACTS}) f JOIN queueing_queue q ON q.tenant_id = %(tenant)s AND q.id = f.queue_id
        JOIN sites_site s ON s.tenant_id = %(tenant)s AND s.id = q.site_id GROUP BY 1, 2""",  # noqa: S608 - joined from constants
}

COVERING = """
CREATE INDEX bench_covering ON queueing_ticket (tenant_id, day) INCLUDE (queue_id, service_id, agent_id, status,
    channel, priority, created_at, called_at, started_at, ended_at, paused_s)
"""
