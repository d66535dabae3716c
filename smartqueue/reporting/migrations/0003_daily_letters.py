import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [
        ('reporting', '0002_isolate_and_functions'),
        ('sites', '0006_profiles_count'),
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyLetter',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('leased_until', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('member', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'member', 'day'), name='daily_letter_once')],
            },
        ),
        migrations.CreateModel(
            name='DailyWish',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('address', models.CharField(max_length=300)),
                ('member', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'member'), name='daily_wish_once')],
            },
        ),
        Isolate('DailyLetter'),
        Isolate('DailyWish'),
    ]
