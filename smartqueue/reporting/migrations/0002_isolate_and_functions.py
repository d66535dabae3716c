"""Row-level security, the arithmetic of durations, and the indexes by which days are found in other rooms' tables."""

from django.db import migrations

from smartqueue.tenants.isolation import Isolate

# Both are inlined where they are used. The width of a bucket, 1.04, and its eight places are those of reporting.states.
FUNCTIONS = """
CREATE FUNCTION reporting_us(p_lasted interval) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_lasted IS NOT NULL THEN greatest(0, (extract(epoch FROM p_lasted) * 1000000)::bigint) END;

-- One value, as a packed histogram: sum() of these is the histogram of many.
CREATE FUNCTION reporting_packed(p_us bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_us IS NOT NULL THEN
    ('1e' || 8 * ceil(ln(greatest(p_us, 1000000) / 1000000.0::float8) / ln(1.04::float8))::integer)::numeric END;
"""
NO_FUNCTIONS = """
DROP FUNCTION reporting_packed(bigint);
DROP FUNCTION reporting_us(interval);
"""

# Only reporting asks these two tables by time; the rooms that own them have no use for such an index.
INDEXES = """
CREATE INDEX reporting_stays ON queueing_agentsession (tenant_id, opened_at);
CREATE INDEX reporting_statuses ON journal_entry (tenant_id, object_id, at) WHERE fact = 'agent.status_updated';
"""
NO_INDEXES = """
DROP INDEX reporting_statuses;
DROP INDEX reporting_stays;
"""

# What was written before is for `smartqueue rebuild-reports`. No tenant's request has any business with the mark.
WATERMARK = """
INSERT INTO reporting_watermark (id, entry_id, seen) SELECT 1, coalesce(max(id), 0), '[]' FROM journal_entry;
REVOKE ALL ON reporting_watermark FROM sq_app;
"""


class Migration(migrations.Migration):

    dependencies = [("reporting", "0001_initial"), ("journal", "0003_append_only")]

    operations = [
        Isolate("QueueDay"),
        Isolate("QueueHour"),
        Isolate("AgentDay"),
        Isolate("OriginDay"),
        Isolate("SatisfactionDay"),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(INDEXES, NO_INDEXES),
        migrations.RunSQL(WATERMARK, migrations.RunSQL.noop),
    ]
