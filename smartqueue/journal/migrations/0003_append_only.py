"""The application may write facts and read them, never change or delete one."""

from django.db import migrations

REVOKE = """
REVOKE UPDATE, DELETE ON journal_entry, journal_stream, journal_handled FROM sq_app;
"""
GRANT = """
GRANT UPDATE, DELETE ON journal_entry, journal_stream, journal_handled TO sq_app;
"""


class Migration(migrations.Migration):

    dependencies = [("journal", "0002_isolate_tenants")]

    operations = [migrations.RunSQL(REVOKE, GRANT)]
