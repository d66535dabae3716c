"""How strongly an agent's call without a queue prefers each queue. `queueing_call` of 0004 names the column already;
PostgreSQL looks for it when it runs."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("queueing", "0010_queue_shown_at_kiosk")]

    operations = [
        migrations.AddField(
            model_name="eligibility",
            name="weight",
            field=models.PositiveSmallIntegerField(
                db_default=1,
                default=1,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)],
                verbose_name="weight",
            ),
        ),
        migrations.AddConstraint(
            model_name="eligibility",
            constraint=models.CheckConstraint(condition=models.Q(("weight__range", (1, 10))), name="eligible_weight"),
        ),
    ]
