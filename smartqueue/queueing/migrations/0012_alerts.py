import django.contrib.postgres.fields
import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_search'),
        ('queueing', '0011_eligibility_weight'),
        ('sites', '0006_profiles_count'),
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('metric', models.CharField(choices=[('longest_wait', 'Longest wait, minutes'), ('average_wait', 'Average wait today, minutes'), ('waiting', 'People waiting'), ('at_risk', 'People at risk'), ('unattended', 'People wait and nobody serves')], max_length=12, verbose_name='figure')),
                ('threshold', models.PositiveIntegerField(verbose_name='from')),
                ('value', models.PositiveIntegerField(verbose_name='now')),
                ('worst', models.PositiveIntegerField(verbose_name='worst')),
                ('since', models.DateTimeField(verbose_name='seen')),
                ('opened_at', models.DateTimeField(null=True, verbose_name='opened')),
                ('told_at', models.DateTimeField(null=True, verbose_name='last told')),
                ('told', models.PositiveSmallIntegerField(default=0, verbose_name='times told')),
                ('mail_due_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True, verbose_name='acknowledged')),
                ('acknowledged_by', models.UUIDField(null=True)),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('metric', models.CharField(choices=[('longest_wait', 'Longest wait, minutes'), ('average_wait', 'Average wait today, minutes'), ('waiting', 'People waiting'), ('at_risk', 'People at risk'), ('unattended', 'People wait and nobody serves')], max_length=12, verbose_name='figure')),
                ('threshold', models.PositiveIntegerField(default=1, verbose_name='from')),
                ('for_min', models.PositiveSmallIntegerField(default=0, verbose_name='for, minutes')),
                ('audience', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('managers', 'Managers'), ('admins', 'Administrators'), ('agents', 'Agents of the site')], max_length=8), size=None, verbose_name='who is told')),
                ('by_email', models.BooleanField(default=False, verbose_name='also by e-mail')),
                ('repeat_min', models.PositiveSmallIntegerField(default=15, verbose_name='again every, minutes')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        # A customer's visits, and the SET NULL when somebody is forgotten: both read every ticket without it.
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('customer__isnull', False)), fields=['customer', 'id'], name='ticket_by_customer'),
        ),
        migrations.AddField(
            model_name='alert',
            name='queue',
            field=smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue'),
        ),
        migrations.AddField(
            model_name='alert',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant'),
        ),
        migrations.AddField(
            model_name='alertrule',
            name='queue',
            field=smartqueue.tenants.models.TenantForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.queue'),
        ),
        migrations.AddField(
            model_name='alertrule',
            name='site',
            field=smartqueue.tenants.models.TenantForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site'),
        ),
        migrations.AddField(
            model_name='alertrule',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant'),
        ),
        migrations.AddField(
            model_name='alert',
            name='rule',
            field=smartqueue.tenants.models.TenantForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='queueing.alertrule'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='alert_rule_tenant_id'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(fields=('name', 'tenant'), name='alert_rule_name_once'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('metric__in', ['longest_wait', 'average_wait', 'waiting', 'at_risk', 'unattended'])), name='alert_rule_metric_known'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__gt', 0)), name='alert_rule_threshold_positive'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['tenant', '-opened_at'], name='alert_by_age'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('mail_due_at__isnull', False)), fields=['mail_due_at'], name='alert_mail_due'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('rule', 'queue', 'tenant'), name='one_open_alert'),
        ),
        Isolate("AlertRule"),
        Isolate("Alert"),
    ]
