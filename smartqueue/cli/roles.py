"""Three database roles: the owner migrates, row-level security holds `sq_app`, `sq_platform` has its own policies."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from smartqueue.cli.processes import PlainError
from smartqueue.config.environment import role_password

OWNER = "sq_owner"
ROLES = ("sq_app", "sq_platform")
# Limits, and one plan for each statement of a SQL function: weighing whether a plan made anew would be better costs the
# hot functions a third of their rate.
SETTINGS = {
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    "plan_cache_mode": "force_generic_plan",
}
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")
FOR_AN_ADMINISTRATOR = """\
CREATE ROLE sq_app LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT PASSWORD '...';
ALTER ROLE sq_app SET statement_timeout = '15s';
ALTER ROLE sq_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE sq_app SET lock_timeout = '5s';
ALTER ROLE sq_app SET plan_cache_mode = 'force_generic_plan';
CREATE ROLE sq_platform LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '...';
GRANT sq_platform TO {owner};
ALTER DATABASE {database} OWNER TO {owner};"""


@contextmanager
def connection(url: str) -> Iterator[Connection[TupleRow]]:
    """One connection, each statement its own transaction."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as opened:
        yield opened


def ensure_roles(url: str, secret_key: str, *, given: Collection[str] = ()) -> None:
    """Create the roles `sq_app` and `sq_platform`, or check that they are there and harmless.

    Args:
        url: a superuser, or the owner of the database, with or without CREATEROLE.
        secret_key: the passwords of the two roles are derived from it.
        given: roles that somebody else keeps (their address is in the environment): checked, not changed.

    Raises:
        PlainError: a role is missing or too mighty; the text says what an administrator has to run.
    """
    with connection(url) as db:
        may_create = db.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        if may_create and may_create[0]:
            for role in set(ROLES) - set(given):
                with suppress(psycopg.errors.InsufficientPrivilege):  # made by another administrator: checked below
                    _ensure_role(db, role, role_password(secret_key, role))
        faults = role_faults(db)
    if faults:
        raise PlainError(_ask_an_administrator(faults, url))


def ensure_owner(superuser_url: str, password: str) -> None:
    """Create the owner of the tables in our own PostgreSQL; it also has the rights of `sq_platform`."""
    with connection(superuser_url) as db:
        _ensure_role(db, OWNER, password)
        db.execute("GRANT sq_platform TO sq_owner")


def _ensure_role(db: Connection[TupleRow], role: str, password: str) -> None:
    names = {"role": sql.Identifier(role), "password": sql.Literal(password)}
    if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        db.execute(sql.SQL("CREATE ROLE {role}").format(**names))
    # Not NOSUPERUSER NOBYPASSRLS: the default, only a superuser may say it, and role_faults() looks.
    inherits = sql.SQL("NOINHERIT" if role == "sq_app" else "INHERIT")
    db.execute(sql.SQL("ALTER ROLE {role} LOGIN {inherits} PASSWORD {password}").format(inherits=inherits, **names))
    for setting, value in (SETTINGS if role == "sq_app" else {}).items():
        limit = {"setting": sql.Identifier(setting), "value": sql.Literal(value)}
        db.execute(sql.SQL("ALTER ROLE {role} SET {setting} = {value}").format(**names, **limit))


def role_faults(db: Connection[TupleRow]) -> list[str]:
    """What is wrong with the roles of the application, in plain words."""
    found = {
        str(name): (bool(super_), bool(bypass), bool(signs_in))
        for name, super_, bypass, signs_in in db.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)]
        )
    }
    faults = [f"The database role {role} does not exist." for role in ROLES if role not in found]
    for role, (super_, bypass, signs_in) in found.items():
        if super_ or bypass:
            faults.append(f"The database role {role} must not be a superuser and must not bypass row-level security.")
        if not signs_in:
            faults.append(f"The database role {role} may not sign in.")
    return faults + [f"{what}: row-level security would not hold it." for what in _owned_by_app(db)]


def _owned_by_app(db: Connection[TupleRow]) -> Iterator[str]:
    rows = db.execute(
        """SELECT 'sq_app owns the table ' || relname FROM pg_class WHERE relkind IN ('r', 'p')
             AND pg_get_userbyid(relowner) = 'sq_app'
           UNION ALL
           SELECT 'sq_app is a member of ' || pg_get_userbyid(roleid) FROM pg_auth_members
            WHERE pg_get_userbyid(member) = 'sq_app' ORDER BY 1"""
    )
    return (str(row[0]) for row in rows)


def _ask_an_administrator(faults: list[str], url: str) -> str:
    parts = urlsplit(url)
    statements = FOR_AN_ADMINISTRATOR.format(owner=parts.username or "OWNER", database=parts.path.lstrip("/"))
    return (
        " ".join(faults)
        + f"\nThe user {parts.username} of DATABASE_URL may not change this. Ask an administrator of the "
        f"database server to run what is missing of:\n\n{statements}\n\n"
        "Then set DATABASE_APP_URL and DATABASE_PLATFORM_URL with the passwords chosen."
    )


def create_database(superuser_url: str, name: str, *, template: str | None = None) -> None:
    """Create a database owned by `sq_owner`, with its grants still to be given; does nothing when it exists.

    Args:
        superuser_url: our own PostgreSQL.
        name: of the database.
        template: an existing database without sessions to copy, tables and grants included.
    """
    with connection(superuser_url) as db:
        if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        db.execute(
            sql.SQL("CREATE DATABASE {} OWNER sq_owner TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template1")
            )
        )


def drop_database(superuser_url: str, name: str) -> None:
    """Drop a database and end its sessions."""
    with connection(superuser_url) as db:
        db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def grant_access(owner_url: str) -> None:
    """Let the roles of the application into a database: rows and sequences, never TRUNCATE, never the schema.

    Raises:
        PlainError: the user of `owner_url` does not own the database.
    """
    with connection(owner_url) as db:
        try:
            for statement in _grants(db.info.dbname):
                db.execute(statement)
        except psycopg.errors.InsufficientPrivilege as refused:
            raise PlainError(_ask_an_administrator([f"{refused.diag.message_primary}."], owner_url)) from refused


def _grants(database: str) -> Iterator[sql.Composed]:
    name = sql.Identifier(database)
    for extension in EXTENSIONS:
        yield sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public").format(sql.Identifier(extension))
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO sq_app, sq_platform").format(name)
    for statement in (
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO sq_app, sq_platform",
        # For what the migrations create from now on; a migration may take single rights back.
        "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sq_app, sq_platform",
        "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO sq_app, sq_platform",
        "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO sq_app, sq_platform",
    ):
        yield sql.SQL("{}").format(sql.SQL(statement))
