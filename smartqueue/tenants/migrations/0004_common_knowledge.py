"""What belongs to no tenant is read by the application and written by the platform: tenants, geography, holidays,
the record of migrations. An injected statement must not be able to reopen a suspended tenant.
"""

from django.db import migrations

TABLES = "tenants_tenant, sites_division, sites_publicholiday, django_migrations"


class Migration(migrations.Migration):

    dependencies = [("tenants", "0003_enter"), ("sites", "0004_divisions_and_holidays")]

    operations = [
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON {TABLES} FROM sq_app",
            f"GRANT INSERT, UPDATE, DELETE ON {TABLES} TO sq_app",
        )
    ]
