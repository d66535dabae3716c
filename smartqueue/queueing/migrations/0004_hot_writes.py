"""Issue, call and close: one round trip each, with counter, ticket and journal entry in one statement.

Each function enters the tenant's scope itself, so that it can be a transaction of its own: no lock outlives it while
Python works. A refusal is returned by name before anything has been written; what two callers do at once is settled
by row locks and unique indexes.
"""

from django.db import migrations

# The opening hours of `sites` are asked here, inside the same snapshot as the rest.
ISSUE = """
CREATE FUNCTION queueing_issue(
    p_tenant uuid, p_ticket uuid, p_token text, p_queue uuid, p_service uuid, p_channel text, p_priority smallint,
    p_language text, p_customer uuid, p_at timestamptz, p_actor jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    q record;
    v_day date;
    v_sequence integer;
    v_line_at timestamptz;
    v_number text;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    SELECT qu.service_id, qu.prefix, qu.is_active, qu.status, qu.capacity, s.id AS site_id, s.time_zone INTO q
    FROM queueing_queue qu JOIN sites_site s ON s.tenant_id = qu.tenant_id AND s.id = qu.site_id
    WHERE qu.tenant_id = p_tenant AND qu.id = p_queue;
    IF NOT FOUND THEN
        RETURN 'queue_not_found';
    ELSIF NOT q.is_active OR q.status = 'closed' THEN
        RETURN 'queue_closed';
    ELSIF q.status = 'paused' THEN
        RETURN 'queue_paused';
    ELSIF NOT sites_is_open(q.site_id, coalesce(p_service, q.service_id), p_at) THEN
        RETURN 'site_closed';
    END IF;
    v_day := (p_at AT TIME ZONE q.time_zone)::date;
    IF q.capacity IS NOT NULL THEN
        INSERT INTO queueing_daycounter (id, tenant_id, queue_id, day, last_sequence, last_line_at)
        VALUES (gen_random_uuid(), p_tenant, p_queue, v_day, 0, p_at - interval '1 microsecond') ON CONFLICT DO NOTHING;
        PERFORM 1 FROM queueing_daycounter c
        WHERE c.tenant_id = p_tenant AND c.queue_id = p_queue AND c.day = v_day FOR UPDATE;
        IF (SELECT count(*) FROM queueing_ticket t WHERE t.queue_id = p_queue AND t.status = 'waiting')
            >= q.capacity THEN
            RETURN 'queue_full';
        END IF;
    END IF;
    INSERT INTO queueing_daycounter AS c (id, tenant_id, queue_id, day, last_sequence, last_line_at)
    VALUES (gen_random_uuid(), p_tenant, p_queue, v_day, 1, p_at)
    ON CONFLICT (tenant_id, queue_id, day) DO UPDATE
        SET last_sequence = c.last_sequence + 1,
            last_line_at = greatest(p_at, c.last_line_at + interval '1 microsecond')
    RETURNING c.last_sequence, c.last_line_at INTO v_sequence, v_line_at;
    v_number := q.prefix || lpad(v_sequence::text, greatest(3, length(v_sequence::text)), '0');
    INSERT INTO queueing_ticket (
        id, tenant_id, origin_id, queue_id, service_id, day, sequence, number, token, channel, priority, language,
        status, lane, line_at, customer_id, created_at, paused_s, recalls, deferrals, reason, outcome, version
    ) VALUES (
        p_ticket, p_tenant, p_queue, p_queue, coalesce(p_service, q.service_id), v_day, v_sequence, v_number, p_token,
        p_channel, p_priority, p_language, 'waiting', p_priority, v_line_at, p_customer, p_at, 0, 0, 0, '', '', 1
    );
    PERFORM journal_fact(
        p_tenant, 'ticket.created', 'create', p_ticket, 1, p_queue, p_at, p_actor,
        jsonb_build_object('number', v_number, 'queue_id', p_queue, 'channel', p_channel, 'priority', p_priority),
        NULL, jsonb_build_object('status', 'waiting')
    );
    RETURN 'ok';
END $$
"""

FACT = """
CREATE FUNCTION journal_fact(
    p_tenant uuid, p_fact text, p_kind text, p_ticket uuid, p_version integer, p_queue uuid, p_at timestamptz,
    p_actor jsonb, p_data jsonb, p_before jsonb, p_after jsonb
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal_entry (
        tenant_id, at, kind, fact, object_type, object_id, version, queue_id, actor_kind, actor_id, actor_label,
        ip, user_agent, endpoint, data, before, after, tries
    ) VALUES (
        p_tenant, p_at, p_kind, p_fact, 'ticket', p_ticket, p_version, p_queue, p_actor ->> 'kind',
        (p_actor ->> 'user_id')::uuid, p_actor ->> 'label', (p_actor ->> 'ip')::inet, p_actor ->> 'user_agent',
        p_actor ->> 'endpoint', p_data, p_before, p_after, 0
    );
END $$
"""

CALL = """
-- The next ticket of one queue that nobody else has locked, or NULL. Every look-up is by the line's index or by id,
-- whatever the planner believes of the table's size when a connection plans it.
CREATE FUNCTION queueing_pick(p_tenant uuid, p_queue uuid, p_at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    q queueing_queue;
    v_head record;
    v_best record;
    v_lanes integer := 0;
    v_ticket uuid;
BEGIN
    SELECT * INTO q FROM queueing_queue WHERE tenant_id = p_tenant AND id = p_queue;
    -- Each lane has one first; the best of them is next.
    FOR v_head IN
        SELECT head.id, head.line_at, w.lane, w.line_at AS mark
        FROM queueing_lowwater w
        CROSS JOIN LATERAL (
            SELECT t.id, t.line_at FROM queueing_ticket t
            WHERE t.queue_id = p_queue AND t.lane = w.lane AND t.status = 'waiting' AND t.line_at >= w.line_at
            ORDER BY t.line_at, t.id LIMIT 1
        ) head
        WHERE w.tenant_id = p_tenant AND w.queue_id = p_queue
        ORDER BY queueing_band(q.strategy, q.urgent_first, w.lane),
            queueing_score(q, w.lane, head.line_at, p_at), head.id
    LOOP
        v_lanes := v_lanes + 1;
        IF v_lanes = 1 THEN
            v_best := v_head;
        END IF;
    END LOOP;
    IF v_lanes = 1 THEN
        -- Everyone stands in one lane, whose order is the index's.
        SELECT t.id INTO v_ticket FROM queueing_ticket t
        WHERE t.queue_id = p_queue AND t.lane = v_best.lane AND t.status = 'waiting' AND t.line_at >= v_best.mark
        ORDER BY t.line_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            RETURN v_ticket;
        END IF;
    ELSIF v_lanes > 1 THEN
        SELECT t.id INTO v_ticket FROM queueing_ticket t
        WHERE t.id = v_best.id AND t.status = 'waiting' AND t.queue_id = p_queue
          AND t.lane = v_best.lane AND t.line_at = v_best.line_at
        FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            RETURN v_ticket;
        END IF;
        -- Somebody is moving it at this moment: the best of those whom nobody moves. They may stand in another lane;
        -- a lane offers more of them than a queue has counters.
        FOR v_head IN
            SELECT near.id, near.line_at, w.lane
            FROM queueing_lowwater w
            CROSS JOIN LATERAL (
                SELECT t.id, t.line_at FROM queueing_ticket t
                WHERE t.queue_id = p_queue AND t.lane = w.lane AND t.status = 'waiting' AND t.line_at >= w.line_at
                ORDER BY t.line_at, t.id LIMIT 64
            ) near
            WHERE w.tenant_id = p_tenant AND w.queue_id = p_queue
            ORDER BY queueing_band(q.strategy, q.urgent_first, w.lane),
                queueing_score(q, w.lane, near.line_at, p_at), near.id
        LOOP
            SELECT t.id INTO v_ticket FROM queueing_ticket t
            WHERE t.id = v_head.id AND t.status = 'waiting' AND t.queue_id = p_queue
              AND t.lane = v_head.lane AND t.line_at = v_head.line_at
            FOR UPDATE SKIP LOCKED;
            IF FOUND THEN
                RETURN v_ticket;
            END IF;
        END LOOP;
    END IF;
    -- Nobody above the marks: look once without them, so that an empty answer never rests on a mark.
    SELECT t.id INTO v_ticket FROM queueing_ticket t
    WHERE t.queue_id = p_queue AND t.status = 'waiting'
    ORDER BY queueing_band(q.strategy, q.urgent_first, t.lane), queueing_score(q, t.lane, t.line_at, p_at), t.id
    LIMIT 1 FOR UPDATE SKIP LOCKED;
    RETURN v_ticket;
END $$;

-- Move a lane's mark up to its first waiting ticket. Whoever enters the line holds the mark's row lock until he
-- commits (queueing_ticket_lowers_mark), so with that lock in hand everyone in this lane is seen; while somebody is on
-- the way in, the mark stays for another time.
CREATE FUNCTION queueing_raise_mark(p_tenant uuid, p_queue uuid, p_lane smallint, p_called_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_mark timestamptz;
    v_first timestamptz;
BEGIN
    SELECT w.line_at INTO v_mark FROM queueing_lowwater w
    WHERE w.tenant_id = p_tenant AND w.queue_id = p_queue AND w.lane = p_lane FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT min(t.line_at) INTO v_first FROM queueing_ticket t
    WHERE t.queue_id = p_queue AND t.lane = p_lane AND t.status = 'waiting' AND t.line_at >= v_mark;
    UPDATE queueing_lowwater w SET line_at = coalesce(v_first, p_called_at)
    WHERE w.tenant_id = p_tenant AND w.queue_id = p_queue AND w.lane = p_lane
      AND w.line_at < coalesce(v_first, p_called_at);
END $$;

-- Let the count of an empty hand go on: the entries of the visits before it are never read again. Only with the agent's
-- row for oneself: then nobody is about to put a ticket into this hand.
CREATE FUNCTION queueing_next_hand(p_tenant uuid, p_agent uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_hand integer;
BEGIN
    SELECT ag.hand INTO v_hand FROM queueing_agent ag
    WHERE ag.tenant_id = p_tenant AND ag.id = p_agent FOR UPDATE SKIP LOCKED;
    IF FOUND AND NOT EXISTS (
        SELECT 1 FROM queueing_ticket x
        WHERE x.agent_id = p_agent AND x.hand = v_hand AND x.status IN ('called', 'serving')
    ) THEN
        UPDATE queueing_agent ag SET hand = v_hand + 1 WHERE ag.tenant_id = p_tenant AND ag.id = p_agent;
    END IF;
END $$;

-- p_agent NULL: the agent whom p_user is; p_user NULL: someone who may call on an agent's behalf.
-- p_queue NULL: from all queues that the agent serves, the longest wait first, times the weight of 0011. p_chosen: that ticket, out of order.
CREATE FUNCTION queueing_call(
    p_tenant uuid, p_agent uuid, p_user uuid, p_queue uuid, p_chosen uuid, p_reason text, p_at timestamptz, p_actor jsonb
) RETURNS TABLE (answer text, ticket_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    a record;
    b queueing_ticket;
    t queueing_ticket;
    q record;
    v_queue uuid;
    v_picked uuid;
    v_why jsonb;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    IF p_agent IS NULL THEN
        SELECT ag.id INTO p_agent FROM queueing_agent ag WHERE ag.tenant_id = p_tenant AND ag.user_id = p_user;
    END IF;
    -- One call of an agent at a time. Two at once would lock two people, and the one who comes first in the line might
    -- be the one whom the unique index lets go again.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_agent::text, 0));
    SELECT ag.status, ag.counter_id, ag.is_active, ag.user_id, ag.hand, c.name AS counter INTO a
    FROM queueing_agent ag LEFT JOIN sites_counter c ON c.tenant_id = ag.tenant_id AND c.id = ag.counter_id
    WHERE ag.tenant_id = p_tenant AND ag.id = p_agent
    FOR KEY SHARE OF ag;  -- whoever is leaving the counter at this moment comes first, then we see that it is empty
    IF NOT FOUND OR NOT a.is_active THEN
        RETURN QUERY SELECT 'agent_not_found', NULL::uuid; RETURN;
    ELSIF p_user IS NOT NULL AND a.user_id <> p_user THEN
        RETURN QUERY SELECT 'not_your_counter', NULL::uuid; RETURN;
    ELSIF a.status <> 'available' THEN
        RETURN QUERY SELECT 'agent_' || a.status, NULL::uuid; RETURN;
    END IF;
    SELECT x.id INTO v_picked FROM queueing_ticket x
    WHERE x.agent_id = p_agent AND x.hand = a.hand AND x.status IN ('called', 'serving');
    IF FOUND THEN
        RETURN QUERY SELECT 'agent_busy', v_picked; RETURN;
    END IF;
    -- Not while waiting for a chosen ticket: whoever has that one may be waiting for the agent.
    IF p_chosen IS NULL AND random() < 0.03 THEN
        PERFORM queueing_next_hand(p_tenant, p_agent);
    END IF;
    IF p_chosen IS NOT NULL THEN
        SELECT * INTO b FROM queueing_ticket x WHERE x.tenant_id = p_tenant AND x.id = p_chosen FOR UPDATE;
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'ticket_not_found', NULL::uuid; RETURN;
        ELSIF b.status <> 'waiting' THEN
            RETURN QUERY SELECT 'illegal_move', p_chosen; RETURN;
        ELSIF NOT EXISTS (SELECT 1 FROM queueing_eligibility e
            WHERE e.tenant_id = p_tenant AND e.agent_id = p_agent AND e.queue_id = b.queue_id) THEN
            RETURN QUERY SELECT 'not_eligible', p_chosen; RETURN;
        ELSIF p_reason = '' AND queueing_ahead(p_chosen, p_at) > 0 THEN
            RETURN QUERY SELECT 'reason_needed', p_chosen; RETURN;
        END IF;
    ELSIF p_queue IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM queueing_eligibility e
            WHERE e.tenant_id = p_tenant AND e.agent_id = p_agent AND e.queue_id = p_queue) THEN
            RETURN QUERY SELECT CASE WHEN EXISTS (SELECT 1 FROM queueing_queue qu
                WHERE qu.tenant_id = p_tenant AND qu.id = p_queue) THEN 'not_eligible' ELSE 'queue_not_found' END,
                NULL::uuid;
            RETURN;
        END IF;
        v_picked := queueing_pick(p_tenant, p_queue, p_at);
    ELSE
        -- Where nobody stands above the marks, queueing_pick looks once without them.
        FOR v_queue IN
            SELECT e.queue_id FROM queueing_eligibility e
            LEFT JOIN LATERAL (
                SELECT min(head.line_at) AS since FROM queueing_lowwater w
                CROSS JOIN LATERAL (
                    SELECT x.line_at FROM queueing_ticket x
                    WHERE x.queue_id = e.queue_id AND x.lane = w.lane AND x.status = 'waiting'
                      AND x.line_at >= w.line_at
                    ORDER BY x.line_at, x.id LIMIT 1
                ) head
                WHERE w.tenant_id = p_tenant AND w.queue_id = e.queue_id
            ) longest ON true
            WHERE e.tenant_id = p_tenant AND e.agent_id = p_agent
            ORDER BY extract(epoch FROM p_at - longest.since) * e.weight DESC NULLS LAST, e.queue_id
        LOOP
            v_picked := queueing_pick(p_tenant, v_queue, p_at);
            EXIT WHEN v_picked IS NOT NULL;
        END LOOP;
    END IF;
    IF p_chosen IS NULL THEN
        IF v_picked IS NULL THEN
            RETURN QUERY SELECT 'nobody', NULL::uuid; RETURN;
        END IF;
        SELECT * INTO b FROM queueing_ticket x WHERE x.id = v_picked;
    END IF;
    SELECT qu.* INTO q FROM queueing_queue qu WHERE qu.tenant_id = p_tenant AND qu.id = b.queue_id;
    v_why := jsonb_build_object(
        'rule', CASE
            WHEN p_chosen IS NOT NULL THEN 'chosen'
            WHEN b.lane = 99 THEN 'put_back_first'
            WHEN q.urgent_first AND b.lane = 10 THEN 'urgent_first'
            ELSE q.strategy END,
        'priority', b.priority,
        'waited_s', round(extract(epoch FROM greatest(p_at, b.created_at) - b.created_at))
    );
    IF p_reason <> '' THEN
        v_why := v_why || jsonb_build_object('reason', p_reason);
    END IF;
    UPDATE queueing_ticket x
    SET status = 'called', agent_id = p_agent, counter_id = a.counter_id,
        called_at = greatest(p_at, x.created_at), last_call_at = greatest(p_at, x.created_at),
        recalls = 0, call_reason = v_why, version = x.version + 1
    WHERE x.id = b.id RETURNING x.* INTO t;
    PERFORM journal_fact(
        p_tenant, 'ticket.called', 'call', t.id, t.version, t.queue_id, p_at, p_actor,
        jsonb_build_object('number', t.number, 'queue_id', t.queue_id, 'counter_id', t.counter_id,
            'counter', a.counter, 'agent_id', p_agent, 'rule', v_why ->> 'rule'),
        jsonb_build_object('status', b.status, 'agent_id', b.agent_id, 'counter_id', b.counter_id,
            'called_at', b.called_at, 'last_call_at', b.last_call_at, 'recalls', b.recalls,
            'call_reason', b.call_reason),
        jsonb_build_object('status', t.status, 'agent_id', t.agent_id, 'counter_id', t.counter_id,
            'called_at', t.called_at, 'last_call_at', t.last_call_at, 'recalls', 0, 'call_reason', v_why)
    );
    IF t.lane <> 99 AND t.sequence % 32 = 0 THEN
        PERFORM queueing_raise_mark(p_tenant, t.queue_id, t.lane, t.line_at);
    END IF;
    RETURN QUERY SELECT 'ok', t.id;
END $$;
"""

DROP_CALL = """
DROP FUNCTION queueing_call(uuid, uuid, uuid, uuid, uuid, text, timestamptz, jsonb);
DROP FUNCTION queueing_next_hand(uuid, uuid);
DROP FUNCTION queueing_raise_mark(uuid, uuid, smallint, timestamptz);
DROP FUNCTION queueing_pick(uuid, uuid, timestamptz);
"""

# p_user: the person in whose hands the ticket must be; NULL for someone who may close anybody's.
CLOSE = """
CREATE FUNCTION queueing_close(
    p_tenant uuid, p_ticket uuid, p_user uuid, p_outcome text, p_reason text, p_at timestamptz, p_actor jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b queueing_ticket;
    t queueing_ticket;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    SELECT * INTO b FROM queueing_ticket x WHERE x.tenant_id = p_tenant AND x.id = p_ticket FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'ticket_not_found';
    ELSIF b.status NOT IN ('called', 'serving') THEN
        RETURN 'illegal_move';
    ELSIF p_user IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM queueing_agent ag
        WHERE ag.tenant_id = p_tenant AND ag.id = b.agent_id AND ag.user_id = p_user
    ) THEN
        RETURN 'not_your_ticket';
    END IF;
    UPDATE queueing_ticket x
    SET status = 'closed', ended_at = greatest(p_at, x.created_at), outcome = p_outcome, reason = p_reason,
        version = x.version + 1
    WHERE x.id = p_ticket RETURNING x.* INTO t;
    PERFORM journal_fact(
        p_tenant, 'ticket.closed', 'status_change', t.id, t.version, t.queue_id, p_at, p_actor,
        jsonb_build_object('number', t.number, 'queue_id', t.queue_id, 'agent_id', t.agent_id, 'outcome', p_outcome,
            'service_s', round(extract(epoch FROM t.ended_at - t.started_at) - t.paused_s)),
        jsonb_build_object('status', b.status, 'ended_at', b.ended_at, 'outcome', b.outcome, 'reason', b.reason),
        jsonb_build_object('status', t.status, 'ended_at', t.ended_at, 'outcome', t.outcome, 'reason', t.reason)
    );
    RETURN 'ok';
END $$
"""

# The token is the key to one ticket; it opens nothing but the name of its tenant. Owned by sq_platform, whose policy
# sees every row; the application may only ask it this one question.
TENANT_OF_TOKEN = """
GRANT CREATE ON SCHEMA public TO sq_platform;
CREATE FUNCTION queueing_tenant_of_token(p_token text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.tenant_id FROM queueing_ticket t WHERE t.token = p_token
$$;
ALTER FUNCTION queueing_tenant_of_token(text) OWNER TO sq_platform;
REVOKE ALL ON FUNCTION queueing_tenant_of_token(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queueing_tenant_of_token(text) TO sq_app;
REVOKE CREATE ON SCHEMA public FROM sq_platform;
"""


class Migration(migrations.Migration):

    dependencies = [("queueing", "0003_calling_order"), ("sites", "0003_opening")]

    operations = [
        migrations.RunSQL(
            FACT,
            "DROP FUNCTION journal_fact"
            "(uuid, text, text, uuid, integer, uuid, timestamptz, jsonb, jsonb, jsonb, jsonb)",
        ),
        migrations.RunSQL(
            ISSUE,
            "DROP FUNCTION queueing_issue"
            "(uuid, uuid, text, uuid, uuid, text, smallint, text, uuid, timestamptz, jsonb)",
        ),
        migrations.RunSQL(CALL, DROP_CALL),
        migrations.RunSQL(
            CLOSE, "DROP FUNCTION queueing_close(uuid, uuid, uuid, text, text, timestamptz, jsonb)"
        ),
        migrations.RunSQL(TENANT_OF_TOKEN, "DROP FUNCTION queueing_tenant_of_token(text)"),
    ]
