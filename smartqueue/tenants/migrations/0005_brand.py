"""A tenant's colour and logo, and slugs that are addresses of the house."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import smartqueue.kernel.ids
import smartqueue.tenants.models
from smartqueue.tenants.isolation import Isolate


class Migration(migrations.Migration):

    dependencies = [("tenants", "0004_common_knowledge")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="brand_colour",
            field=models.CharField(blank=True, db_default="", default="", max_length=7, validators=[smartqueue.tenants.models.brand_colour], verbose_name="colour of its pages"),
        ),
        migrations.AddField(
            model_name="tenant",
            name="logo_version",
            field=models.CharField(db_default="", default="", editable=False, max_length=16, verbose_name="version of its logo"),
        ),
        migrations.AlterField(
            model_name="tenant",
            name="slug",
            field=models.CharField(max_length=50, unique=True, validators=[django.core.validators.RegexValidator("^[a-z0-9](?:[a-z0-9-]{1,48}[a-z0-9])$", "Use 3 to 50 small letters, digits and hyphens."), smartqueue.tenants.models.free_slug], verbose_name="slug"),
        ),
        migrations.CreateModel(
            name="Logo",
            fields=[
                ("id", models.UUIDField(default=smartqueue.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("image", models.BinaryField(verbose_name="picture")),
                ("media_type", models.CharField(max_length=20, verbose_name="media type")),
                ("tenant", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant",), name="logo_once"),
                    models.CheckConstraint(condition=models.Q(("media_type__in", ("image/png", "image/jpeg"))), name="logo_type_known"),
                ],
            },
        ),
        Isolate("Logo"),
    ]
