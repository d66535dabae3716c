from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What a provider reports before its answer to the hand-over has told us the message's name is kept until then."""

    dependencies = [("notifications", "0006_lanes")]

    operations = [
        migrations.AddField(
            model_name="providerevent",
            name="provider_id",
            field=models.CharField(db_default="", default="", max_length=200),
        ),
        migrations.AddField(model_name="providerevent", name="early", field=models.JSONField(null=True)),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(fields=["provider_id"], condition=Q(early__isnull=False), name="provider_event_early"),
        ),
    ]
