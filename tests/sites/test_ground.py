"""What the migrations bring: divisions and holidays."""

from datetime import date

import pytest
from django.db import DataError, connection

from smartqueue.sites.models import Division, PublicHoliday, Site
from smartqueue.sites.states import time_zones
from smartqueue.tenants.scope import in_tenant


def test_senegal_has_14_regions_46_departements_and_553_communes():
    counts = {level: Division.objects.filter(level=level).count() for level in ("region", "departement", "commune")}

    assert counts == {"region": 14, "departement": 46, "commune": 553}


def test_each_division_stands_below_the_next_higher_level():
    levels = set(Division.objects.values_list("level", "parent__level"))

    assert levels == {("region", None), ("departement", "region"), ("commune", "departement")}


def test_names_keep_their_accents():
    names = Division.objects.filter(code__in=["SN-TH", "SN-KE", "sn-dk-guediawaye"]).order_by("code")

    assert [division.name for division in names] == ["Kédougou", "Thiès", "Guédiawaye"]


def test_coordinates_from_openstreetmap_were_left_out_and_the_others_lie_in_senegal():
    placed = Division.objects.exclude(latitude=None)

    assert Division.objects.filter(latitude=None, longitude=None).count() == 78
    assert placed.filter(latitude__range=(12.2, 16.8), longitude__range=(-17.6, -11.3)).count() == 613 - 78


def test_holidays_reach_from_2025_to_2031_and_islamic_ones_are_provisional():
    holidays = PublicHoliday.objects.filter(country="SN")

    assert {day.year for day in holidays.values_list("date", flat=True)} == set(range(2025, 2032))
    assert holidays.get(date=date(2026, 5, 27)).provisional
    assert not holidays.get(date=date(2026, 4, 4)).provisional
    assert not holidays.filter(name_fr__contains="estim").exists()


def test_postgresql_knows_every_time_zone_that_we_accept():
    with connection.cursor() as cursor:
        for zone in sorted(time_zones()):
            cursor.execute("SELECT timezone(%s, now())", [zone])


def test_a_site_with_an_unknown_time_zone_is_refused_by_postgresql(bank):
    with pytest.raises(DataError), in_tenant(bank.id):
        Site.objects.create(tenant=bank, name="Mars", code="M", time_zone="Mars/Olympus")
