"""Another system may say that somebody has arrived."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_delivery_leased")]

    operations = [
        migrations.RemoveConstraint(model_name="inboundsource", name="source_rights_known"),
        migrations.AddConstraint(
            model_name="inboundsource",
            constraint=models.CheckConstraint(
                condition=models.Q(("rights__contained_by", ["issue", "cancel", "check_in"]), ("rights__len__gt", 0)),
                name="source_rights_known",
            ),
        ),
    ]
