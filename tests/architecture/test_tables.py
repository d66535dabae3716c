"""Every table of the database: whose it is, and what PostgreSQL lets the application do with it."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from smartqueue.tenants.models import TenantForeignKey, TenantOwned
from smartqueue.tenants.scope import in_tenant
from tests.architecture.endpoints import footprint, tenant_tables

# Reviewed: no row of these belongs to one tenant. A new table joins this list, or has a tenant_id and policies.
WITHOUT_TENANT = {
    "accounts_browser": "browsers that a person has signed in with",
    "accounts_emailcode": "codes of a person",
    "accounts_passkey": "public keys of a person's devices",
    "accounts_recoverycode": "hashed codes of a person",
    "accounts_refreshtoken": "sign-ins of a person, found by a hash of the token",
    "accounts_secondfactor": "a person's sealed secret",
    "accounts_tally": "counts tries per address",
    "accounts_user": "people, who may belong to several tenants",
    "accounts_user_groups": "Django's, of platform staff",
    "accounts_user_user_permissions": "Django's, of platform staff",
    "auth_group": "Django's, of platform staff",
    "auth_group_permissions": "Django's, of platform staff",
    "auth_permission": "Django's, of platform staff",
    "billing_plan": "what the platform offers to every tenant, and its prices",
    "devices_pairing": "devices that nobody has claimed yet; reached by functions that want a secret or a code",
    "django_admin_log": "Django's, of platform staff",
    "django_content_type": "Django's list of models",
    "django_migrations": "Django's list of migrations",
    "django_session": "Django's, of platform staff",
    "reporting_watermark": "how far the journal was read, for the whole platform; sq_app has no right on it",
    "sites_division": "public knowledge: regions, departments, communes",
    "sites_publicholiday": "public knowledge",
    "tenants_tenant": "the tenants themselves; a slug has to be looked up before there is a scope",
}

# Reviewed: each asks for no more than its caller proves, and finds nothing but what its comment says.
DEFINERS = {
    "customers_matching": "ids of the scope's own customers that resemble a text",
    "devices_begin": "writes a pairing that opens nothing by itself; bounded per address and in all",
    "devices_claim": "gives the scope's tenant the pairing whose code it names, once",
    "devices_collect": "the tenant and id of a claimed device, once, to who holds the pairing's secret",
    "devices_pairing_of": "code and state of a pairing, to who holds its secret",
    "devices_tenant_of_token": "the tenant of one device, to who holds its token",
    "notifications_tenant_of_hook": "the tenant of one integration, to who holds the key of its address",
    "webhooks_tenant_of_source": "the tenant of one source, to who holds the key of its address",
    "tenants_tenant_of_key": "the tenant of one API key, to who holds it",
    "queueing_tenant_of_token": "the tenant of one ticket, to who holds its token",
    "queueing_ticket_is_recorded": "a trigger: whether one version of one ticket has its journal entry",
}


def rows(sql, values=(), alias="platform"):
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_every_table_has_a_tenant_or_is_on_the_reviewed_list():
    tables = rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )

    assert {name for (name,) in tables} - set(tenant_tables()) == set(WITHOUT_TENANT)


def test_every_table_with_a_tenant_is_isolated_even_from_its_owner():
    flags = rows(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace",
        [tenant_tables()],
    )

    assert {name: (on, forced) for name, on, forced in flags} == dict.fromkeys(tenant_tables(), (True, True))


def test_every_table_with_a_tenant_has_the_two_policies_and_no_third():
    scope = (
        "(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS \"nullif\"))"
    )
    found = rows(
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public' ORDER BY 1, 2"
    )

    assert found == [
        policy
        for table in tenant_tables()
        for policy in (
            (table, "platform", "PERMISSIVE", "{sq_platform}", "ALL", "true", "true"),
            (table, "tenant_scope", "PERMISSIVE", "{sq_app}", "ALL", scope, scope),
        )
    ]


@pytest.fixture
def filled_tables(bank_world, town_world):
    """Tables in which both tenants have rows."""
    both = [footprint(world.tenant.id) for world in (bank_world, town_world)]
    return [table for table in tenant_tables() if all(one[table][0] for one in both)]


def test_there_is_something_to_hide(filled_tables):
    assert set(tenant_tables()) - set(filled_tables) <= {
        "queueing_alert", "queueing_alertrule", "queueing_outlook",
        "forecast_estimate", "forecast_journey", "forecast_learnt",
        "travel_travellesson", "travel_travelrules", "travel_travelspeed",
        "billing_monthusage", "billing_subscription",
        "devices_clip", "journal_handled", "journal_rememberedanswer", "journal_stream", "queueing_agentsession",
        "reporting_agentday", "reporting_dailyletter", "reporting_dailywish",
        "queueing_servicepace", "sites_hoursprofile", "sites_profilehours", "sites_servicehours", "tenants_logo",
    }  # fmt: skip


def test_outside_a_scope_the_application_sees_no_row_of_any_tenant(filled_tables):
    with transaction.atomic():
        seen = {table: rows(f"SELECT count(*) FROM {table}", alias="default")[0][0] for table in filled_tables}

    assert seen == dict.fromkeys(filled_tables, 0)


def test_inside_a_scope_the_application_sees_the_rows_of_one_tenant(filled_tables, bank_world, town_world):
    with in_tenant(town_world.tenant.id):
        seen = {table: rows(f"SELECT DISTINCT tenant_id FROM {table}", alias="default") for table in filled_tables}

    assert seen == {table: [(town_world.tenant.id,)] for table in filled_tables}


@pytest.mark.parametrize("scoped", [True, False])
def test_a_row_for_another_tenant_is_refused_by_postgresql(filled_tables, bank_world, town_world, scoped):
    """A copy of a row of the own tenant, with the other's tenant_id; before any constraint is asked."""
    refused = {}
    for table in filled_tables:
        columns = [
            name for (name,) in rows(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " AND column_name <> 'tenant_id'"
                " AND table_schema = 'public' ORDER BY ordinal_position", [table]
            )
        ]  # fmt: skip
        listed = ", ".join(f'"{name}"' for name in columns)
        if scoped:
            source = f"SELECT %s::uuid, {listed} FROM {table} LIMIT 1"
        else:
            source = "SELECT %s::uuid, " + ", ".join(f'(NULL::{table})."{name}"' for name in columns)
        with in_tenant(town_world.tenant.id) if scoped else transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SAVEPOINT one")
            try:
                cursor.execute(f"INSERT INTO {table} (tenant_id, {listed}) {source}", [bank_world.tenant.id])
                refused[table] = "accepted"
            except ProgrammingError as error:
                refused[table] = error.__cause__.sqlstate
            cursor.execute("ROLLBACK TO one")

    assert refused == dict.fromkeys(filled_tables, "42501")


@pytest.mark.parametrize("scoped", [True, False])
def test_another_tenants_rows_are_out_of_reach_of_update_and_delete(filled_tables, bank_world, town_world, scoped):
    before, touched = footprint(bank_world.tenant.id), {}
    changeable = [table for table in filled_tables if may(table, "UPDATE") and may(table, "DELETE")]
    for table in changeable:
        with in_tenant(town_world.tenant.id) if scoped else transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = %s", [bank_world.tenant.id])
            updated = cursor.rowcount
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [bank_world.tenant.id])
            touched[table] = (updated, cursor.rowcount)

    assert touched == dict.fromkeys(changeable, (0, 0))
    assert len(touched) > 12
    assert footprint(bank_world.tenant.id) == before


def test_no_row_can_be_given_away_to_another_tenant(bank_world, town_world):
    with pytest.raises(ProgrammingError, match="row-level security"), in_tenant(town_world.tenant.id):
        rows("UPDATE customers_customer SET tenant_id = %s RETURNING 1", [bank_world.tenant.id], alias="default")


def may(table, privilege, role="sq_app"):
    return rows("SELECT has_table_privilege(%s, %s, %s)", [role, table, privilege])[0][0]


def isolated_models():
    return [model for model in apps.get_models() if any(field.name == "tenant" for field in model._meta.local_fields)]


def test_every_relation_between_tables_of_a_tenant_is_tied_to_the_tenant():
    constraints = dict(rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"))
    wanted = {
        f"{model._meta.db_table}_{field.column}_same_tenant":
            f"FOREIGN KEY (tenant_id, {field.column}) REFERENCES {field.related_model._meta.db_table}(tenant_id, id)"
        for model in apps.get_models() for field in model._meta.local_fields if isinstance(field, TenantForeignKey)
    }  # fmt: skip

    found = {name: constraints.get(name, "missing").partition(" ON DELETE")[0] for name in wanted}

    assert found == wanted
    assert len(wanted) >= 15


def test_no_relation_to_a_table_of_a_tenant_goes_without_the_tenant():
    loose = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.is_relation
        and issubclass(field.related_model, TenantOwned)
        and not isinstance(field, TenantForeignKey)
    ]

    assert loose == []


def test_every_row_of_a_tenant_belongs_to_one_that_exists():
    """Directly, or through a required relation (isolation.Isolate says why not both); the journal outlives tenants."""
    constraints = dict(rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"))
    unanchored = [
        model._meta.db_table
        for model in isolated_models()
        if f"{model._meta.db_table}_tenant" not in constraints
        and not any(isinstance(f, TenantForeignKey) and not f.null for f in model._meta.local_fields)
    ]

    assert unanchored == ["journal_entry"]


def test_a_relation_to_another_tenants_row_is_refused_like_one_to_nothing(bank_world, town_world):
    def point_at(site_id):
        with pytest.raises(IntegrityError) as refused, in_tenant(town_world.tenant.id):
            rows("UPDATE sites_counter SET site_id = %s RETURNING 1", [site_id], alias="default")
        return refused.value.__cause__.sqlstate, refused.value.__cause__.diag.constraint_name

    foreign, absent = point_at(bank_world.rows["site"]), point_at(bank_world.absent()["site"])

    assert foreign == absent == ("23503", "sites_counter_site_id_same_tenant")


def test_the_application_role_is_an_ordinary_one():
    (role,) = rows("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
                   " WHERE rolname = 'sq_app'")  # fmt: skip
    owned = rows("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'sq_app'")
    memberships = rows("SELECT pg_get_userbyid(roleid) FROM pg_auth_members WHERE pg_get_userbyid(member) = 'sq_app'")

    assert (role, owned, memberships) == ((False,) * 5, [], [])
    assert rows("SELECT current_user", alias="default") == [("sq_app",)]


def test_the_platform_role_sees_everything_by_policy_only():
    (role,) = rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'sq_platform'")
    owned = rows("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'sq_platform'")

    assert (role, owned) == ((False, False), [])
    assert rows("SELECT current_user") == [("sq_platform",)]


def test_nobody_but_the_owner_empties_a_table_or_adds_to_the_schema():
    tables = rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    mighty = [
        (role, table, privilege)
        for role in ("sq_app", "sq_platform")
        for (table,) in tables
        for privilege in ("TRUNCATE", "TRIGGER", "REFERENCES")
        if may(table, privilege, role)
    ]

    assert mighty == []
    for role in ("sq_app", "sq_platform"):
        assert rows("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [role]) == [(False,)]


@pytest.mark.parametrize("statement", ["UPDATE journal_entry SET fact = 'x'", "DELETE FROM journal_entry",
                                       "TRUNCATE journal_entry"])  # fmt: skip
def test_the_application_cannot_rewrite_the_journal(bank_world, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), in_tenant(bank_world.tenant.id):
        rows(statement, alias="default")


def test_functions_with_their_owners_rights_are_reviewed_and_look_nowhere_else():
    found = rows(
        "SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc p"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY 1"
    )
    paths = {name: [one for one in config or () if one.startswith("search_path=")] for name, config, _public in found}

    assert set(paths) == set(DEFINERS)
    assert all(len(path) == 1 and path[0].endswith("pg_temp") for path in paths.values()), paths


def test_functions_with_their_owners_rights_find_nothing_for_a_stranger(bank_world, town_world):
    sought = "SELECT count(DISTINCT id) FROM customers_matching(%s) AS id"
    with transaction.atomic():
        outside = rows(sought, [bank_world.canary], alias="default")
    with in_tenant(town_world.tenant.id):
        foreign = rows(sought, [bank_world.canary], alias="default")
    with in_tenant(bank_world.tenant.id):
        own = rows(sought, [bank_world.canary], alias="default")

    assert (outside, foreign, own) == ([(0,)], [(0,)], [(1,)])
    assert rows("SELECT queueing_tenant_of_token('')", alias="default") == [(None,)]


def test_a_view_shows_its_reader_no_more_than_the_tables_do():
    views = rows(
        "SELECT relname, relkind, reloptions FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace = 'public'::regnamespace"
    )

    assert [
        name for name, kind, options in views if kind == "m" or "security_invoker=true" not in (options or ())
    ] == []


def test_no_sequence_is_the_applications_to_set():
    sequences = rows("SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace")

    assert [
        name for (name,) in sequences if rows("SELECT has_sequence_privilege('sq_app', %s, 'UPDATE')", [name])[0][0]
    ] == []


def test_two_tenants_sharing_one_connection_see_their_own_rows_only(bank_world, town_world):
    """A pool of one, 500 rounds, each other round ends in an error at one of three places."""
    from psycopg_pool import ConnectionPool

    owner = urlsplit(os.environ["DATABASE_URL"])
    settings = connections["default"].settings_dict
    assert settings["USER"] == "sq_app"
    host = dict(pair.split("=", 1) for pair in owner.query.split("&") if "=" in pair).get("host") or owner.hostname
    keywords = {
        "host": host, "port": settings["PORT"] or None, "user": "sq_app", "password": settings["PASSWORD"],
        "dbname": settings["NAME"],
    }  # fmt: skip
    seen, backends = set(), set()
    with ConnectionPool(kwargs=keywords, min_size=1, max_size=1, open=True, timeout=10) as pool:
        for n in range(500):
            world = (bank_world, town_world)[n % 2]
            try:
                with pool.connection() as one, one.transaction():
                    backends.add(one.info.backend_pid)
                    assert one.execute("SELECT count(*) FROM queueing_ticket").fetchone() == (0,)
                    one.execute("SELECT set_config('app.tenant_id', %s, true)", [str(world.tenant.id)])
                    found = one.execute("SELECT DISTINCT tenant_id FROM queueing_ticket").fetchall()
                    seen.add((world.tenant.id, *[tenant_id for (tenant_id,) in found]))
                    if n % 6 == 1:
                        one.execute("SELECT 1 / 0")
                    elif n % 6 == 3:
                        raise RuntimeError
                    elif n % 6 == 5:
                        one.execute("INSERT INTO queueing_ticket (tenant_id) VALUES (%s)", [bank_world.tenant.id])
            except (psycopg.Error, RuntimeError):
                pass

    assert seen == {(world.tenant.id, world.tenant.id) for world in (bank_world, town_world)}
    assert len(backends) == 1
