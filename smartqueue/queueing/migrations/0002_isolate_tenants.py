"""Row-level security and composite foreign keys on every tenant table of this room."""

from django.db import migrations

from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [("queueing", "0001_initial")]

    operations = [
        Isolate("Queue"),
        Isolate("DayCounter"),
        Isolate("LowWater"),
        Isolate("Agent"),
        Isolate("Eligibility"),
        Isolate("AgentSession"),
        Isolate("Ticket"),
        Isolate("ServicePace"),
    ]
