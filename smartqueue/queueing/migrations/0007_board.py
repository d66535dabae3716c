"""What screens and phones are shown of a queue, in one round trip and from one snapshot of the database.

STABLE: every statement inside sees what the calling statement saw. So the number of the stream and the line belong
together, which is what makes a screen converge: every fact up to `seq` is in the line (docs/decisions/0012).
"""

from django.db import migrations

# p_since: facts after this number of the stream, at most 500; NULL for none.
# p_phones: also the places beyond the first 200, and the tickets that the facts have taken out of the line.
BOARD = """
CREATE FUNCTION queueing_board(p_tenant uuid, p_queue uuid, p_since bigint, p_phones boolean, p_at timestamptz)
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    q queueing_queue;
    v_seq bigint;
    v_since bigint;
    v_open integer;
    v_pace double precision;
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

    -- The estimate is queueing_show's: place in the real order × what serving one takes ÷ counters open.
    SELECT json_build_object(
        'total', count(*),
        'at_risk', count(*) FILTER (WHERE extract(epoch FROM p_at - l.created_at) + coalesce(l.eta, 0) > l.target_s),
        'since', min(l.created_at),
        'first', coalesce(json_agg(json_build_object(
            'id', l.id, 'number', l.number, 'service', l.service, 'priority', l.priority, 'language', l.language,
            'channel', l.channel, 'waiting_since', l.created_at, 'position', l.place, 'eta_seconds', l.eta,
            'version', l.version
        ) ORDER BY l.place) FILTER (WHERE l.place <= 200), '[]'),
        'rest_ids', coalesce(json_agg(l.id ORDER BY l.place) FILTER (WHERE p_phones AND l.place > 200), '[]'),
        'rest_etas', coalesce(json_agg(l.eta ORDER BY l.place) FILTER (WHERE p_phones AND l.place > 200), '[]'),
        'rest_versions', coalesce(json_agg(l.version ORDER BY l.place) FILTER (WHERE p_phones AND l.place > 200), '[]')
    ) INTO v_line
    FROM (
        SELECT o.*, CASE WHEN v_open > 0 THEN round(o.place * o.pace / v_open)::integer END AS eta
        FROM (
            SELECT w.id, w.number, w.priority, w.language, w.channel, w.created_at, w.version,
                s.name AS service, coalesce(v_pace, s.duration_s) AS pace,
                CASE w.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s
                    ELSE q.wait_target_s END AS target_s,
                row_number() OVER (
                    ORDER BY queueing_band(q.strategy, q.urgent_first, w.lane),
                        queueing_score(q, w.lane, w.line_at, p_at), w.id
                ) AS place
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
        'gone', coalesce(v_gone, '[]')
    );
END $$
"""

# Tickets that a board does not hold: ended long ago, or standing in another queue by now.
ELSEWHERE = """
CREATE FUNCTION queueing_elsewhere(p_tenant uuid, p_ids uuid[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    RETURN (
        SELECT coalesce(json_agg(json_build_array(t.id, t.status, t.queue_id, t.called_at, c.name, t.version)), '[]')
        FROM queueing_ticket t LEFT JOIN sites_counter c ON c.tenant_id = p_tenant AND c.id = t.counter_id
        WHERE t.tenant_id = p_tenant AND t.id = ANY (p_ids)
    );
END $$
"""

# The holder of a token at the door: whose ticket it is and where it stands.
DOOR = """
CREATE FUNCTION queueing_ticket_of_token(p_token text) RETURNS TABLE (tenant_id uuid, ticket_id uuid, queue_id uuid)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant uuid := queueing_tenant_of_token(p_token);
BEGIN
    PERFORM set_config('app.tenant_id', coalesce(v_tenant::text, ''), true);
    RETURN QUERY SELECT t.tenant_id, t.id, t.queue_id FROM queueing_ticket t WHERE t.token = p_token;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("queueing", "0006_show")]

    operations = [
        # Few tickets are ever parked, and only they are in it.
        migrations.RunSQL(
            "CREATE INDEX ticket_parked ON queueing_ticket (queue_id) WHERE status = 'paused'",
            "DROP INDEX ticket_parked",
        ),
        migrations.RunSQL(BOARD, "DROP FUNCTION queueing_board(uuid, uuid, bigint, boolean, timestamptz)"),
        migrations.RunSQL(ELSEWHERE, "DROP FUNCTION queueing_elsewhere(uuid, uuid[])"),
        migrations.RunSQL(DOOR, "DROP FUNCTION queueing_ticket_of_token(text)"),
    ]
