"""Entering a tenant's scope: the one setting that opens the tenant's rows, for one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg import Cursor


@contextmanager
def in_tenant(tenant_id: UUID) -> Iterator[None]:
    """One transaction inside a tenant's scope; outside, the tenant's rows do not exist.

    Inside an open transaction the scope ends with the block: what follows is where it was before.

    Args:
        tenant_id: the tenant whose rows become visible and writable.
    """
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        before = ""
        if nested:
            cursor.execute("SELECT current_setting('app.tenant_id', true)")
            before = (cursor.fetchone() or ("",))[0] or ""
        set_scope(str(tenant_id))
        yield
        if nested:
            # What PostgreSQL checks late must still be checked inside the scope.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            set_scope(before)


def set_scope(tenant_id: str) -> None:
    """`is_local`: PostgreSQL forgets the setting at the end of the transaction, so a pooled connection carries none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [tenant_id])


def ask(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Run one statement of the hot path and return its rows.

    psycopg's own cursor, prepared on first use on each connection: Django's writes the values into the text, and
    PostgreSQL would parse and plan it anew every time.

    Args:
        statement: constant text, with `%s` for each of `values`.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        if connection.queries_logged:
            connection.queries_log.append({"sql": statement, "time": ""})
        cursor.execute(statement, values, prepare=True)
        return cursor.fetchall()
