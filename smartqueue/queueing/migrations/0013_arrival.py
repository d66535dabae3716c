"""Lists in order of arrival: without it a list of 100,000 tickets was sorted for each of its pages, half a second."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("queueing", "0012_alerts")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["tenant", "created_at", "id"], name="ticket_by_arrival"),
        ),
    ]
