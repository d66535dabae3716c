"""Entering a tenant in one round trip: find it, find the caller's role, open its rows."""

from django.db import migrations

# plpgsql, not sql: each statement is planned when it runs, after the scope has been set (docs/decisions/0002).
ENTER = """
CREATE FUNCTION tenants_enter(p_slug text, p_user uuid)
RETURNS TABLE (tenant_id uuid, locale text, time_zone text, user_active boolean, role text)
LANGUAGE plpgsql AS $$
DECLARE
    v_tenant tenants_tenant;
BEGIN
    SELECT * INTO v_tenant FROM tenants_tenant t WHERE t.slug = p_slug AND t.is_active;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('app.tenant_id', v_tenant.id::text, true);
    RETURN QUERY
        SELECT v_tenant.id, v_tenant.locale::text, v_tenant.time_zone::text, u.is_active, m.role::text
        FROM accounts_user u
        LEFT JOIN tenants_membership m ON m.user_id = u.id AND m.tenant_id = v_tenant.id
        WHERE u.id = p_user;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("tenants", "0002_isolate_tenants")]

    operations = [migrations.RunSQL(ENTER, "DROP FUNCTION tenants_enter(text, uuid)")]
