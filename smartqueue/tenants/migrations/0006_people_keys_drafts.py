"""Members who may be put out for a while, API keys, and drafts of what the public sees."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import smartqueue.kernel.ids
from smartqueue.tenants.isolation import Isolate

# Whoever holds a key proves it by the key itself, and learns no more than whose it is: where they are sent away from is
# not its tenant's address. What the key may do is read under the policy, in `tenants_enter_by_key`.
TENANT_OF_KEY = """
GRANT CREATE ON SCHEMA public TO sq_platform;
CREATE FUNCTION tenants_tenant_of_key(p_hash bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.tenant_id FROM tenants_apikey k WHERE k.secret_hash = p_hash
$$;
ALTER FUNCTION tenants_tenant_of_key(bytea) OWNER TO sq_platform;
REVOKE ALL ON FUNCTION tenants_tenant_of_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_tenant_of_key(bytea) TO sq_app;
REVOKE CREATE ON SCHEMA public FROM sq_platform;
"""

# No row: no such key, revoked, expired, or its tenant is not active. `at_home` false: the address is another tenant's,
# or nobody's; then no rows are open.
ENTER_BY_KEY = """
CREATE FUNCTION tenants_enter_by_key(p_slug text, p_hash bytea, p_at timestamptz)
RETURNS TABLE (tenant_id uuid, key_id uuid, name text, scopes text[], at_home boolean)
LANGUAGE plpgsql AS $$
DECLARE
    v_tenant tenants_tenant;
    k tenants_apikey;
BEGIN
    SELECT * INTO v_tenant FROM tenants_tenant t WHERE t.id = tenants_tenant_of_key(p_hash) AND t.is_active;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('app.tenant_id', v_tenant.id::text, true);
    SELECT * INTO k FROM tenants_apikey x
    WHERE x.tenant_id = v_tenant.id AND x.secret_hash = p_hash AND x.revoked_at IS NULL
      AND (x.expires_at IS NULL OR x.expires_at > p_at);
    IF NOT FOUND OR v_tenant.slug <> p_slug THEN
        PERFORM set_config('app.tenant_id', '', true);
        IF k.id IS NOT NULL THEN
            RETURN QUERY SELECT v_tenant.id, k.id, k.name::text, k.scopes::text[], false;
        END IF;
        RETURN;
    END IF;
    -- Once a minute. Two requests at once: one writes, the other does not wait for it.
    IF coalesce(k.last_used_at, '-infinity') < date_trunc('minute', p_at) THEN
        UPDATE tenants_apikey x SET last_used_at = date_trunc('minute', p_at)
        WHERE x.id = (SELECT y.id FROM tenants_apikey y WHERE y.id = k.id FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT v_tenant.id, k.id, k.name::text, k.scopes::text[], true;
END $$
"""

TENANT = ("tenant", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"))
ID = ("id", models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False))
SCOPES = [
    "read:queue", "write:queue", "manage:queue", "read:ticket", "write:ticket", "manage:ticket", "read:agent",
    "manage:agent", "read:customer", "write:customer", "read:reports", "read:feedback", "manage:settings",
    "send:notification",
]  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [("tenants", "0005_brand")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", help_text="As this organisation wrote it. Empty: the person's own.", max_length=150, verbose_name="name here"),
        ),
        migrations.AddField(
            model_name="membership",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True, verbose_name="active"),
        ),
        migrations.AddField(
            model_name="membership",
            name="last_seen_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last seen here"),
        ),
        # Who was a member before was somewhere here before: nobody of them is still invited.
        migrations.RunSQL("UPDATE tenants_membership SET last_seen_at = created_at", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ID,
                ("object_type", models.CharField(max_length=40, verbose_name="object type")),
                ("object_id", models.UUIDField(verbose_name="object")),
                ("values", models.JSONField(verbose_name="values")),
                ("base", models.JSONField(verbose_name="values before")),
                ("made_by", models.UUIDField(null=True, verbose_name="made by")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                TENANT,
            ],
            options={
                "ordering": ["-made_at", "id"],
                "constraints": [models.UniqueConstraint(fields=("tenant", "object_type", "object_id"), name="draft_once")],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ID,
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None, verbose_name="scopes")),
                ("secret_hash", models.BinaryField(editable=False, max_length=32, unique=True, verbose_name="SHA-256 of the secret")),
                ("ending", models.CharField(editable=False, max_length=4, verbose_name="last characters")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="expires")),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                ("made_by", models.UUIDField(null=True, verbose_name="made by")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
                TENANT,
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "-made_at"], name="api_key_by_tenant")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("scopes__contained_by", SCOPES), ("scopes__len__gt", 0)), name="api_key_scopes_known"),
                ],
            },
        ),
        Isolate("Draft"),
        Isolate("ApiKey"),
        migrations.RunSQL(TENANT_OF_KEY, "DROP FUNCTION tenants_tenant_of_key(bytea)"),
        migrations.RunSQL(ENTER_BY_KEY, "DROP FUNCTION tenants_enter_by_key(text, bytea, timestamptz)"),
    ]
