"""Tenants kept apart; and whose address a source's is, asked by whoever knows its key."""

from django.db import migrations

from smartqueue.tenants.isolation import Isolate

# The key opens nothing but the name of its tenant; everything after it is under the policy, and wants the signature.
TENANT_OF_SOURCE = """
GRANT CREATE ON SCHEMA public TO sq_platform;
CREATE FUNCTION webhooks_tenant_of_source(p_key text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.tenant_id FROM webhooks_inboundsource s JOIN tenants_tenant t ON t.id = s.tenant_id AND t.is_active
    WHERE s.key = p_key
$$;
ALTER FUNCTION webhooks_tenant_of_source(text) OWNER TO sq_platform;
REVOKE ALL ON FUNCTION webhooks_tenant_of_source(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks_tenant_of_source(text) TO sq_app;
REVOKE CREATE ON SCHEMA public FROM sq_platform;
"""


class Migration(migrations.Migration):

    dependencies = [("webhooks", "0001_initial")]

    operations = [
        Isolate("Endpoint"),
        Isolate("Delivery"),
        Isolate("InboundSource"),
        Isolate("InboundMessage"),
        migrations.RunSQL(TENANT_OF_SOURCE, "DROP FUNCTION webhooks_tenant_of_source(text)"),
    ]
