"""What belongs to no tenant is read by the application and written by the platform: tenants, geography, holidays,
Django's own bookkeeping. An injected statement must not be able to reopen a suspended tenant or to change a right.
"""

from django.db import migrations

TABLES = (
    "tenants_tenant, sites_division, sites_publicholiday, django_migrations, django_content_type, auth_permission, "
    "auth_group, auth_group_permissions"
)
LINKS = "accounts_user_groups, accounts_user_user_permissions"  # DELETE stays: a person can be erased


class Migration(migrations.Migration):

    dependencies = [
        ("tenants", "0003_enter"),
        ("sites", "0004_divisions_and_holidays"),
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON {TABLES} FROM sq_app;"
            f"REVOKE INSERT, UPDATE ON {LINKS} FROM sq_app",
            f"GRANT INSERT, UPDATE, DELETE ON {TABLES} TO sq_app;"
            f"GRANT INSERT, UPDATE ON {LINKS} TO sq_app",
        )
    ]
