"""A copy of the migrated database in which something has been broken on purpose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from django.db import connections

from smartqueue.cli import roles

FULL = os.environ.get("SMARTQUEUE_FULL") == "1"
"""The sizes of TRUST.md instead of the small ones."""


def owner_of(database: str) -> str:
    return os.environ["SQ_TEST_OWNER"].replace("/smartqueue?", f"/{database}?")


def superuser_of(database: str) -> str:
    return os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{database}?")


@contextmanager
def broken_database(*statements: str) -> Iterator[str]:
    """A fresh copy of the migrated database, its name; the owner of the tables has run `statements` in it."""
    name = f"broken_{uuid4().hex[:12]}"
    roles.create_database(os.environ["SQ_TEST_SUPERUSER"], name, template="smartqueue")
    try:
        roles.grant_access(owner_of(name))
        with psycopg.connect(owner_of(name), autocommit=True) as db:
            for statement in statements:
                db.execute(statement)
        yield name
    finally:
        roles.drop_database(os.environ["SQ_TEST_SUPERUSER"], name)


@contextmanager
def application_on(database: str) -> Iterator[None]:
    """In this block the connections of the application and of the platform, in all threads, go to that database."""
    before = connections.settings["default"]["NAME"]
    try:
        _move(database)
        yield
    finally:
        _move(before)


def _move(database: str) -> None:
    for alias in ("default", "platform"):
        connections[alias].close()
        connections[alias].close_pool()
        connections.settings[alias]["NAME"] = database


def rewritten(database: str, function: str, *replacements: tuple[str, str]) -> None:
    """Put another body into a function of that database, from its own text.

    Args:
        function: with its argument types, as PostgreSQL's `regprocedure` wants it.
        replacements: text to be found, and what takes its place; each must be there.
    """
    with psycopg.connect(owner_of(database), autocommit=True) as db:
        row = db.execute("SELECT pg_get_functiondef(%s::regprocedure)", [function]).fetchone()
        assert row
        body = row[0]
        for found, instead in replacements:
            assert found in body, f"{function} has changed: {found!r} is not in it"
            body = body.replace(found, instead)
        db.execute(body)
