import django.contrib.postgres.fields
import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('queueing', '0009_addressee'),
        ('sites', '0004_divisions_and_holidays'),
        ('tenants', '0005_brand'),
    ]

    operations = [
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('visit', models.CharField(choices=[('waiting', 'Waiting'), ('called', 'Called'), ('serving', 'Being served'), ('paused', 'Paused'), ('closed', 'Closed'), ('no_show', 'Absent'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], max_length=10, verbose_name='how the visit ended')),
                ('csat', models.PositiveSmallIntegerField(choices=[(1, 'Very bad'), (2, 'Bad'), (3, 'Fair'), (4, 'Good'), (5, 'Very good')], verbose_name='satisfaction')),
                ('nps', models.PositiveSmallIntegerField(null=True, verbose_name='would recommend, 0 to 10')),
                ('wait_rating', models.PositiveSmallIntegerField(choices=[(1, 'Very bad'), (2, 'Bad'), (3, 'Fair'), (4, 'Good'), (5, 'Very good')], null=True, verbose_name='the wait')),
                ('quality_rating', models.PositiveSmallIntegerField(choices=[(1, 'Very bad'), (2, 'Bad'), (3, 'Fair'), (4, 'Good'), (5, 'Very good')], null=True, verbose_name='the service')),
                ('comment', models.CharField(blank=True, max_length=1000, verbose_name='comment')),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('waiting', 'The wait'), ('welcome', 'The welcome'), ('clarity', 'The explanations'), ('result', 'The result'), ('place', 'The place'), ('information', 'The information before'), ('other', 'Something else')], max_length=12), default=list, size=None, verbose_name='about')),
                ('language', models.CharField(blank=True, choices=[('fr', 'French'), ('wo', 'Wolof'), ('en', 'English')], max_length=5, verbose_name='language')),
                ('channel', models.CharField(choices=[('web', 'Web'), ('mobile', 'Mobile'), ('kiosk', 'Kiosk'), ('sms', 'SMS'), ('ussd', 'USSD'), ('whatsapp', 'WhatsApp'), ('agent', 'Agent')], default='web', max_length=10, verbose_name='channel')),
                ('state', models.CharField(choices=[('new', 'New'), ('in_progress', 'In progress'), ('done', 'Done')], default='new', max_length=12, verbose_name='follow-up')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='note')),
                ('handled_by', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(verbose_name='answered')),
                ('updated_at', models.DateTimeField(verbose_name='changed')),
                ('agent', smartqueue.tenants.models.TenantForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='queueing.agent')),
                ('queue', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='queueing.queue')),
                ('service', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.service')),
                ('site', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.site')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('ticket', smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='queueing.ticket')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['tenant', 'created_at', 'id'], name='feedback_by_time'), models.Index(condition=models.Q(('state', 'done'), _negated=True), fields=['tenant', 'state'], name='feedback_to_do')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'id'), name='feedback_tenant_id'), models.UniqueConstraint(fields=('tenant', 'ticket'), name='feedback_once'), models.CheckConstraint(condition=models.Q(('csat__range', (1, 5))), name='feedback_csat'), models.CheckConstraint(condition=models.Q(('nps', None), ('nps__range', (0, 10)), _connector='OR'), name='feedback_nps'), models.CheckConstraint(condition=models.Q(('wait_rating', None), ('wait_rating__range', (1, 5)), _connector='OR'), name='feedback_wait'), models.CheckConstraint(condition=models.Q(('quality_rating', None), models.Q(('quality_rating__range', (1, 5)), ('visit', 'closed')), _connector='OR'), name='feedback_quality_of_who_was_served'), models.CheckConstraint(condition=models.Q(('visit__in', ['closed', 'no_show', 'cancelled', 'expired'])), name='feedback_visit_over'), models.CheckConstraint(condition=models.Q(('tags__contained_by', ['waiting', 'welcome', 'clarity', 'result', 'place', 'information', 'other'])), name='feedback_tags_known'), models.CheckConstraint(condition=models.Q(('state__in', ['new', 'in_progress', 'done'])), name='feedback_state_known')],
            },
        ),
        Isolate("Feedback"),
    ]
