"""Senegal's 14 regions, 46 départements and 553 communes, and its public holidays from 2025 to 2031.

Sources and licences: NOTICE. Coordinates that came from OpenStreetMap are left empty.
"""

import csv
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data"


def rows_of(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load(apps, schema_editor):
    alias = schema_editor.connection.alias
    Division = apps.get_model("sites", "Division")
    Division.objects.using(alias).bulk_create(  # the file lists parents first
        Division(
            code=row["code"],
            level=row["level"],
            name=row["name"],
            parent_id=row["parent"] or None,
            latitude=row["lat"] or None,
            longitude=row["lon"] or None,
        )
        for row in rows_of("divisions_sn.csv")
    )
    PublicHoliday = apps.get_model("sites", "PublicHoliday")
    PublicHoliday.objects.using(alias).bulk_create(
        PublicHoliday(**{**row, "provisional": row["provisional"] == "1"}) for row in rows_of("holidays_sn.csv")
    )


def forget(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("sites", "PublicHoliday").objects.using(alias).filter(country="SN").delete()
    divisions = apps.get_model("sites", "Division").objects.using(alias)
    for level in ("commune", "departement", "region"):
        divisions.filter(level=level).delete()


class Migration(migrations.Migration):

    dependencies = [("sites", "0003_opening")]

    operations = [migrations.RunPython(load, forget)]
