import django.db.models.deletion
import smartqueue.kernel.ids
import smartqueue.tenants.models
from django.db import migrations, models

from smartqueue.tenants.isolation import Isolate

STATES = [("waiting", "Waiting"), ("printing", "Printing"), ("printed", "Printed"), ("failed", "Failed")]
PROBLEMS = [("", "No problem"), ("paper_out", "Out of paper"), ("printer_lost", "Printer not found")]


class Migration(migrations.Migration):

    dependencies = [("devices", "0002_clips"), ("queueing", "0008_number_blocks")]

    operations = [
        migrations.CreateModel(
            name="Print",
            fields=[
                ("id", models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("slip", models.JSONField()),
                ("status", models.CharField(choices=STATES, default="waiting", max_length=8, verbose_name="status")),
                ("problem", models.CharField(blank=True, choices=PROBLEMS, max_length=12, verbose_name="problem")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("started_at", models.DateTimeField(null=True)),
                ("printed_at", models.DateTimeField(null=True, verbose_name="printed")),
                ("created_at", models.DateTimeField(verbose_name="asked for")),
                ("device", smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="devices.device")),
                ("tenant", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant")),
                ("ticket", smartqueue.tenants.models.TenantForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="queueing.ticket")),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["device", "status"], name="print_by_device")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("status__in", ["waiting", "printing", "printed", "failed"])), name="print_status_known"),
                ],
            },
        ),
        Isolate("Print"),
    ]
