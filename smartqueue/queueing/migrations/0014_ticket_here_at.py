"""When a ticket's owner is at the site: said by the owner, or known because the ticket was taken there."""

from django.db import migrations, models

# Whatever function inserts it (0004, 0008). Tickets of other channels never enter the trigger.
TAKEN_HERE = """
CREATE FUNCTION queueing_ticket_is_taken_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.here_at := coalesce(NEW.here_at, NEW.created_at);
    RETURN NEW;
END $$;

CREATE TRIGGER ticket_is_taken_here BEFORE INSERT ON queueing_ticket
    FOR EACH ROW WHEN (NEW.channel IN ('kiosk', 'agent')) EXECUTE FUNCTION queueing_ticket_is_taken_here();
"""

DROP_TAKEN_HERE = """
DROP TRIGGER ticket_is_taken_here ON queueing_ticket;
DROP FUNCTION queueing_ticket_is_taken_here();
"""

# Beside queueing_show (0006), whose columns old processes count: asked in the same statement, inside its scope.
HERE = """
CREATE FUNCTION queueing_here(p_ticket uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT t.here_at FROM queueing_ticket t WHERE t.id = p_ticket);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("queueing", "0013_arrival")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="here_at",
            field=models.DateTimeField(null=True, verbose_name="at the site"),
        ),
        migrations.RunSQL(TAKEN_HERE, DROP_TAKEN_HERE),
        migrations.RunSQL(HERE, "DROP FUNCTION queueing_here(uuid)"),
    ]
