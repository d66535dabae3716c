"""When a site is open: one rule in SQL, asked by Python and, inside its own statements, by the queue engine."""

from django.db import migrations

# Seconds of the day; the same arithmetic as sites.states.Interval.span. Both times empty: the whole day.
SPAN = """
CREATE FUNCTION sites_span(p_opens time, p_closes time) RETURNS numrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT numrange(
        extract(epoch FROM coalesce(p_opens, time '00:00')),
        extract(epoch FROM coalesce(p_closes, time '00:00'))
            + CASE WHEN coalesce(p_closes <= p_opens, true) THEN 86400 ELSE 0 END
    )
$$
"""

# A local time becomes an instant by the rules of the site's zone on that very day: a day of 23 or 25 hours needs no
# thought here. plpgsql, not sql: planned when it runs, after the scope has been set (docs/decisions/0002).
INTERVALS = """
CREATE FUNCTION sites_open_intervals(p_site uuid, p_day date)
RETURNS TABLE (opens_at timestamptz, closes_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    s record;
    v_holiday boolean;
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

    RETURN QUERY
        SELECT i.opens_at, i.closes_at
        FROM sites_openinghours h
        CROSS JOIN LATERAL sites_interval(s.time_zone, p_day, h.opens, h.closes) i
        WHERE h.tenant_id = s.tenant_id AND h.site_id = p_site AND h.weekday = extract(isodow FROM p_day)
        ORDER BY 1;
END $$
"""

INTERVAL = """
CREATE FUNCTION sites_interval(p_zone text, p_day date, p_opens time, p_closes time)
RETURNS TABLE (opens_at timestamptz, closes_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT i.opens_at, i.closes_at
    FROM (
        SELECT (p_day + p_opens) AT TIME ZONE p_zone AS opens_at,
               (p_day + CASE WHEN p_closes <= p_opens THEN 1 ELSE 0 END + p_closes) AT TIME ZONE p_zone AS closes_at
    ) i
    WHERE i.opens_at < i.closes_at  -- not so when both lie in the hour that summer time skips
$$
"""

IS_OPEN = """
CREATE FUNCTION sites_is_open(p_site uuid, p_service uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    s record;
    v_local timestamp;
    v_day date;
    v_time time;
BEGIN
    SELECT site.tenant_id, site.time_zone INTO s FROM sites_site site WHERE site.id = p_site AND site.is_active;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    v_local := p_at AT TIME ZONE s.time_zone;
    v_day := v_local::date;
    v_time := v_local::time;

    IF p_service IS NOT NULL AND EXISTS (
        SELECT FROM sites_servicehours h WHERE h.tenant_id = s.tenant_id AND h.service_id = p_service
    ) AND NOT EXISTS (
        SELECT FROM sites_servicehours h
        WHERE h.tenant_id = s.tenant_id AND h.service_id = p_service
          AND (h.weekday = extract(isodow FROM v_day) AND h.opens <= v_time
                   AND (v_time < h.closes OR h.closes <= h.opens)
            OR h.weekday = extract(isodow FROM v_day - 1) AND h.closes <= h.opens AND v_time < h.closes)
    ) THEN
        RETURN false;
    END IF;

    RETURN EXISTS (SELECT FROM sites_open_intervals(p_site, v_day) i WHERE i.opens_at <= p_at AND p_at < i.closes_at)
        OR EXISTS (SELECT FROM sites_open_intervals(p_site, v_day - 1) i WHERE i.opens_at <= p_at AND p_at < i.closes_at);
END $$
"""

# btree_gist gives `=` on uuid, integer and date to a GiST index.
APART = """
ALTER TABLE sites_openinghours ADD CONSTRAINT opening_hours_apart EXCLUDE USING gist (
    tenant_id WITH =, site_id WITH =, weekday WITH =, sites_span(opens, closes) WITH &&
);
ALTER TABLE sites_openingexception ADD CONSTRAINT opening_exception_apart EXCLUDE USING gist (
    tenant_id WITH =, site_id WITH =, date WITH =, sites_span(opens, closes) WITH &&
);
ALTER TABLE sites_servicehours ADD CONSTRAINT service_hours_apart EXCLUDE USING gist (
    tenant_id WITH =, service_id WITH =, weekday WITH =, sites_span(opens, closes) WITH &&
);
"""
OVERLAPPING = """
ALTER TABLE sites_openinghours DROP CONSTRAINT opening_hours_apart;
ALTER TABLE sites_openingexception DROP CONSTRAINT opening_exception_apart;
ALTER TABLE sites_servicehours DROP CONSTRAINT service_hours_apart;
"""

# A zone that PostgreSQL does not know would make every question about the site fail.
KNOWN_ZONE = """
ALTER TABLE sites_site ADD CONSTRAINT site_time_zone_known
    CHECK (timezone(time_zone, timestamptz '2000-01-01 00:00:00+00') IS NOT NULL)
"""


class Migration(migrations.Migration):

    dependencies = [("sites", "0002_isolate_tenants")]

    operations = [
        migrations.RunSQL(SPAN, "DROP FUNCTION sites_span(time, time)"),
        migrations.RunSQL(INTERVAL, "DROP FUNCTION sites_interval(text, date, time, time)"),
        migrations.RunSQL(INTERVALS, "DROP FUNCTION sites_open_intervals(uuid, date)"),
        migrations.RunSQL(IS_OPEN, "DROP FUNCTION sites_is_open(uuid, uuid, timestamptz)"),
        migrations.RunSQL(APART, OVERLAPPING),
        migrations.RunSQL(KNOWN_ZONE, "ALTER TABLE sites_site DROP CONSTRAINT site_time_zone_known"),
    ]
