"""Entering a tenant in one round trip: find it, find the caller's role, open its rows, note the hour of the visit.

The function names columns that 0006 adds; PostgreSQL looks for them when it runs.
"""

from django.db import migrations

# plpgsql, not sql: each statement is planned when it runs, after the scope has been set (docs/decisions/0002).
ENTER = """
CREATE FUNCTION tenants_enter(p_slug text, p_user uuid)
RETURNS TABLE (tenant_id uuid, locale text, time_zone text, user_active boolean, role text)
LANGUAGE plpgsql AS $$
DECLARE
    v_tenant tenants_tenant;
    m record;
BEGIN
    SELECT * INTO v_tenant FROM tenants_tenant t WHERE t.slug = p_slug AND t.is_active;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('app.tenant_id', v_tenant.id::text, true);
    SELECT u.is_active, x.id, x.role, x.last_seen_at INTO m
    FROM accounts_user u
    LEFT JOIN tenants_membership x ON x.user_id = u.id AND x.tenant_id = v_tenant.id AND x.is_active
    WHERE u.id = p_user;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- Once an hour. Two requests at once: one writes, the other does not wait for it.
    IF m.id IS NOT NULL AND coalesce(m.last_seen_at, '-infinity') < now() - interval '1 hour' THEN
        UPDATE tenants_membership x SET last_seen_at = now()
        WHERE x.id = (SELECT y.id FROM tenants_membership y WHERE y.id = m.id FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY
        SELECT v_tenant.id, v_tenant.locale::text, v_tenant.time_zone::text, m.is_active::boolean, m.role::text;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("tenants", "0002_isolate_tenants")]

    operations = [migrations.RunSQL(ENTER, "DROP FUNCTION tenants_enter(text, uuid)")]
