"""What everybody outside sees of a ticket, in one round trip.

In plpgsql, so that each connection plans it once: planned anew for every request, the joins under row-level security
cost more than everything else that a request does (docs/decisions/0006).
"""

from django.db import migrations

SHOW = """
CREATE FUNCTION queueing_show(p_tenant uuid, p_ids uuid[], p_at timestamptz)
RETURNS TABLE (
    id uuid, number varchar, token varchar, status varchar, channel varchar, priority smallint, language varchar,
    day date, version integer, people_ahead integer, eta_seconds integer,
    created_at timestamptz, called_at timestamptz, last_call_at timestamptz, started_at timestamptz,
    paused_at timestamptz, ended_at timestamptz, recalls smallint, deferrals smallint, outcome varchar,
    reason varchar, call_reason jsonb,
    queue_id uuid, queue_name varchar, site_id uuid, site_name varchar, service_id uuid, service_name varchar,
    customer_id uuid, customer_name varchar, agent_id uuid, agent_name varchar, counter_id uuid, counter_name varchar
)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v_ids uuid[] := '{}';
    v_ahead integer[] := '{}';
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    -- Places in the line. One ticket: count who comes before it. Many: number each line once.
    IF cardinality(p_ids) = 1 THEN
        v_ids := p_ids;
        v_ahead := ARRAY[queueing_ahead(p_ids[1], p_at)];
    ELSE
        SELECT coalesce(array_agg(line.id), '{}'), coalesce(array_agg(line.ahead), '{}') INTO v_ids, v_ahead
        FROM (
            SELECT t.id, (row_number() OVER (
                PARTITION BY t.queue_id
                ORDER BY queueing_band(q.strategy, q.urgent_first, t.lane),
                    queueing_score(q, t.lane, t.line_at, p_at), t.id
            ) - 1)::integer AS ahead
            FROM queueing_ticket t JOIN queueing_queue q ON q.id = t.queue_id
            WHERE t.status = 'waiting' AND t.queue_id IN (
                SELECT s.queue_id FROM queueing_ticket s WHERE s.id = ANY (p_ids) AND s.status = 'waiting')
        ) line WHERE line.id = ANY (p_ids);
    END IF;
    -- The estimate: place in the real order × what serving one takes ÷ counters open for the queue.
    RETURN QUERY
    SELECT t.id, t.number, t.token, t.status, t.channel, t.priority, t.language, t.day, t.version,
        place.ahead,
        CASE WHEN place.ahead IS NOT NULL AND counters.open > 0
            THEN round((place.ahead + 1) * coalesce(sp.seconds, sv.duration_s) / counters.open)::integer END,
        t.created_at, t.called_at, t.last_call_at, t.started_at, t.paused_at, t.ended_at, t.recalls, t.deferrals,
        t.outcome, t.reason, t.call_reason,
        q.id, q.name, s.id, s.name, sv.id, sv.name, t.customer_id, cu.full_name, t.agent_id, a.name,
        t.counter_id, co.name
    FROM queueing_ticket t
    JOIN queueing_queue q ON q.id = t.queue_id
    JOIN sites_site s ON s.id = q.site_id
    JOIN sites_service sv ON sv.id = t.service_id
    LEFT JOIN queueing_servicepace sp ON sp.tenant_id = p_tenant AND sp.queue_id = t.queue_id
    LEFT JOIN customers_customer cu ON cu.id = t.customer_id
    LEFT JOIN queueing_agent a ON a.id = t.agent_id
    LEFT JOIN sites_counter co ON co.id = t.counter_id
    LEFT JOIN unnest(v_ids, v_ahead) AS place(id, ahead) ON place.id = t.id
    LEFT JOIN LATERAL (
        SELECT count(*) AS open FROM queueing_eligibility e JOIN queueing_agent ag ON ag.id = e.agent_id
        WHERE place.ahead IS NOT NULL AND e.queue_id = t.queue_id AND ag.status IN ('available', 'busy')
    ) counters ON true
    WHERE t.tenant_id = p_tenant AND t.id = ANY (p_ids);
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("queueing", "0005_expire")]

    operations = [migrations.RunSQL(SHOW, "DROP FUNCTION queueing_show(uuid, uuid[], timestamptz)")]
