"""The calling order, once, in SQL: who comes before whom, and what PostgreSQL refuses about a ticket's life."""

from django.db import migrations

# Everyone in a lower band comes first; within a band, the smaller score. Both are plain SQL, so that PostgreSQL can
# inline them (date_part of an interval is immutable, of an instant it is not). Lane 99 holds tickets that were put back first; any other lane is the ticket's priority: 0, 5 or 10.
PRECEDENCE = """
CREATE FUNCTION queueing_band(p_strategy text, p_urgent_first boolean, p_lane smallint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN p_lane = 99 THEN 0
        WHEN p_urgent_first AND p_lane = 10 THEN 1
        WHEN p_strategy = 'priority' THEN 12 - p_lane
        ELSE 12
    END
$$;

CREATE FUNCTION queueing_score(q queueing_queue, p_lane smallint, p_line_at timestamptz, p_at timestamptz)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN p_lane <> 99 AND q.strategy = 'sla' THEN date_part('epoch', p_line_at - '1970-01-01 00:00+00'::timestamptz)
            + CASE p_lane WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END
        WHEN p_lane <> 99 AND q.strategy = 'mixed' THEN date_part('epoch', p_line_at - p_at)
            * CASE p_lane WHEN 10 THEN q.urgent_rate WHEN 5 THEN q.elevated_rate ELSE 1.0 END
        ELSE date_part('epoch', p_line_at - '1970-01-01 00:00+00'::timestamptz)
    END
$$;

-- People who would be called before this ticket if the calls came now.
CREATE FUNCTION queueing_ahead(p_ticket uuid, p_at timestamptz) RETURNS integer
LANGUAGE plpgsql STABLE AS $$
DECLARE
    me record;
    q queueing_queue;
    n integer;
BEGIN
    SELECT t.id, t.queue_id, t.lane, t.line_at INTO me
    FROM queueing_ticket t WHERE t.id = p_ticket AND t.status = 'waiting';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO q FROM queueing_queue WHERE id = me.queue_id;
    SELECT count(*) INTO n
    FROM queueing_ticket t
    WHERE t.queue_id = me.queue_id AND t.status = 'waiting'
      AND (queueing_band(q.strategy, q.urgent_first, t.lane), queueing_score(q, t.lane, t.line_at, p_at), t.id)
        < (queueing_band(q.strategy, q.urgent_first, me.lane), queueing_score(q, me.lane, me.line_at, p_at), me.id);
    RETURN n;
END $$;
"""

DROP_PRECEDENCE = """
DROP FUNCTION queueing_ahead(uuid, timestamptz);
DROP FUNCTION queueing_score(queueing_queue, smallint, timestamptz, timestamptz);
DROP FUNCTION queueing_band(text, boolean, smallint);
"""

# The table of legal moves is queueing/states.py's; a test compares the two, pair by pair.
LIFE = """
CREATE FUNCTION queueing_ticket_may_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND NOT (OLD.status || '>' || NEW.status) = ANY (ARRAY[
        'waiting>called', 'called>serving', 'serving>closed', 'called>closed',
        'called>paused', 'serving>paused', 'paused>serving',
        'called>no_show', 'called>waiting', 'no_show>waiting', 'paused>waiting', 'serving>waiting',
        'waiting>cancelled', 'called>cancelled', 'paused>cancelled',
        'waiting>expired', 'called>expired', 'serving>expired', 'paused>expired',
        'closed>serving', 'closed>called', 'serving>called', 'cancelled>waiting', 'cancelled>called',
        'cancelled>paused', 'no_show>called', 'paused>called', 'waiting>serving', 'waiting>paused', 'waiting>no_show'
    ]) THEN
        RAISE EXCEPTION 'a ticket cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ticket_legal_move';
    END IF;
    -- A customer who is erased leaves the ticket (foreign key, SET NULL); that is no move of the ticket.
    IF NEW.version = OLD.version AND NEW.customer_id IS NULL
        AND to_jsonb(NEW) - 'customer_id' = to_jsonb(OLD) - 'customer_id' THEN
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'a change of a ticket is its next version'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ticket_version_steps';
    END IF;
    IF (NEW.id, NEW.tenant_id, NEW.origin_id, NEW.day, NEW.sequence, NEW.number, NEW.token, NEW.created_at)
        IS DISTINCT FROM
       (OLD.id, OLD.tenant_id, OLD.origin_id, OLD.day, OLD.sequence, OLD.number, OLD.token, OLD.created_at) THEN
        RAISE EXCEPTION 'number, token and arrival of a ticket never change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ticket_identity_kept';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ticket_may_change BEFORE UPDATE ON queueing_ticket
    FOR EACH ROW EXECUTE FUNCTION queueing_ticket_may_change();

-- A ticket that comes into an agent's hand carries the hand's count. "One ticket per agent" is unique on both, so that
-- neither the check nor a search for what an agent holds reads the visits of a whole day (docs/decisions/0005). Whoever
-- moves the count locks the agent; this lock keeps him away until the ticket is seen.
CREATE FUNCTION queueing_ticket_comes_to_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT a.hand INTO NEW.hand FROM queueing_agent a
    WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.agent_id FOR KEY SHARE;
    RETURN NEW;
END $$;

CREATE TRIGGER ticket_comes_to_hand BEFORE INSERT OR UPDATE OF status, agent_id, hand ON queueing_ticket
    FOR EACH ROW WHEN (NEW.status IN ('called', 'serving')) EXECUTE FUNCTION queueing_ticket_comes_to_hand();

-- Every version of a ticket has its journal entry when the transaction commits: no state change without its fact.
CREATE FUNCTION queueing_ticket_is_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.object_id = NEW.id AND e.version = NEW.version) THEN
        RAISE EXCEPTION 'a change of a ticket without its journal entry'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ticket_is_recorded';
    END IF;
    RETURN NULL;
END $$;

-- As sq_platform, whose policy adds no condition: under the tenant's, and without statistics, the planner may read all
-- of the tenant's entries to find this one.
GRANT CREATE ON SCHEMA public TO sq_platform;
ALTER FUNCTION queueing_ticket_is_recorded() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION queueing_ticket_is_recorded() OWNER TO sq_platform;
REVOKE CREATE ON SCHEMA public FROM sq_platform;

CREATE CONSTRAINT TRIGGER ticket_is_recorded AFTER INSERT OR UPDATE OF version ON queueing_ticket
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION queueing_ticket_is_recorded();

-- Call-next starts looking at the lane's low-water mark (docs/decisions/0005). A ticket that enters the line before
-- the mark lowers it in its own transaction; the row lock makes it wait for whoever is moving the mark.
CREATE FUNCTION queueing_ticket_lowers_mark() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_mark timestamptz;
BEGIN
    -- Locked to the commit even where there is nothing to lower: nobody raises the mark past a ticket that is on its
    -- way in and that he cannot see yet.
    SELECT w.line_at INTO v_mark FROM queueing_lowwater w
    WHERE w.tenant_id = NEW.tenant_id AND w.queue_id = NEW.queue_id AND w.lane = NEW.lane FOR UPDATE;
    IF v_mark > NEW.line_at THEN
        UPDATE queueing_lowwater w SET line_at = NEW.line_at
        WHERE w.tenant_id = NEW.tenant_id AND w.queue_id = NEW.queue_id AND w.lane = NEW.lane;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_lowers_mark_in AFTER INSERT ON queueing_ticket
    FOR EACH ROW WHEN (NEW.status = 'waiting') EXECUTE FUNCTION queueing_ticket_lowers_mark();
CREATE TRIGGER ticket_lowers_mark_back AFTER UPDATE ON queueing_ticket
    FOR EACH ROW WHEN (NEW.status = 'waiting' AND (OLD.status, OLD.queue_id, OLD.lane, OLD.line_at)
        IS DISTINCT FROM (NEW.status, NEW.queue_id, NEW.lane, NEW.line_at))
    EXECUTE FUNCTION queueing_ticket_lowers_mark();

-- The marks of a queue exist from its first moment, so that nobody ever has to create one in a race.
CREATE FUNCTION queueing_queue_has_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO queueing_lowwater (id, tenant_id, queue_id, lane, line_at)
    SELECT gen_random_uuid(), NEW.tenant_id, NEW.id, lane, '1970-01-01+00' FROM unnest(ARRAY[0, 5, 10, 99]) lane;
    RETURN NULL;
END $$;

CREATE TRIGGER queue_has_marks AFTER INSERT ON queueing_queue
    FOR EACH ROW EXECUTE FUNCTION queueing_queue_has_marks();

ALTER TABLE queueing_ticket SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
"""

DROP_LIFE = """
DROP TRIGGER queue_has_marks ON queueing_queue;
DROP TRIGGER ticket_lowers_mark_back ON queueing_ticket;
DROP TRIGGER ticket_lowers_mark_in ON queueing_ticket;
DROP TRIGGER ticket_is_recorded ON queueing_ticket;
DROP TRIGGER ticket_comes_to_hand ON queueing_ticket;
DROP TRIGGER ticket_may_change ON queueing_ticket;
DROP FUNCTION queueing_queue_has_marks();
DROP FUNCTION queueing_ticket_lowers_mark();
DROP FUNCTION queueing_ticket_is_recorded();
DROP FUNCTION queueing_ticket_comes_to_hand();
DROP FUNCTION queueing_ticket_may_change();
"""


class Migration(migrations.Migration):

    dependencies = [("queueing", "0002_isolate_tenants"), ("journal", "0003_append_only")]

    operations = [
        migrations.RunSQL(PRECEDENCE, DROP_PRECEDENCE),
        migrations.RunSQL(LIFE, DROP_LIFE),
    ]
