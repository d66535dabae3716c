from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Each tenant's channel is a lane of its own; what is held, and what expires, is found without reading the rest."""

    dependencies = [("notifications", "0004_messages")]

    operations = [
        migrations.RemoveIndex(model_name="notification", name="notification_pending"),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                fields=["tenant", "channel", "urgency", "due_at", "id"],
                condition=Q(status="pending"),
                name="notification_lane",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["expires_at"], condition=Q(status="pending"), name="notification_expiring"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                fields=["leased_until"], condition=Q(leased_until__isnull=False), name="notification_leased"
            ),
        ),
    ]
