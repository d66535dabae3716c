"""Numbers leased to kiosks: docs/decisions/0014-kiosk-offline.md.

A block is a stretch of the day's numbers that one device gives out. The device decides the number before it asks, so
an answer that was lost changes nothing: the number is on the paper, and it is issued once, now or later.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate

APART = """
ALTER TABLE queueing_numberblock ADD CONSTRAINT number_blocks_apart EXCLUDE USING gist (
    tenant_id WITH =, queue_id WITH =, day WITH =, int4range(first, last + 1) WITH &&
)
"""

# The day's counter is locked first and to the commit: a number is given to a person or to a block, never to both, and
# a device that asks twice at once gets one block.
LEASE = """
CREATE FUNCTION queueing_lease(
    p_tenant uuid, p_block uuid, p_queue uuid, p_device uuid, p_size integer, p_enough integer, p_secret text,
    p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    q record;
    v_day date;
    v_last integer;
    v_left integer;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    SELECT qu.service_id, qu.is_active, qu.status, s.id AS site_id, s.time_zone INTO q
    FROM queueing_queue qu JOIN sites_site s ON s.tenant_id = qu.tenant_id AND s.id = qu.site_id
    WHERE qu.tenant_id = p_tenant AND qu.id = p_queue;
    IF NOT FOUND THEN
        RETURN 'queue_not_found';
    ELSIF NOT q.is_active OR q.status = 'closed' THEN
        RETURN 'queue_closed';
    ELSIF q.status = 'paused' THEN
        RETURN 'queue_paused';
    ELSIF NOT sites_is_open(q.site_id, q.service_id, p_at) THEN
        RETURN 'site_closed';
    END IF;
    v_day := (p_at AT TIME ZONE q.time_zone)::date;
    INSERT INTO queueing_daycounter (id, tenant_id, queue_id, day, last_sequence, last_line_at)
    VALUES (gen_random_uuid(), p_tenant, p_queue, v_day, 0, p_at - interval '1 microsecond') ON CONFLICT DO NOTHING;
    PERFORM 1 FROM queueing_daycounter c
    WHERE c.tenant_id = p_tenant AND c.queue_id = p_queue AND c.day = v_day FOR UPDATE;
    SELECT coalesce(sum(b.last - b.first + 1 - b.issued), 0) INTO v_left FROM queueing_numberblock b
    WHERE b.tenant_id = p_tenant AND b.device_id = p_device AND b.queue_id = p_queue AND b.day = v_day
      AND b.returned_at IS NULL;
    IF v_left >= p_enough THEN
        RETURN 'enough';
    END IF;
    UPDATE queueing_daycounter c SET last_sequence = c.last_sequence + p_size
    WHERE c.tenant_id = p_tenant AND c.queue_id = p_queue AND c.day = v_day
    RETURNING c.last_sequence INTO v_last;
    INSERT INTO queueing_numberblock (
        id, tenant_id, queue_id, device_id, day, first, last, secret, leased_at, issued, voided
    ) VALUES (
        p_block, p_tenant, p_queue, p_device, v_day, v_last - p_size + 1, v_last, p_secret, p_at, 0, '{}'
    );
    RETURN 'ok';
END $$
"""

# p_printed: the person holds the paper already, so nothing is refused but a number that the device never had. Where
# the queue's day is over by now, the ticket is written and expires in the same transaction.
# The block's row is locked to the commit: of two that bring the same number, the second finds the first one's ticket.
ISSUE_FROM_BLOCK = """
CREATE FUNCTION queueing_issue_from_block(
    p_tenant uuid, p_block uuid, p_device uuid, p_ticket uuid, p_sequence integer, p_token text, p_arrived timestamptz,
    p_language text, p_customer uuid, p_printed boolean, p_at timestamptz, p_actor jsonb
) RETURNS TABLE (answer text, ticket_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    b queueing_numberblock;
    q record;
    v_id uuid;
    v_arrived timestamptz;
    v_number text;
    v_over boolean;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    SELECT * INTO b FROM queueing_numberblock x
    WHERE x.tenant_id = p_tenant AND x.id = p_block AND x.device_id = p_device FOR UPDATE;
    IF NOT FOUND OR p_sequence NOT BETWEEN b.first AND b.last THEN
        RETURN QUERY SELECT 'number_not_leased', NULL::uuid; RETURN;
    END IF;
    SELECT t.id INTO v_id FROM queueing_ticket t
    WHERE t.tenant_id = p_tenant AND t.origin_id = b.queue_id AND t.day = b.day AND t.sequence = p_sequence;
    IF FOUND THEN
        RETURN QUERY SELECT 'ok', v_id; RETURN;
    END IF;
    SELECT qu.service_id, qu.prefix, qu.is_active, qu.status, qu.capacity, qu.closing_grace_s, s.id AS site_id,
        s.time_zone INTO q
    FROM queueing_queue qu JOIN sites_site s ON s.tenant_id = qu.tenant_id AND s.id = qu.site_id
    WHERE qu.tenant_id = p_tenant AND qu.id = b.queue_id;
    IF NOT p_printed THEN
        IF NOT q.is_active OR q.status = 'closed' THEN
            RETURN QUERY SELECT 'queue_closed', NULL::uuid; RETURN;
        ELSIF q.status = 'paused' THEN
            RETURN QUERY SELECT 'queue_paused', NULL::uuid; RETURN;
        ELSIF NOT sites_is_open(q.site_id, q.service_id, p_at) THEN
            RETURN QUERY SELECT 'site_closed', NULL::uuid; RETURN;
        ELSIF b.returned_at IS NOT NULL OR (p_at AT TIME ZONE q.time_zone)::date <> b.day THEN
            RETURN QUERY SELECT 'number_not_leased', NULL::uuid; RETURN;
        END IF;
        IF q.capacity IS NOT NULL THEN
            PERFORM 1 FROM queueing_daycounter c
            WHERE c.tenant_id = p_tenant AND c.queue_id = b.queue_id AND c.day = b.day FOR UPDATE;
            IF (SELECT count(*) FROM queueing_ticket t WHERE t.queue_id = b.queue_id AND t.status = 'waiting')
                >= q.capacity THEN
                RETURN QUERY SELECT 'queue_full', NULL::uuid; RETURN;
            END IF;
        END IF;
    END IF;
    v_arrived := least(greatest(p_arrived, b.leased_at), greatest(p_at, b.leased_at));
    v_number := q.prefix || lpad(p_sequence::text, greatest(3, length(p_sequence::text)), '0');
    INSERT INTO queueing_ticket (
        id, tenant_id, origin_id, queue_id, service_id, day, sequence, number, token, channel, priority, language,
        status, lane, line_at, customer_id, created_at, paused_s, recalls, deferrals, reason, outcome, version
    ) VALUES (
        p_ticket, p_tenant, b.queue_id, b.queue_id, q.service_id, b.day, p_sequence, v_number, p_token,
        'kiosk', 0, p_language, 'waiting', 0, v_arrived, p_customer, v_arrived, 0, 0, 0, '', '', 1
    );
    UPDATE queueing_numberblock x SET issued = x.issued + 1, voided = array_remove(x.voided, p_sequence)
    WHERE x.tenant_id = p_tenant AND x.id = p_block;
    PERFORM journal_fact(
        p_tenant, 'ticket.created', 'create', p_ticket, 1, b.queue_id, p_at, p_actor,
        jsonb_build_object('number', v_number, 'queue_id', b.queue_id, 'channel', 'kiosk', 'priority', 0,
            'block_id', p_block, 'printed', p_printed, 'arrived_at', v_arrived),
        NULL, jsonb_build_object('status', 'waiting')
    );
    IF p_printed THEN
        -- The day of a site that stays open past midnight ends with the spell that began on it.
        v_over := NOT sites_is_open(q.site_id, NULL, p_at)
            AND NOT sites_is_open(q.site_id, NULL, p_at - make_interval(secs => q.closing_grace_s))
            OR (p_at AT TIME ZONE q.time_zone)::date <> b.day AND NOT EXISTS (
                SELECT FROM sites_open_intervals(q.site_id, b.day) i
                WHERE i.closes_at > p_at - make_interval(secs => q.closing_grace_s));
        IF v_over THEN
            UPDATE queueing_ticket t SET status = 'expired', ended_at = greatest(p_at, v_arrived), version = 2
            WHERE t.id = p_ticket;
            PERFORM journal_fact(
                p_tenant, 'ticket.expired', 'status_change', p_ticket, 2, b.queue_id, p_at, p_actor,
                jsonb_build_object('number', v_number, 'queue_id', b.queue_id),
                jsonb_build_object('status', 'waiting', 'ended_at', NULL),
                jsonb_build_object('status', 'expired', 'ended_at', greatest(p_at, v_arrived))
            );
        END IF;
    END IF;
    RETURN QUERY SELECT 'ok', p_ticket;
END $$
"""

# p_used NULL: nobody asked the device, so it may have printed any number of the block, and none goes back to the
# counter. Otherwise the numbers behind the last used one do, if the counter has given nothing since.
RETURN_BLOCK = """
CREATE FUNCTION queueing_return_block(
    p_tenant uuid, p_block uuid, p_device uuid, p_used integer[], p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b queueing_numberblock;
    v_issued integer[];
    v_last integer;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    SELECT * INTO b FROM queueing_numberblock x
    WHERE x.tenant_id = p_tenant AND x.id = p_block AND x.device_id = p_device FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'number_not_leased';
    ELSIF b.returned_at IS NOT NULL THEN
        RETURN 'returned_before';
    END IF;
    SELECT coalesce(array_agg(t.sequence), '{}') INTO v_issued FROM queueing_ticket t
    WHERE t.tenant_id = p_tenant AND t.origin_id = b.queue_id AND t.day = b.day
      AND t.sequence BETWEEN b.first AND b.last;
    IF NOT coalesce(p_used, '{}') <@ v_issued THEN
        RETURN 'block_not_synced';
    END IF;
    v_last := b.last;
    IF p_used IS NOT NULL THEN
        UPDATE queueing_daycounter c
        SET last_sequence = coalesce((SELECT max(n) FROM unnest(v_issued) n), b.first - 1)
        WHERE c.tenant_id = p_tenant AND c.queue_id = b.queue_id AND c.day = b.day AND c.last_sequence = b.last
        RETURNING c.last_sequence INTO v_last;
        v_last := coalesce(v_last, b.last);
    END IF;
    UPDATE queueing_numberblock x
    SET returned_at = greatest(p_at, b.leased_at), last = v_last, issued = cardinality(v_issued), voided = ARRAY(
        SELECT n FROM generate_series(b.first, v_last) n WHERE n <> ALL (v_issued) ORDER BY n)
    WHERE x.tenant_id = p_tenant AND x.id = p_block;
    RETURN 'ok';
END $$
"""

SIGNATURES = (
    "queueing_lease(uuid, uuid, uuid, uuid, integer, integer, text, timestamptz)",
    "queueing_issue_from_block"
    "(uuid, uuid, uuid, uuid, integer, text, timestamptz, text, uuid, boolean, timestamptz, jsonb)",
    "queueing_return_block(uuid, uuid, uuid, integer[], timestamptz)",
)


class Migration(migrations.Migration):

    dependencies = [("queueing", "0007_board"), ("sites", "0003_opening")]

    operations = [
        migrations.CreateModel(
            name="NumberBlock",
            fields=[
                ("id", models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("device_id", models.UUIDField()),
                ("day", models.DateField()),
                ("first", models.PositiveIntegerField()),
                ("last", models.PositiveIntegerField()),
                ("secret", models.CharField(default=smartqueue.kernel.ids.token, editable=False, max_length=32)),
                ("leased_at", models.DateTimeField()),
                ("returned_at", models.DateTimeField(null=True)),
                ("issued", models.PositiveIntegerField(default=0)),
                ("voided", django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), default=list, size=None)),
                ("queue", smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="queueing.queue")),
                ("tenant", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("returned_at", None)), fields=["tenant", "device_id", "day"], name="block_open_by_device")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("last__gte", models.F("first") - 1)), name="number_block_in_order"),
                    models.CheckConstraint(
                        condition=models.Q(("issued__lte", models.F("last") - models.F("first") + 1)), name="number_block_not_overdrawn"
                    ),
                ],
            },
        ),
        Isolate("NumberBlock"),
        migrations.RunSQL(APART, "ALTER TABLE queueing_numberblock DROP CONSTRAINT number_blocks_apart"),
        # The books: of a block that came back, every number is issued or voided.
        migrations.RunSQL(
            "ALTER TABLE queueing_numberblock ADD CONSTRAINT number_block_accounted"
            " CHECK (returned_at IS NULL OR issued + cardinality(voided) = last - first + 1)",
            "ALTER TABLE queueing_numberblock DROP CONSTRAINT number_block_accounted",
        ),
        *[
            migrations.RunSQL(text, f"DROP FUNCTION {signature}")
            for text, signature in zip((LEASE, ISSUE_FROM_BLOCK, RETURN_BLOCK), SIGNATURES, strict=True)
        ],
    ]
