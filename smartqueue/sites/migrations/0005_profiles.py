"""Another week for a stretch of dates: Ramadan, a season."""

import django.db.models.deletion
from django.db import migrations, models

import smartqueue.kernel.ids
import smartqueue.tenants.models

TENANT = models.ForeignKey(
    db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
    to="tenants.tenant",
)  # fmt: skip
ID = models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):

    dependencies = [("sites", "0004_divisions_and_holidays"), ("tenants", "0003_enter")]

    operations = [
        migrations.CreateModel(
            name="HoursProfile",
            fields=[
                ("id", ID),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("first", models.DateField(verbose_name="first day")),
                ("last", models.DateField(verbose_name="last day")),
                (
                    "site",
                    smartqueue.tenants.models.TenantForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sites.site"
                    ),
                ),
                ("tenant", TENANT),
            ],
            options={
                "ordering": ["first", "id"],
                "indexes": [models.Index(fields=["site"], name="hours_profile_by_site")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="hours_profile_tenant_id"),
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))), name="hours_profile_in_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileHours",
            fields=[
                ("id", ID.clone()),
                ("weekday", models.PositiveSmallIntegerField(verbose_name="weekday, Monday = 1")),
                ("opens", models.TimeField(verbose_name="opens")),
                ("closes", models.TimeField(verbose_name="closes")),
                (
                    "profile",
                    smartqueue.tenants.models.TenantForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="hours",
                        to="sites.hoursprofile",
                    ),
                ),
                ("tenant", TENANT.clone()),
            ],
            options={
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("profile", "weekday", "opens", "tenant"), name="profile_hours_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("weekday__range", (1, 7))), name="profile_hours_weekday"),
                ],
            },
        ),
    ]  # fmt: skip
