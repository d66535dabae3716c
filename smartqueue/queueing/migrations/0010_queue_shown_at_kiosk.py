"""A queue may stay off the kiosks: for guests of honour, for what only staff hands out."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("queueing", "0009_addressee")]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="shown_at_kiosk",
            field=models.BooleanField(db_default=True, default=True, verbose_name="shown at kiosks"),
        ),
    ]
