"""Row-level security and composite foreign keys on every tenant table of this room."""

from django.db import migrations

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [("customers", "0001_initial")]

    operations = [
        Isolate("Customer"),
    ]
