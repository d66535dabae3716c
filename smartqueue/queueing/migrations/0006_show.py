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
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    t queueing_ticket;
    v_ahead integer;
    v_open integer;
    v_pace double precision;
    v_places jsonb;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    IF cardinality(p_ids) > 1 THEN
        -- Many tickets: number each line once.
        SELECT jsonb_object_agg(line.id, line.ahead) INTO v_places
        FROM (
            SELECT w.id, (row_number() OVER (
                PARTITION BY w.queue_id
                ORDER BY queueing_band(q.strategy, q.urgent_first, w.lane),
                    queueing_score(q, w.lane, w.line_at, p_at), w.id
            ) - 1)::integer AS ahead
            FROM queueing_ticket w JOIN queueing_queue q ON q.id = w.queue_id
            WHERE w.status = 'waiting' AND w.queue_id IN (
                SELECT s.queue_id FROM queueing_ticket s WHERE s.id = ANY (p_ids) AND s.status = 'waiting')
        ) line WHERE line.id = ANY (p_ids);
    END IF;
    -- One look-up by id after another, each planned once: cheaper than a join of nine tables, and right from the first
    -- row on, when the planner knows no sizes.
    FOR t IN SELECT * FROM queueing_ticket x WHERE x.tenant_id = p_tenant AND x.id = ANY (p_ids) LOOP
        id := t.id; number := t.number; token := t.token; status := t.status; channel := t.channel;
        priority := t.priority; language := t.language; day := t.day; version := t.version;
        created_at := t.created_at; called_at := t.called_at; last_call_at := t.last_call_at;
        started_at := t.started_at; paused_at := t.paused_at; ended_at := t.ended_at; recalls := t.recalls;
        deferrals := t.deferrals; outcome := t.outcome; reason := t.reason; call_reason := t.call_reason;
        queue_id := t.queue_id; service_id := t.service_id; customer_id := t.customer_id; agent_id := t.agent_id;
        counter_id := t.counter_id; people_ahead := NULL; eta_seconds := NULL; customer_name := NULL;
        agent_name := NULL; counter_name := NULL;
        SELECT q.name, q.site_id INTO queue_name, site_id FROM queueing_queue q WHERE q.id = t.queue_id;
        SELECT s.name INTO site_name FROM sites_site s WHERE s.id = site_id;
        SELECT s.name, s.duration_s INTO service_name, v_pace FROM sites_service s WHERE s.id = t.service_id;
        IF t.customer_id IS NOT NULL THEN
            SELECT c.full_name INTO customer_name FROM customers_customer c WHERE c.id = t.customer_id;
        END IF;
        IF t.agent_id IS NOT NULL THEN
            SELECT a.name INTO agent_name FROM queueing_agent a WHERE a.id = t.agent_id;
        END IF;
        IF t.counter_id IS NOT NULL THEN
            SELECT c.name INTO counter_name FROM sites_counter c WHERE c.id = t.counter_id;
        END IF;
        IF t.status = 'waiting' THEN
            people_ahead := coalesce((v_places ->> t.id::text)::integer, queueing_ahead(t.id, p_at));
            SELECT count(*) INTO v_open
            FROM queueing_eligibility e JOIN queueing_agent a ON a.id = e.agent_id
            WHERE e.queue_id = t.queue_id AND a.status IN ('available', 'busy');
            -- The estimate: place in the real order × what serving one takes ÷ counters open for the queue.
            IF v_open > 0 THEN
                SELECT coalesce((SELECT p.seconds FROM queueing_servicepace p WHERE p.queue_id = t.queue_id), v_pace)
                    INTO v_pace;
                eta_seconds := round((people_ahead + 1) * v_pace / v_open);
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("queueing", "0005_expire")]

    operations = [migrations.RunSQL(SHOW, "DROP FUNCTION queueing_show(uuid, uuid[], timestamptz)")]
