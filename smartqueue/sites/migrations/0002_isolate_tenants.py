"""Row-level security and composite foreign keys on every tenant table of this room."""

from django.db import migrations

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [("sites", "0001_initial")]

    operations = [
        Isolate("HolidayOverride"),
        Isolate("Site"),
        Isolate("OpeningHours"),
        Isolate("OpeningException"),
        Isolate("Counter"),
        Isolate("ServiceCategory"),
        Isolate("Service"),
        Isolate("ServiceHours"),
    ]
