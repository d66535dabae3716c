import django.contrib.postgres.fields
import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.reporting.models
import smartqueue.tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('queueing', '0009_addressee'),
        ('sites', '0004_divisions_and_holidays'),
        ('tenants', '0005_brand'),
    ]

    operations = [
        migrations.CreateModel(
            name='Watermark',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('entry_id', models.BigIntegerField(default=0)),
                ('seen', models.JSONField(default=list)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_watermark')],
            },
        ),
        migrations.CreateModel(
            name='AgentDay',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('handled', models.IntegerField()),
                ('served', models.IntegerField()),
                ('no_show', models.IntegerField()),
                ('transferred', models.IntegerField()),
                ('put_back', models.IntegerField()),
                ('parked', models.IntegerField()),
                ('service_n', models.IntegerField()),
                ('service_us', models.BigIntegerField()),
                ('walk_us', models.BigIntegerField()),
                ('signed_in_us', models.BigIntegerField()),
                ('break_us', models.BigIntegerField()),
                ('agent', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.agent')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'agent', 'site'), name='agent_day_once')],
            },
        ),
        migrations.CreateModel(
            name='OriginDay',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('commune', models.CharField(blank=True, max_length=60)),
                ('issued', models.IntegerField()),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('service', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.service')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'queue', 'commune'), name='origin_day_once')],
            },
        ),
        migrations.CreateModel(
            name='QueueDay',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('issued', models.IntegerField()),
                ('called', models.IntegerField()),
                ('served', models.IntegerField()),
                ('no_show', models.IntegerField()),
                ('cancelled', models.IntegerField()),
                ('expired', models.IntegerField()),
                ('live', models.IntegerField()),
                ('in_target', models.IntegerField()),
                ('left_line', models.IntegerField()),
                ('cancelled_by_customer', models.IntegerField()),
                ('wait_us', models.BigIntegerField()),
                ('wait_min_us', models.BigIntegerField(null=True)),
                ('wait_max_us', models.BigIntegerField(null=True)),
                ('wait_histogram', smartqueue.reporting.models.Histogram()),
                ('service_n', models.IntegerField()),
                ('service_us', models.BigIntegerField()),
                ('service_min_us', models.BigIntegerField(null=True)),
                ('service_max_us', models.BigIntegerField(null=True)),
                ('service_histogram', smartqueue.reporting.models.Histogram()),
                ('walk_n', models.IntegerField()),
                ('walk_us', models.BigIntegerField()),
                ('walk_min_us', models.BigIntegerField(null=True)),
                ('walk_max_us', models.BigIntegerField(null=True)),
                ('by_web', models.IntegerField()),
                ('by_mobile', models.IntegerField()),
                ('by_kiosk', models.IntegerField()),
                ('by_sms', models.IntegerField()),
                ('by_ussd', models.IntegerField()),
                ('by_whatsapp', models.IntegerField()),
                ('by_agent', models.IntegerField()),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('service', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.service')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'queue'), name='queue_day_once')],
            },
        ),
        migrations.CreateModel(
            name='QueueHour',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('hour', models.SmallIntegerField()),
                ('issued', models.IntegerField()),
                ('called', models.IntegerField()),
                ('served', models.IntegerField()),
                ('in_target', models.IntegerField()),
                ('wait_us', models.BigIntegerField()),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('service', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.service')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'queue', 'hour'), name='queue_hour_once'), models.CheckConstraint(condition=models.Q(('hour__range', (0, 23))), name='queue_hour_of_a_day')],
            },
        ),
        migrations.CreateModel(
            name='SatisfactionDay',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('csat', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=5)),
                ('nps', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=11)),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('service', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.service')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'queue'), name='satisfaction_day_once')],
            },
        ),
    ]
