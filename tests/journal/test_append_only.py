"""What has happened cannot be made to not have happened: PostgreSQL refuses the application."""

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from smartqueue.journal.models import Entry
from smartqueue.tenants.scope import in_tenant

pytestmark = pytest.mark.usefixtures("settled")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET tenant_id = tenant_id",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    ],
)
@pytest.mark.parametrize("table", ["journal_entry", "journal_stream", "journal_handled"])
def test_the_application_may_not_change_delete_or_drop(happen, bank, table, statement):
    happen()

    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        in_tenant(bank.id),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_the_application_reads_its_tenant_s_facts_and_no_other_s(happen, bank, cheikh):
    entry, other = happen(), happen(tenant=cheikh.tenant)

    with in_tenant(bank.id):
        seen = set(Entry.objects.values_list("id", flat=True))

    assert entry.id in seen
    assert other.id not in seen


def test_the_application_writes_no_fact_into_another_tenant(happen, bank, cheikh):
    from smartqueue.journal.actions import record
    from smartqueue.journal.states import SYSTEM, AuditKind
    from tests.cast import NINE

    with pytest.raises(ProgrammingError, match="row-level security"), in_tenant(bank.id):
        record(
            "test.forged",
            kind=AuditKind.CREATE,
            tenant_id=cheikh.tenant.id,
            object_type="test",
            object_id=None,
            actor=SYSTEM,
            at=NINE,
        )


def test_an_object_has_one_entry_per_version(happen):
    from django.db import IntegrityError

    entry = happen(version=1)

    with pytest.raises(IntegrityError, match="entry_one_per_version"):
        happen(version=1, object_id=entry.object_id)
