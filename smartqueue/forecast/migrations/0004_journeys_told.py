"""Who was told when to leave is counted by week."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forecast", "0003_estimate_by_line")]

    operations = [
        migrations.AddIndex(
            model_name="journey",
            index=models.Index(
                fields=["tenant", "told_at"], condition=models.Q(told_at__isnull=False), name="journey_told"
            ),
        ),
    ]
