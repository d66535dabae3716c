"""What a closed site leaves over ends as expired, in one statement with its journal entries."""

from django.db import migrations

# Waiting and parked tickets end when the site has been closed for the queue's grace; a ticket in an agent's hands
# only a whole day after its call, so that a forgotten one does not block the agent for ever.
EXPIRE = """
CREATE FUNCTION queueing_expire(p_tenant uuid, p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    q record;
    b queueing_ticket;
    n integer := 0;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    FOR q IN
        SELECT qu.id, qu.site_id, NOT sites_is_open(qu.site_id, NULL, p_at)
            AND NOT sites_is_open(qu.site_id, NULL, p_at - make_interval(secs => qu.closing_grace_s)) AS over
        FROM queueing_queue qu WHERE qu.tenant_id = p_tenant ORDER BY qu.id
    LOOP
        FOR b IN
            SELECT * FROM queueing_ticket t
            WHERE t.queue_id = q.id AND t.tenant_id = p_tenant
              AND ((q.over AND t.status IN ('waiting', 'paused')
                    AND t.created_at < p_at - make_interval(secs => 60))
                OR (t.status IN ('called', 'serving') AND t.called_at < p_at - interval '24 hours'))
            ORDER BY t.id FOR UPDATE SKIP LOCKED
        LOOP
            UPDATE queueing_ticket t
            SET status = 'expired', ended_at = greatest(p_at, t.created_at), for_agent_id = NULL,
                version = t.version + 1
            WHERE t.id = b.id;
            PERFORM journal_fact(
                p_tenant, 'ticket.expired', 'status_change', b.id, b.version + 1, b.queue_id, p_at,
                '{"kind": "system", "label": "", "user_agent": "", "endpoint": ""}'::jsonb,
                jsonb_build_object('number', b.number, 'queue_id', b.queue_id),
                jsonb_build_object('status', b.status, 'ended_at', b.ended_at, 'for_agent_id', b.for_agent_id),
                jsonb_build_object('status', 'expired', 'ended_at', greatest(p_at, b.created_at), 'for_agent_id', NULL)
            );
            n := n + 1;
        END LOOP;
    END LOOP;
    RETURN n;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("queueing", "0004_hot_writes")]

    operations = [migrations.RunSQL(EXPIRE, "DROP FUNCTION queueing_expire(uuid, timestamptz)")]
