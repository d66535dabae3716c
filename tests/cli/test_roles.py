"""What each database role may do, on our own PostgreSQL and on somebody else's."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from smartqueue.cli import roles
from smartqueue.cli.engines import Engines, running_engines
from smartqueue.cli.processes import PlainError
from smartqueue.config.environment import role_password


@pytest.fixture
def engines(home: Path) -> Iterator[Engines]:
    with running_engines(home, valkey=False) as engines:
        yield engines


def run(url: str, *statements: str) -> None:
    with roles.connection(url) as db:
        for statement in statements:
            db.execute(statement.encode())


def test_the_application_moves_rows_and_nothing_else(engines: Engines) -> None:
    run(engines.owner_url, "CREATE TABLE words (id bigserial, word text)")
    run(
        engines.app_url,
        "INSERT INTO words (word) VALUES ('a')",
        "UPDATE words SET word = 'b'",
        "SELECT unaccent('é') % 'e'",
        "DELETE FROM words",
    )
    for refused in ("TRUNCATE words", "CREATE TABLE mine (id int)", "DROP TABLE words", "CREATE TEMP TABLE t (id int)"):
        for url in (engines.app_url, engines.platform_url):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(url, refused)


def test_the_application_has_limits_and_the_platform_none(engines: Engines) -> None:
    def settings(url: str) -> list[str]:
        with roles.connection(url) as db:
            rows = [db.execute(f"SHOW {name}".encode()).fetchone() for name in roles.SETTINGS]
        return [str(row[0]) for row in rows if row]

    assert settings(engines.app_url) == ["15s", "10s", "5s", "force_generic_plan"]
    assert settings(engines.platform_url) == ["0", "0", "0", "auto"]


def test_row_level_security_holds_the_application(engines: Engines) -> None:
    with roles.connection(engines.app_url) as db:
        assert roles.role_faults(db) == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("SET ROLE sq_owner")


def test_a_mighty_role_is_a_fault(engines: Engines) -> None:
    run(engines.superuser_url, "ALTER ROLE sq_app BYPASSRLS", "GRANT sq_owner TO sq_app", "DROP ROLE IF EXISTS nobody")
    with roles.connection(engines.owner_url) as db:
        assert roles.role_faults(db) == [
            "The database role sq_app must not be a superuser and must not bypass row-level security.",
            "sq_app is a member of sq_owner: row-level security would not hold it.",
        ]


def test_a_copy_of_a_database_has_its_tables_and_its_grants(engines: Engines) -> None:
    first = engines.create_database("first")
    run(first, "CREATE TABLE words (word text)")
    copy = engines.create_database("copy", template="first")
    run(engines.address("sq_app", role_password(engines.secret_key, "sq_app"), "copy"), "SELECT FROM words")
    assert copy != first
    engines.drop_database("copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        run(copy)


@pytest.fixture
def foreign(engines: Engines) -> str:
    """A server of somebody else's: no roles of ours, and our user owns one database and nothing more."""
    ours = engines.superuser_url.replace("/postgres?", "/smartqueue?")
    run(engines.superuser_url, "CREATE ROLE guest LOGIN PASSWORD 'guest'", "CREATE DATABASE theirs OWNER guest")
    run(ours, *(f"DROP OWNED BY {role}" for role in (*roles.ROLES, "sq_owner")), "DROP ROLE sq_app, sq_platform")
    return engines.address("guest", "guest", "theirs")


def test_a_guest_who_may_create_roles_makes_them(engines: Engines, foreign: str) -> None:
    run(engines.superuser_url, "ALTER ROLE guest CREATEROLE")

    for _ in range(2):  # nothing changes the second time
        roles.ensure_roles(foreign, engines.secret_key)
        roles.grant_access(foreign)

    run(foreign, "CREATE TABLE words (word text)")
    run(engines.address("sq_app", role_password(engines.secret_key, "sq_app"), "theirs"), "SELECT FROM words")


def test_a_guest_who_may_not_is_told_what_to_ask_for(engines: Engines, foreign: str) -> None:
    with pytest.raises(PlainError) as refused:
        roles.ensure_roles(foreign, engines.secret_key)

    text = str(refused.value)
    assert text.startswith("The database role sq_app does not exist. The database role sq_platform does not exist.")
    assert "CREATE ROLE sq_app LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT" in text
    assert "GRANT sq_platform TO guest;\nALTER DATABASE theirs OWNER TO guest;" in text


def test_roles_that_others_keep_are_not_changed(engines: Engines) -> None:
    run(engines.superuser_url, "ALTER ROLE sq_app PASSWORD 'chosen'")
    roles.ensure_roles(engines.superuser_url, engines.secret_key, given=["sq_app"])
    run(engines.address("sq_app", "chosen"), "SELECT 1")
