"""The tables, tenants kept apart in them, and the questions that cross them: pairing, and whose device holds a token.

A pairing belongs to nobody until an administrator types its code, so its table has no tenant. The application has no
right on it. It asks these functions, which run with the rights of `sq_platform`; each of them wants a secret that only
the device holds, or the code, or writes a row that opens nothing by itself.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import smartqueue.devices.models.devices
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.conf import settings
from django.db import migrations, models
from smartqueue.tenants.isolation import Isolate

# 'taken': the code is somebody's, try another; 'full': too many wait, from this address or in all; else ''.
# Rows are bounded: whatever has expired goes first, and one address is counted by one transaction at a time.
BEGIN = """
CREATE FUNCTION devices_begin(
    p_id uuid, p_code text, p_secret bytea, p_kind text, p_address text, p_at timestamptz, p_until timestamptz,
    p_per_address integer, p_in_all integer
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('devices_begin'));
    DELETE FROM devices_pairing WHERE expires_at <= p_at;
    IF (SELECT count(*) FROM devices_pairing WHERE address = p_address AND owner_id IS NULL) >= p_per_address
        OR (SELECT count(*) FROM devices_pairing) >= p_in_all THEN
        RETURN 'full';
    END IF;
    INSERT INTO devices_pairing (id, code, secret_hash, kind, address, expires_at)
    VALUES (p_id, p_code, p_secret, p_kind, p_address, p_until) ON CONFLICT (code) DO NOTHING;
    RETURN CASE WHEN FOUND THEN '' ELSE 'taken' END;
END $$;
"""

# The tenant is the scope's: nobody claims for another. Of two at once, the second waits, looks again and finds nothing.
CLAIM = """
CREATE FUNCTION devices_claim(p_code text, p_kind text, p_device uuid, p_at timestamptz, p_until timestamptz)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_tenant uuid := NULLIF(current_setting('app.tenant_id', true), '')::uuid;
    v_kind text;
BEGIN
    IF v_tenant IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE devices_pairing SET owner_id = v_tenant, device_id = p_device, expires_at = p_until
    WHERE code = p_code AND owner_id IS NULL AND expires_at > p_at AND (p_kind = '' OR kind = p_kind)
    RETURNING kind INTO v_kind;
    RETURN v_kind;
END $$;
"""

WAITING = """
CREATE FUNCTION devices_pairing_of(p_secret bytea, p_at timestamptz)
RETURNS TABLE (code varchar, kind varchar, expires_at timestamptz, is_claimed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p.code, p.kind, p.expires_at, p.owner_id IS NOT NULL
    FROM devices_pairing p WHERE p.secret_hash = p_secret AND p.expires_at > p_at
$$;
"""

# Once: the row is gone with the answer.
COLLECT = """
CREATE FUNCTION devices_collect(p_secret bytea, p_at timestamptz) RETURNS TABLE (tenant_id uuid, device_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM devices_pairing p
    WHERE p.secret_hash = p_secret AND p.owner_id IS NOT NULL AND p.expires_at > p_at
    RETURNING p.owner_id, p.device_id
$$;
"""

TENANT_OF_TOKEN = """
CREATE FUNCTION devices_tenant_of_token(p_hash bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.tenant_id FROM devices_device d JOIN tenants_tenant t ON t.id = d.tenant_id AND t.is_active
    WHERE d.token_hash = p_hash OR d.former_hash = p_hash
$$;
"""

# A device at the door: enters its tenant's scope, and shows its row.
DOOR = """
CREATE FUNCTION devices_of_token(p_hash bytea) RETURNS TABLE (tenant_slug varchar, device devices_device)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant uuid := devices_tenant_of_token(p_hash);
BEGIN
    PERFORM set_config('app.tenant_id', coalesce(v_tenant::text, ''), true);
    RETURN QUERY SELECT t.slug, d FROM devices_device d JOIN tenants_tenant t ON t.id = d.tenant_id
    WHERE d.tenant_id = v_tenant AND (d.token_hash = p_hash OR d.former_hash = p_hash);
END $$;
"""

DEFINERS = {
    "devices_begin(uuid, text, bytea, text, text, timestamptz, timestamptz, integer, integer)": BEGIN,
    "devices_claim(text, text, uuid, timestamptz, timestamptz)": CLAIM,
    "devices_pairing_of(bytea, timestamptz)": WAITING,
    "devices_collect(bytea, timestamptz)": COLLECT,
    "devices_tenant_of_token(bytea)": TENANT_OF_TOKEN,
}


def with_rights_of_platform(signature: str, function: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        GRANT CREATE ON SCHEMA public TO sq_platform;
        {function}
        ALTER FUNCTION {signature} OWNER TO sq_platform;
        REVOKE ALL ON FUNCTION {signature} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {signature} TO sq_app;
        REVOKE CREATE ON SCHEMA public FROM sq_platform;
        """,
        f"DROP FUNCTION {signature}",
    )


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('queueing', '0007_board'),
        ('sites', '0004_divisions_and_holidays'),
        ('tenants', '0004_common_knowledge'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('display', 'Display'), ('kiosk', 'Kiosk')], max_length=8, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('layout', models.CharField(choices=[('hall', 'Main hall'), ('counter', 'One counter'), ('waiting', 'Waiting room'), ('tiles', 'Tiles')], max_length=8, verbose_name='layout')),
                ('theme', models.CharField(choices=[('dark', 'Dark'), ('light', 'Light')], default='dark', max_length=5, verbose_name='colours')),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=smartqueue.devices.models.devices.french, size=None, verbose_name='languages')),
                ('ticker', models.CharField(blank=True, max_length=300, verbose_name='message at the bottom')),
                ('voice_on', models.BooleanField(default=True, verbose_name='calls are spoken')),
                ('printer', models.CharField(choices=[('browser', 'The browser prints'), ('escpos', 'Network printer (ESC/POS)')], default='browser', max_length=7, verbose_name='printing')),
                ('printer_host', models.CharField(blank=True, max_length=253, verbose_name="printer's address")),
                ('printer_port', models.PositiveIntegerField(default=9100, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(65535)], verbose_name="printer's port")),
                ('token_hash', models.BinaryField(null=True, unique=True)),
                ('former_hash', models.BinaryField(null=True, unique=True)),
                ('token_made_at', models.DateTimeField(editable=False, null=True)),
                ('paired_at', models.DateTimeField(editable=False, null=True, verbose_name='paired')),
                ('last_seen_at', models.DateTimeField(editable=False, null=True, verbose_name='last seen')),
                ('is_online', models.BooleanField(default=False, editable=False, verbose_name='online')),
                ('problem', models.CharField(blank=True, choices=[('', 'No problem'), ('paper_out', 'Out of paper'), ('printer_lost', 'Printer not found')], editable=False, max_length=12, verbose_name='problem')),
                ('app_version', models.CharField(blank=True, editable=False, max_length=40, verbose_name='version')),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='cut off')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('counter', smartqueue.tenants.models.TenantForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sites.counter')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='DeviceQueue',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('device', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='devices.device')),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='Pairing',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=8, unique=True)),
                ('secret_hash', models.BinaryField(unique=True)),
                ('kind', models.CharField(choices=[('display', 'Display'), ('kiosk', 'Kiosk')], max_length=8)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('owner_id', models.UUIDField(null=True)),
                ('device_id', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['address'], name='pairing_by_address')],
            },
        ),
        migrations.CreateModel(
            name='CodeTries',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('recent', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), default=list, size=None)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'tenant'), name='code_tries_once')],
            },
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('is_online', True)), fields=['last_seen_at'], name='device_online'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='device_tenant_id'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'display'), ('layout__in', ('hall', 'counter', 'waiting'))), models.Q(('kind', 'kiosk'), ('layout', 'tiles')), _connector='OR'), name='device_layout_of_its_kind'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('printer_port__range', (1, 65535))), name='device_printer_port'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('languages__len__gt', 0)), name='device_speaks'),
        ),
        migrations.AddIndex(
            model_name='devicequeue',
            index=models.Index(fields=['queue'], name='device_queue_by_queue'),
        ),
        migrations.AddConstraint(
            model_name='devicequeue',
            constraint=models.UniqueConstraint(fields=('device', 'queue', 'tenant'), name='device_queue_once'),
        ),
        Isolate("Device"),
        Isolate("DeviceQueue"),
        Isolate("CodeTries"),
        migrations.RunSQL(
            "REVOKE ALL ON devices_pairing FROM sq_app",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON devices_pairing TO sq_app",
        ),
        *[with_rights_of_platform(signature, function) for signature, function in DEFINERS.items()],
        migrations.RunSQL(DOOR, "DROP FUNCTION devices_of_token(bytea)"),
    ]
