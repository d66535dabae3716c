"""The wait by place in a queue, as the forecast published it last."""

import django.contrib.postgres.fields
import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [
        ('queueing', '0014_ticket_here_at'),
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Outlook',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('counters', models.FloatField(default=0)),
                ('quality', models.CharField(choices=[('good', 'Learnt'), ('rough', 'Little is known yet'), ('none', 'No counter is open')], default='none', max_length=8)),
                ('p10', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)),
                ('p50', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)),
                ('p90', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)),
                ('tail', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=3)),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('queue', 'tenant'), name='outlook_once')],
            },
        ),
        Isolate("Outlook"),
    ]
