"""The rows of profiles are kept apart by tenant, two of a site never overlap, and the rule of opening knows them.

Single dates come first, then holidays, then the profile of the date, then the ordinary week.
"""

from importlib import import_module

from django.db import migrations

from smartqueue.tenants.isolation import Isolate

APART = """
ALTER TABLE sites_hoursprofile ADD CONSTRAINT hours_profile_apart EXCLUDE USING gist (
    tenant_id WITH =, site_id WITH =, daterange(first, last, '[]') WITH &&
);
ALTER TABLE sites_profilehours ADD CONSTRAINT profile_hours_apart EXCLUDE USING gist (
    tenant_id WITH =, profile_id WITH =, weekday WITH =, sites_span(opens, closes) WITH &&
);
"""
OVERLAPPING = """
ALTER TABLE sites_hoursprofile DROP CONSTRAINT hours_profile_apart;
ALTER TABLE sites_profilehours DROP CONSTRAINT profile_hours_apart;
"""

INTERVALS = """
CREATE OR REPLACE FUNCTION sites_open_intervals(p_site uuid, p_day date)
RETURNS TABLE (opens_at timestamptz, closes_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    s record;
    v_holiday boolean;
    v_profile uuid;
BEGIN
    SELECT site.tenant_id, site.time_zone, site.country, site.observes_holidays INTO s
    FROM sites_site site WHERE site.id = p_site;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    RETURN QUERY
        SELECT i.opens_at, i.closes_at
        FROM sites_openingexception e
        CROSS JOIN LATERAL sites_interval(s.time_zone, p_day, e.opens, e.closes) i
        WHERE e.tenant_id = s.tenant_id AND e.site_id = p_site AND e.date = p_day AND e.opens IS NOT NULL
        ORDER BY 1;
    IF FOUND OR EXISTS (
        SELECT FROM sites_openingexception e
        WHERE e.tenant_id = s.tenant_id AND e.site_id = p_site AND e.date = p_day
    ) THEN
        RETURN;
    END IF;

    IF s.observes_holidays THEN
        SELECT o.is_holiday INTO v_holiday
        FROM sites_holidayoverride o WHERE o.tenant_id = s.tenant_id AND o.date = p_day;
        IF NOT FOUND THEN
            v_holiday := EXISTS (SELECT FROM sites_publicholiday h WHERE h.country = s.country AND h.date = p_day);
        END IF;
        IF v_holiday THEN
            RETURN;
        END IF;
    END IF;

    SELECT p.id INTO v_profile FROM sites_hoursprofile p
    WHERE p.tenant_id = s.tenant_id AND p.site_id = p_site AND p.first <= p_day AND p_day <= p.last;
    IF v_profile IS NOT NULL THEN
        RETURN QUERY
            SELECT i.opens_at, i.closes_at
            FROM sites_profilehours h
            CROSS JOIN LATERAL sites_interval(s.time_zone, p_day, h.opens, h.closes) i
            WHERE h.tenant_id = s.tenant_id AND h.profile_id = v_profile AND h.weekday = extract(isodow FROM p_day)
            ORDER BY 1;
        RETURN;
    END IF;

    RETURN QUERY
        SELECT i.opens_at, i.closes_at
        FROM sites_openinghours h
        CROSS JOIN LATERAL sites_interval(s.time_zone, p_day, h.opens, h.closes) i
        WHERE h.tenant_id = s.tenant_id AND h.site_id = p_site AND h.weekday = extract(isodow FROM p_day)
        ORDER BY 1;
END $$
"""
BEFORE = import_module("smartqueue.sites.migrations.0003_opening").INTERVALS.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):

    dependencies = [("sites", "0005_profiles")]

    operations = [
        Isolate("HoursProfile"),
        Isolate("ProfileHours"),
        migrations.RunSQL(APART, OVERLAPPING),
        migrations.RunSQL(INTERVALS, BEFORE),
    ]
