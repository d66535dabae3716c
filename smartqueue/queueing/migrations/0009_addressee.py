"""A parked ticket may be kept for one agent, to whom a colleague has handed it over.

It does not go back into the line, where call-next would have to step over it (docs/decisions/0005). The functions of
0005 and 0007 name the column already; PostgreSQL looks for it when they run.
"""

import django.db.models.deletion
from django.db import migrations, models

import smartqueue.tenants.models
from smartqueue.tenants.isolation import IsolateRelation


class Migration(migrations.Migration):

    dependencies = [("queueing", "0008_number_blocks")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="for_agent",
            field=smartqueue.tenants.models.TenantForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="queueing.agent"
            ),
        ),
        IsolateRelation("Ticket", "for_agent"),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=models.Q(("for_agent__isnull", False)), fields=["for_agent"], name="ticket_for_agent"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("for_agent", None), ("status", "paused"), _connector="OR"), name="ticket_kept_while_parked"
            ),
        ),
    ]
