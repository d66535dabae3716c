"""Journeys: a position only by consent, minutes instead of one, when to look again; erased with the customer."""

import django.db.models.functions.datetime
from django.db import migrations, models


# Whoever is erased during a visit leaves the ticket without a name (foreign key, SET NULL). What tells where that
# person is goes in the same statement.
ERASED = """
CREATE FUNCTION forecast_journey_goes_with_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM forecast_journey j WHERE j.tenant_id = NEW.tenant_id AND j.ticket_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_lost_its_customer AFTER UPDATE OF customer_id ON queueing_ticket
    FOR EACH ROW WHEN (OLD.customer_id IS NOT NULL AND NEW.customer_id IS NULL)
    EXECUTE FUNCTION forecast_journey_goes_with_customer();
"""

KEPT = """
DROP TRIGGER ticket_lost_its_customer ON queueing_ticket;
DROP FUNCTION forecast_journey_goes_with_customer();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('forecast', '0001_initial'),
        ('queueing', '0016_wait_by_outlook'),
        ('tenants', '0006_people_keys_drafts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='journey',
            name='journey_forgotten_at_the_end',
        ),
        migrations.RemoveIndex(
            model_name='journey',
            name='journey_under_way',
        ),
        migrations.AddField(
            model_name='journey',
            name='due_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name='journey',
            name='has_left',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='journey',
            name='origin_latitude',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='journey',
            name='origin_longitude',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='journey',
            name='said_min',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='journey',
            name='consented_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='journey',
            index=models.Index(condition=models.Q(('arrived_at', None), ('ended_at', None)), fields=['tenant', 'due_at'], name='journey_under_way'),
        ),
        migrations.AddConstraint(
            model_name='journey',
            constraint=models.CheckConstraint(condition=models.Q(('latitude', None), ('consented_at__isnull', False), _connector='OR'), name='journey_position_by_consent'),
        ),
        migrations.AddConstraint(
            model_name='journey',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at', None), models.Q(('latitude', None), ('longitude', None), ('origin_latitude', None), ('origin_longitude', None)), _connector='OR'), name='journey_forgotten_at_the_end'),
        ),
        migrations.RunSQL(ERASED, KEPT),
    ]
