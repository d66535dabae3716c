"""Integrations of a tenant, with sealed secrets."""

import django.db.models.deletion
import smartqueue.kernel.ids
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_isolate_tenants'),
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Integration',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(choices=[('smtp', 'E-mail by SMTP')], max_length=20, verbose_name='provider')),
                ('settings', models.JSONField(default=dict, verbose_name='settings')),
                ('sealed', models.BinaryField(default=b'', max_length=4000, verbose_name='sealed secret')),
                ('sealed_at', models.DateTimeField(null=True, verbose_name='secret changed')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('last_test_at', models.DateTimeField(null=True, verbose_name='last test')),
                ('last_test_result', models.CharField(blank=True, default='', max_length=20, verbose_name='result of the last test')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'id'), name='integration_tenant_id'), models.UniqueConstraint(fields=('tenant', 'provider'), name='integration_once'), models.CheckConstraint(condition=models.Q(('provider__in', ['smtp'])), name='integration_provider_known'), models.CheckConstraint(condition=models.Q(('last_test_result__in', ['', 'ok', 'refused_login', 'refused_sender', 'refused_recipient', 'refused_message', 'needs_tls', 'no_tls', 'bad_certificate', 'no_login', 'not_found', 'not_allowed', 'unreachable', 'timeout', 'closed', 'not_understood', 'bad_seal'])), name='integration_result_known')],
            },
        ),
        Isolate("Integration"),
    ]
