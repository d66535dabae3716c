"""The three plans to begin with, who may write here, and what the counting and the platform's log are found by."""

from typing import Any

from django.db import migrations

# name: a month, sites, agents, tickets, messages, a ticket beyond, a message beyond; amounts in F CFA
PLANS = {
    "starter": (25_000, 2, 8, 3_000, 1_500, 15, 35),
    "business": (95_000, 15, 80, 30_000, 15_000, 10, 30),
    "enterprise": (450_000, None, None, 500_000, 250_000, 5, 25),
}
COLUMNS = ("price_xof", "sites", "agents", "tickets", "messages", "ticket_price_xof", "message_price_xof")

# A tenant reads what it used and what that costs; only the platform writes it.
TABLES = "billing_plan, billing_subscription, billing_monthusage"

# Both are found in a journal of millions. They are of use to this room and to the platform's pages only, and small.
INDEXES = """
CREATE INDEX billing_messages_sent ON journal_entry (tenant_id, at) WHERE fact = 'message.sent';
CREATE INDEX billing_platform_log ON journal_entry (id)
    WHERE tenant_id IS NULL OR object_type = 'tenant' OR actor_label = 'SmartQueue support';
"""


def sow(apps: Any, schema_editor: Any) -> None:
    Plan = apps.get_model("billing", "Plan")
    for name, values in PLANS.items():
        Plan.objects.using(schema_editor.connection.alias).create(name=name, **dict(zip(COLUMNS, values, strict=True)))


class Migration(migrations.Migration):

    dependencies = [("billing", "0001_initial"), ("journal", "0003_append_only")]

    operations = [
        migrations.RunPython(sow, migrations.RunPython.noop),
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON {TABLES} FROM sq_app", f"GRANT INSERT, UPDATE, DELETE ON {TABLES} TO sq_app"
        ),
        migrations.RunSQL(INDEXES, "DROP INDEX billing_messages_sent; DROP INDEX billing_platform_log"),
    ]
