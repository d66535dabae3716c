import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import smartqueue.kernel.ids
from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0001_initial'),
        ('tenants', '0004_common_knowledge'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Clip',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(max_length=5, verbose_name='language')),
                ('key', models.CharField(max_length=20, verbose_name='fragment')),
                ('audio', models.BinaryField()),
                ('mime', models.CharField(max_length=20, verbose_name='kind of sound')),
                ('seconds', models.FloatField(null=True, verbose_name='length, seconds')),
                ('digest', models.CharField(editable=False, max_length=16)),
                ('uploaded_at', models.DateTimeField(verbose_name='uploaded')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('uploaded_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['language', 'key'],
                'constraints': [models.UniqueConstraint(fields=('language', 'key', 'tenant'), name='clip_once'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('audio'), 200000), name='clip_small')],
            },
        ),
        Isolate('Clip'),
    ]
