"""Rules, speeds and lessons of a tenant's ways."""

import django.core.validators
import django.db.models.deletion
import smartqueue.kernel.ids
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='TravelLesson',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('zone', models.CharField(choices=[('dakar_region', 'Dakar region'), ('other_town', 'Other towns'), ('interurban', 'Between towns')], max_length=12)),
                ('mode', models.CharField(choices=[('voiture', 'By car'), ('transport', 'By bus'), ('taxi', 'By taxi'), ('pied', 'On foot'), ('moto', 'By motorbike'), ('brt', 'By BRT'), ('ter', 'By TER')], max_length=10)),
                ('hours', models.CharField(choices=[('night', 'Night'), ('shoulder', 'Early and late'), ('am_peak', 'Morning rush'), ('late_morning', 'Late morning'), ('afternoon', 'Afternoon'), ('pm_peak', 'Evening rush'), ('offpeak', 'Quiet hours'), ('peak', 'Rush hours'), ('all', 'All day')], max_length=12)),
                ('log_ratio_sum', models.FloatField(default=0)),
                ('trips', models.FloatField(default=0)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('zone', 'mode', 'hours', 'tenant'), name='travel_lesson_once'), models.CheckConstraint(condition=models.Q(('trips__gte', 0)), name='travel_lesson_counted')],
            },
        ),
        migrations.CreateModel(
            name='TravelRules',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('engine', models.CharField(choices=[('table', 'Table of speeds'), ('osrm', 'OSRM'), ('valhalla', 'Valhalla')], default='table', max_length=10, verbose_name='computed by')),
                ('engine_url', models.CharField(blank=True, max_length=300, verbose_name='address of the routing engine')),
                ('margin_min', models.PositiveSmallIntegerField(default=8, validators=[django.core.validators.MaxValueValidator(60)], verbose_name='minutes to be there before the call')),
                ('near_m', models.PositiveIntegerField(default=150, validators=[django.core.validators.MinValueValidator(30), django.core.validators.MaxValueValidator(2000)], verbose_name='metres from the site that count as arrived')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant',), name='travel_rules_once'), models.CheckConstraint(condition=models.Q(('margin_min__lte', 60)), name='travel_margin'), models.CheckConstraint(condition=models.Q(('near_m__range', (30, 2000))), name='travel_near')],
            },
        ),
        migrations.CreateModel(
            name='TravelSpeed',
            fields=[
                ('id', models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('zone', models.CharField(choices=[('dakar_region', 'Dakar region'), ('other_town', 'Other towns'), ('interurban', 'Between towns')], max_length=12, verbose_name='where')),
                ('mode', models.CharField(choices=[('voiture', 'By car'), ('transport', 'By bus'), ('taxi', 'By taxi'), ('pied', 'On foot'), ('moto', 'By motorbike'), ('brt', 'By BRT'), ('ter', 'By TER')], max_length=10, verbose_name='how')),
                ('hours', models.CharField(choices=[('night', 'Night'), ('shoulder', 'Early and late'), ('am_peak', 'Morning rush'), ('late_morning', 'Late morning'), ('afternoon', 'Afternoon'), ('pm_peak', 'Evening rush'), ('offpeak', 'Quiet hours'), ('peak', 'Rush hours'), ('all', 'All day')], max_length=12, verbose_name='when')),
                ('speed_kmh', models.FloatField(verbose_name='speed, km/h')),
                ('overhead_min', models.FloatField(verbose_name='minutes lost before moving')),
                ('detour', models.FloatField(verbose_name='way ÷ straight line')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('zone', 'mode', 'hours', 'tenant'), name='travel_speed_once'), models.CheckConstraint(condition=models.Q(('speed_kmh__gt', 0), ('speed_kmh__lte', 200)), name='travel_speed_possible'), models.CheckConstraint(condition=models.Q(('overhead_min__range', (0, 240))), name='travel_overhead_possible'), models.CheckConstraint(condition=models.Q(('detour__range', (1, 5))), name='travel_detour_possible')],
            },
        ),
        Isolate("TravelRules"),
        Isolate("TravelSpeed"),
        Isolate("TravelLesson"),
    ]
