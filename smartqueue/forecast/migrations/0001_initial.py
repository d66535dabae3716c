"""What the forecast keeps."""

import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('queueing', '0014_ticket_here_at'),
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Estimate',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('place', models.PositiveIntegerField(verbose_name='place')),
                ('p10_s', models.PositiveIntegerField(null=True)),
                ('p50_s', models.PositiveIntegerField(null=True)),
                ('p90_s', models.PositiveIntegerField(null=True)),
                ('quality', models.CharField(choices=[('good', 'Learnt'), ('rough', 'Little is known yet'), ('none', 'No counter is open')], max_length=8)),
                ('naive_s', models.PositiveIntegerField(null=True)),
                ('les_s', models.PositiveIntegerField(null=True)),
                ('served_s', models.PositiveIntegerField(null=True)),
                ('features', models.JSONField(null=True)),
                ('ending', models.CharField(choices=[('open', 'Still waiting'), ('called', 'Called'), ('left', 'Left the line')], default='open', max_length=8)),
                ('ended_at', models.DateTimeField(null=True)),
                ('wait_s', models.PositiveIntegerField(null=True)),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('ticket', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.ticket')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'queue', 'asked_at'], name='estimate_by_queue')],
                'constraints': [models.UniqueConstraint(fields=('ticket', 'tenant'), name='estimate_once'), models.CheckConstraint(condition=models.Q(models.Q(('p10_s', None), ('p50_s', None), ('p90_s', None)), models.Q(('p10_s__lte', models.F('p50_s')), ('p50_s__lte', models.F('p90_s'))), _connector='OR'), name='estimate_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('ending', 'called'), ('wait_s__isnull', False)), models.Q(('ending', 'called'), _negated=True), _connector='OR'), name='estimate_called_after_a_wait')],
            },
        ),
        migrations.CreateModel(
            name='Journey',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mode', models.CharField(choices=[('voiture', 'By car'), ('transport', 'By bus'), ('taxi', 'By taxi'), ('pied', 'On foot'), ('moto', 'By motorbike'), ('brt', 'By BRT'), ('ter', 'By TER')], default='transport', max_length=10, verbose_name='how')),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('position_at', models.DateTimeField(null=True)),
                ('consented_at', models.DateTimeField()),
                ('travel_s', models.PositiveIntegerField(null=True)),
                ('travel_p80_s', models.PositiveIntegerField(null=True)),
                ('computed_at', models.DateTimeField(null=True)),
                ('leave_at', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('told_leave_at', models.DateTimeField(null=True)),
                ('told_travel_s', models.PositiveIntegerField(null=True)),
                ('set_out_at', models.DateTimeField(null=True)),
                ('arrived_at', models.DateTimeField(null=True)),
                ('away_passes', models.PositiveSmallIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('ticket', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.ticket')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['tenant', 'computed_at'], name='journey_under_way')],
                'constraints': [models.UniqueConstraint(fields=('ticket', 'tenant'), name='journey_once'), models.CheckConstraint(condition=models.Q(models.Q(('latitude', None), ('longitude', None), ('position_at', None)), models.Q(('latitude__range', (-90, 90)), ('longitude__range', (-180, 180)), ('position_at__isnull', False)), _connector='OR'), name='journey_position_whole'), models.CheckConstraint(condition=models.Q(('ended_at', None), models.Q(('latitude', None), ('longitude', None)), _connector='OR'), name='journey_forgotten_at_the_end')],
            },
        ),
        migrations.CreateModel(
            name='Learnt',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(choices=[('tenant', 'Organisation'), ('service', 'Service'), ('queue', 'Queue')], max_length=8)),
                ('subject_id', models.UUIDField()),
                ('state', models.JSONField(default=dict)),
                ('seq', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subject', 'subject_id', 'tenant'), name='learnt_once')],
            },
        ),
        Isolate("Learnt"),
        Isolate("Estimate"),
        Isolate("Journey"),
    ]
