"""Every endpoint × who asks: another tenant's rows are as absent as what never was, nobody is asked to sign in, and
a role without the scope is refused. New endpoints are found by themselves; they need an example in `endpoints.py`."""

from uuid import uuid4

import orjson
import pytest

from smartqueue.tenants.states import SCOPES_OF_ROLE
from tests.architecture.endpoints import EXAMPLES, endpoints, filled, footprint
from tests.cast import Api

ALL = endpoints()
OF_TENANT = [endpoint for endpoint in ALL if endpoint.is_of_tenant]
ROLES = ("agent", "manager", "admin")


def each(chosen):
    return pytest.mark.parametrize("endpoint", chosen, ids=[one.name for one in chosen])


def said(answer):
    """Status, code and what else a stranger could tell two refusals apart by; ids that he gave himself are blank."""
    content = answer.json()
    return (
        answer.status_code,
        answer["Content-Type"],
        content["code"],
        content["detail"],
        sorted(content.get("errors", ())),
    )


def tells_nothing_of(world, *answers):
    spoken = b"".join(answer.content + repr(answer.headers).encode() for answer in answers)
    return world.canary.encode() not in spoken


def test_every_endpoint_has_an_example_and_every_example_an_endpoint():
    assert {endpoint.name for endpoint in ALL} == set(EXAMPLES)


@each(OF_TENANT)
def test_a_stranger_finds_nothing_at_the_tenants_address(endpoint, bank_world, town_world):
    before, client = footprint(bank_world.tenant.id), town_world.api()

    foreign = client.request(
        endpoint.method, endpoint.path(bank_world.slug, bank_world.rows), json=endpoint.body(bank_world.rows)
    )
    absent = client.request(
        endpoint.method, endpoint.path("nowhere", bank_world.rows), json=endpoint.body(bank_world.rows)
    )

    assert said(foreign)[:3] == (404, "application/problem+json", "not_found")
    assert foreign.content == absent.content
    assert tells_nothing_of(bank_world, foreign)
    assert footprint(bank_world.tenant.id) == before


@each([endpoint for endpoint in OF_TENANT if endpoint.places])
@pytest.mark.parametrize("with_key", [False, True])
def test_another_tenants_row_is_as_absent_as_one_that_never_was(endpoint, bank_world, town_world, with_key):
    before, client = footprint(bank_world.tenant.id), town_world.api()
    if with_key and endpoint.method != "POST":
        return

    foreign, absent = (
        client.request(
            endpoint.method,
            endpoint.path(town_world.slug, rows),
            json=endpoint.body(town_world.rows),
            headers={"Idempotency-Key": str(uuid4())} if with_key else None,
        )
        for rows in (bank_world.rows, town_world.absent())
    )

    assert foreign.status_code == 404, foreign.content
    assert said(foreign) == said(absent)
    assert tells_nothing_of(bank_world, foreign)
    assert footprint(bank_world.tenant.id) == before


def ids_in(body):
    """Kinds of rows that a body names."""
    text = orjson.dumps(body).decode() if body else ""
    return sorted(kind for kind in KINDS_IN_BODIES if f"{{{kind}}}" in text)


KINDS_IN_BODIES = (
    "site", "category", "other_service", "service", "queue", "other_queue", "customer", "agent", "counter",
)  # fmt: skip
NAMING_IDS = [(endpoint, kind) for endpoint in OF_TENANT for kind in ids_in(EXAMPLES[endpoint.name].body)]


@pytest.mark.parametrize(("endpoint", "kind"), NAMING_IDS, ids=[f"{one.name} {kind}" for one, kind in NAMING_IDS])
@pytest.mark.parametrize("with_key", [False, True])
def test_another_tenants_id_in_a_body_is_an_absent_one(endpoint, kind, bank_world, town_world, with_key):
    before, mine = footprint(bank_world.tenant.id), footprint(town_world.tenant.id)
    client, path = town_world.api(), endpoint.path(town_world.slug, town_world.rows)
    if "/me/" in path:
        client = town_world.api("agent")
    bodies = [
        filled(EXAMPLES[endpoint.name].body, town_world.rows | {kind: rows[kind], "email": f"{uuid4().hex}@example.sn"})
        for rows in (bank_world.rows, town_world.absent())
    ]

    foreign, absent = (
        client.request(
            endpoint.method, path, json=body, headers={"Idempotency-Key": str(uuid4())} if with_key else None
        )
        for body in bodies
    )

    assert foreign.status_code in {400, 404}, foreign.content
    assert said(foreign) == said(absent)
    assert tells_nothing_of(bank_world, foreign)
    assert footprint(bank_world.tenant.id) == before
    assert footprint(town_world.tenant.id) == mine


LISTS = [
    endpoint for endpoint in OF_TENANT
    if endpoint.method == "GET" and not endpoint.places
    and "/reports/" not in endpoint.template and not endpoint.template.endswith("/notification-rules/")
]  # fmt: skip
"""Reports are sums and no lists: tests/api/test_reports.py looks whose they are. Rules are one row."""


@each(LISTS)
def test_a_list_shows_the_own_rows_and_nobody_elses(endpoint, bank_world, town_world):
    theirs, ours = (world.api().get(endpoint.path(world.slug, world.rows)) for world in (town_world, bank_world))

    assert (theirs.status_code, ours.status_code) == (200, 200)
    assert theirs.json()["results"], "an empty list would prove nothing"
    assert not tells_nothing_of(bank_world, ours)
    assert tells_nothing_of(bank_world, theirs)
    assert not any(row_id.encode() in theirs.content for row_id in bank_world.rows.values())


@each(ALL)
def test_nobody_is_asked_to_sign_in_except_where_it_is_public(endpoint, bank_world):
    before = footprint(bank_world.tenant.id)
    if EXAMPLES[endpoint.name].least == "anybody":
        assert not endpoint.is_of_tenant
        return
    path, body = endpoint.path(bank_world.slug, bank_world.rows), endpoint.body(bank_world.rows)

    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bW91c3NhOng="}):
        answer = Api().request(endpoint.method, path, json=body, headers=headers)

        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        assert tells_nothing_of(bank_world, answer)
    assert footprint(bank_world.tenant.id) == before


@each(OF_TENANT)
def test_a_role_without_the_scope_is_refused(endpoint, bank_world):
    before, least = footprint(bank_world.tenant.id), EXAMPLES[endpoint.name].least
    path, body = endpoint.path(bank_world.slug, bank_world.rows), endpoint.body(bank_world.rows)

    for role in ROLES[: ROLES.index(least)]:
        answer = bank_world.api(role).request(endpoint.method, path, json=body)
        assert said(answer)[:3] == (403, "application/problem+json", "forbidden"), (role, answer.content)
    needed = endpoint.view.scopes[endpoint.method]
    assert [role for role in ROLES if needed in SCOPES_OF_ROLE[role]] == list(ROLES[ROLES.index(least) :])
    assert footprint(bank_world.tenant.id) == before


@each([endpoint for endpoint in OF_TENANT if endpoint.method == "GET"])
def test_head_is_get_without_the_body(endpoint, bank_world, town_world):
    path = endpoint.path(bank_world.slug, bank_world.rows)

    got, head, stranger = (
        client.request(method, path)
        for client, method in (
            (bank_world.api(), "GET"), (bank_world.api(), "HEAD"), (town_world.api(), "HEAD"),
        )
    )  # fmt: skip

    assert (head.status_code, head.content, head["Content-Type"]) == (got.status_code, b"", got["Content-Type"])
    assert stranger.status_code == 404


TEMPLATES = sorted({endpoint.template for endpoint in OF_TENANT})


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_method_that_is_not_there_is_said_to_members_only(template, bank_world, town_world):
    here = [endpoint for endpoint in OF_TENANT if endpoint.template == template]
    known = {endpoint.method for endpoint in here}
    path = here[0].path(bank_world.slug, bank_world.rows)

    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - known:
        member = bank_world.api().request(method, path)
        assert (member.status_code, member.json()["code"]) == (405, "method_not_allowed"), method
        assert set(member["Allow"].replace(" ", "").split(",")) - {"HEAD", "OPTIONS"} == known
    for method in ("OPTIONS", "TRACE", "BREW"):
        stranger, nobody = (client.request(method, path) for client in (town_world.api(), Api()))
        assert (stranger.status_code, nobody.status_code) == (404, 401), method
