"""A ticket is promised something in every line in which it stands, not only in the first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forecast", "0002_journeys_by_consent")]

    operations = [
        migrations.RemoveConstraint(model_name="estimate", name="estimate_once"),
        migrations.AddConstraint(
            model_name="estimate",
            constraint=models.UniqueConstraint(fields=("ticket", "queue", "tenant"), name="estimate_once"),
        ),
    ]
