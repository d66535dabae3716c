"""The wait that everybody is shown, read off the outlook that the forecast has published, at the place in line.

`queueing_view` and `queueing_picture` stand beside `queueing_show` (0006), `queueing_here` (0014) and `queueing_board`
(0007), whose columns and members old processes count. A later migration drops those three.
"""

from django.db import migrations

# Waits.at (smartqueue.queueing.queries.outlook) in SQL. Plain and immutable, so that PostgreSQL takes it into queries.
ETA = """
CREATE FUNCTION queueing_eta(p_by_place integer[], p_tail integer, p_place integer) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_place > 0 AND cardinality(p_by_place) > 0 THEN
        p_by_place[least(p_place, cardinality(p_by_place))] + greatest(p_place - cardinality(p_by_place), 0) * p_tail
    END
$$
"""

# Minutes are named while a counter is open. In a paused or closed queue those in line are still served.
WAIT = """
CREATE FUNCTION queueing_wait(
    p_queue uuid, p_place integer, OUT eta_seconds integer, OUT eta_high_seconds integer, OUT eta_quality varchar
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_open bigint;
BEGIN
    eta_quality := 'none';
    SELECT count(*) INTO v_open FROM queueing_eligibility e JOIN queueing_agent a ON a.id = e.agent_id
    WHERE e.queue_id = p_queue AND a.status IN ('available', 'busy');
    IF v_open > 0 THEN
        SELECT queueing_eta(o.p50, o.tail[2], p_place), queueing_eta(o.p90, o.tail[3], p_place), o.quality
            INTO eta_seconds, eta_high_seconds, eta_quality
        FROM queueing_outlook o WHERE o.queue_id = p_queue;
        IF eta_seconds IS NULL THEN
            eta_quality := 'none';
        END IF;
    END IF;
END $$
"""

# Of whoever would join now, behind those who wait: nothing where nobody is let in.
JOINING = """
CREATE FUNCTION queueing_wait_to_join(
    p_queue uuid, p_waiting bigint, OUT eta_seconds integer, OUT eta_high_seconds integer, OUT eta_quality varchar
)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT w.eta_seconds, w.eta_high_seconds, w.eta_quality INTO eta_seconds, eta_high_seconds, eta_quality
    FROM queueing_queue q CROSS JOIN LATERAL queueing_wait(q.id, p_waiting::integer + 1) w
    WHERE q.id = p_queue AND q.status = 'open';
    eta_quality := coalesce(eta_quality, 'none');
END $$
"""

# 0006's text with here_at and what the outlook says.
VIEW = """
CREATE FUNCTION queueing_view(p_tenant uuid, p_ids uuid[], p_at timestamptz)
RETURNS TABLE (
    id uuid, number varchar, token varchar, status varchar, channel varchar, priority smallint, language varchar,
    day date, version integer, people_ahead integer, eta_seconds integer, eta_high_seconds integer, eta_quality varchar,
    created_at timestamptz, called_at timestamptz, last_call_at timestamptz, started_at timestamptz,
    paused_at timestamptz, ended_at timestamptz, recalls smallint, deferrals smallint, outcome varchar,
    reason varchar, call_reason jsonb,
    queue_id uuid, queue_name varchar, site_id uuid, site_name varchar, service_id uuid, service_name varchar,
    customer_id uuid, customer_name varchar, agent_id uuid, agent_name varchar, counter_id uuid, counter_name varchar,
    here_at timestamptz
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    t queueing_ticket;
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
        counter_id := t.counter_id; here_at := t.here_at; people_ahead := NULL; eta_seconds := NULL;
        eta_high_seconds := NULL; eta_quality := 'none'; customer_name := NULL; agent_name := NULL;
        counter_name := NULL;
        SELECT q.name, q.site_id INTO queue_name, site_id FROM queueing_queue q WHERE q.id = t.queue_id;
        SELECT s.name INTO site_name FROM sites_site s WHERE s.id = site_id;
        SELECT s.name INTO service_name FROM sites_service s WHERE s.id = t.service_id;
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
            SELECT w.eta_seconds, w.eta_high_seconds, w.eta_quality INTO eta_seconds, eta_high_seconds, eta_quality
            FROM queueing_wait(t.queue_id, people_ahead + 1) w;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$
"""

# 0007's text with what the outlook says. The phones' places beyond the first 200 read it in their own process.
PICTURE = """
CREATE FUNCTION queueing_picture(p_tenant uuid, p_queue uuid, p_since bigint, p_phones boolean, p_at timestamptz)
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    q queueing_queue;
    v_seq bigint;
    v_since bigint;
    v_open integer;
    v_pace double precision;
    v_p10 integer[];
    v_p50 integer[];
    v_p90 integer[];
    v_tail integer[];
    v_quality varchar;
    v_agents json;
    v_line json;
    v_hand json;
    v_in_hand uuid[];
    v_calls json;
    v_facts json;
    v_gone json;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    SELECT * INTO q FROM queueing_queue x WHERE x.tenant_id = p_tenant AND x.id = p_queue;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(max(s.last_seq), 0) INTO v_seq FROM journal_stream s WHERE s.queue_id = p_queue;
    v_since := least(greatest(coalesce(p_since, v_seq), v_seq - 500), v_seq);
    SELECT p.seconds INTO v_pace FROM queueing_servicepace p WHERE p.tenant_id = p_tenant AND p.queue_id = p_queue;

    SELECT count(*) FILTER (WHERE a.status IN ('available', 'busy')),
        coalesce(json_agg(json_build_object(
            'id', a.id, 'name', a.name, 'status', a.status, 'since', a.status_since, 'counter', c.name
        ) ORDER BY a.name, a.id), '[]')
        INTO v_open, v_agents
    FROM queueing_eligibility e
    JOIN queueing_agent a ON a.tenant_id = p_tenant AND a.id = e.agent_id
    LEFT JOIN sites_counter c ON c.tenant_id = p_tenant AND c.id = a.counter_id
    WHERE e.tenant_id = p_tenant AND e.queue_id = p_queue;

    -- Arrays in variables: unpacked once, whatever the length of the line.
    SELECT o.p10, o.p50, o.p90, o.tail, o.quality INTO v_p10, v_p50, v_p90, v_tail, v_quality
    FROM queueing_outlook o
    WHERE o.tenant_id = p_tenant AND o.queue_id = p_queue AND v_open > 0;

    SELECT json_build_object(
        'total', count(*),
        'at_risk', count(*) FILTER (WHERE extract(epoch FROM p_at - l.created_at) + coalesce(l.eta, 0) > l.target_s),
        'since', min(l.created_at),
        'first', coalesce(json_agg(json_build_object(
            'id', l.id, 'number', l.number, 'service', l.service, 'priority', l.priority, 'language', l.language,
            'channel', l.channel, 'waiting_since', l.created_at, 'position', l.place, 'eta_seconds', l.eta,
            'eta_low_seconds', l.eta, 'eta_high_seconds', queueing_eta(v_p90, v_tail[3], l.place), 'version', l.version
        ) ORDER BY l.place) FILTER (WHERE l.place <= 200), '[]'),
        'rest_ids', coalesce(json_agg(l.id ORDER BY l.place) FILTER (WHERE p_phones AND l.place > 200), '[]'),
        'rest_versions', coalesce(json_agg(l.version ORDER BY l.place) FILTER (WHERE p_phones AND l.place > 200), '[]')
    ) INTO v_line
    FROM (
        SELECT o.*, queueing_eta(v_p50, v_tail[2], o.place) AS eta
        FROM (
            SELECT w.id, w.number, w.priority, w.language, w.channel, w.created_at, w.version,
                s.name AS service,
                CASE w.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s
                    ELSE q.wait_target_s END AS target_s,
                (row_number() OVER (
                    ORDER BY queueing_band(q.strategy, q.urgent_first, w.lane),
                        queueing_score(q, w.lane, w.line_at, p_at), w.id
                ))::integer AS place
            FROM queueing_ticket w
            LEFT JOIN sites_service s ON s.tenant_id = p_tenant AND s.id = w.service_id
            WHERE w.tenant_id = p_tenant AND w.queue_id = p_queue AND w.status = 'waiting'
        ) o
    ) l;

    -- Called and serving through the hands of those who sit at a counter: no index reads the day's visits for that.
    SELECT coalesce(json_agg(json_build_object(
            'id', t.id, 'number', t.number, 'status', t.status, 'service', s.name, 'priority', t.priority,
            'language', t.language, 'agent', a.name, 'agent_id', a.id, 'counter', c.name,
            'waiting_since', t.created_at, 'called_at', t.called_at, 'recalls', t.recalls,
            'since', CASE t.status WHEN 'called' THEN t.last_call_at WHEN 'serving' THEN t.started_at
                ELSE t.paused_at END,
            'for_agent_id', t.for_agent_id, 'version', t.version
        ) ORDER BY t.called_at, t.id), '[]'), coalesce(array_agg(t.id), '{}')
        INTO v_hand, v_in_hand
    FROM (
        SELECT x.* FROM queueing_agent h
        JOIN queueing_ticket x ON x.agent_id = h.id AND x.hand = h.hand AND x.status IN ('called', 'serving')
        WHERE h.tenant_id = p_tenant AND h.counter_id IS NOT NULL AND x.queue_id = p_queue
        UNION ALL
        SELECT x.* FROM queueing_ticket x
        WHERE x.tenant_id = p_tenant AND x.queue_id = p_queue AND x.status = 'paused'
    ) t
    LEFT JOIN queueing_agent a ON a.tenant_id = p_tenant AND a.id = t.agent_id
    LEFT JOIN sites_counter c ON c.tenant_id = p_tenant AND c.id = t.counter_id
    LEFT JOIN sites_service s ON s.tenant_id = p_tenant AND s.id = t.service_id;

    SELECT coalesce(json_agg(json_build_object(
            'number', k.number, 'counter', k.counter, 'called_at', k.called_at,
            'last_call_at', k.last_call_at, 'recalls', k.recalls
        ) ORDER BY k.last_call_at DESC), '[]') INTO v_calls
    FROM (
        SELECT t.number, c.name AS counter, t.called_at, t.recalls, t.last_call_at
        FROM (
            SELECT recent.object_id FROM (
                SELECT e.object_id FROM journal_entry e
                WHERE e.queue_id = p_queue AND e.stream_seq > v_seq - 2000
                  AND e.fact IN ('ticket.called', 'ticket.recalled')
                ORDER BY e.stream_seq DESC LIMIT 24
            ) recent
            UNION SELECT unnest(v_in_hand)
        ) r(id)
        JOIN queueing_ticket t ON t.tenant_id = p_tenant AND t.id = r.id
        LEFT JOIN sites_counter c ON c.tenant_id = p_tenant AND c.id = t.counter_id
        WHERE t.queue_id = p_queue AND t.last_call_at IS NOT NULL
        ORDER BY t.last_call_at DESC LIMIT 6
    ) k;

    SELECT coalesce(json_agg(json_build_array(e.stream_seq, e.fact, e.object_type, e.object_id, e.data, (
            SELECT c.name FROM sites_counter c WHERE c.tenant_id = p_tenant AND c.id =
                CASE WHEN e.data ->> 'counter_id' ~ '^[0-9a-f-]{36}$' THEN (e.data ->> 'counter_id')::uuid END
        )) ORDER BY e.stream_seq), '[]') INTO v_facts
    FROM journal_entry e WHERE e.queue_id = p_queue AND e.stream_seq > v_since AND e.stream_seq <= v_seq;

    IF p_phones THEN
        SELECT coalesce(json_agg(json_build_array(t.id, t.status, t.queue_id, t.called_at, c.name, t.version)), '[]')
            INTO v_gone
        FROM queueing_ticket t LEFT JOIN sites_counter c ON c.tenant_id = p_tenant AND c.id = t.counter_id
        WHERE t.tenant_id = p_tenant AND t.id IN (
                SELECT e.object_id FROM journal_entry e
                WHERE e.queue_id = p_queue AND e.stream_seq > v_since AND e.object_type = 'ticket')
          AND (t.queue_id <> p_queue OR t.status NOT IN ('waiting', 'called', 'serving', 'paused'));
    END IF;

    RETURN json_build_object(
        'seq', v_seq, 'since', v_since, 'status', q.status, 'open_counters', v_open, 'pace_s', v_pace,
        'agents', v_agents, 'line', v_line, 'in_hand', v_hand, 'calls', v_calls, 'facts', v_facts,
        'gone', coalesce(v_gone, '[]'),
        'waits', CASE WHEN v_p50 IS NOT NULL THEN json_build_object(
            'p10', v_p10, 'p50', v_p50, 'p90', v_p90, 'tail', v_tail, 'quality', v_quality) END
    );
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("queueing", "0015_outlook")]

    operations = [
        migrations.RunSQL(ETA, "DROP FUNCTION queueing_eta(integer[], integer, integer)"),
        migrations.RunSQL(WAIT, "DROP FUNCTION queueing_wait(uuid, integer)"),
        migrations.RunSQL(JOINING, "DROP FUNCTION queueing_wait_to_join(uuid, bigint)"),
        migrations.RunSQL(VIEW, "DROP FUNCTION queueing_view(uuid, uuid[], timestamptz)"),
        migrations.RunSQL(PICTURE, "DROP FUNCTION queueing_picture(uuid, uuid, bigint, boolean, timestamptz)"),
    ]
