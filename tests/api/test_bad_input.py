"""Whatever is sent: an answer that says what is wrong, never a fault of ours, and nothing changed."""

import copy
import json
from http import HTTPStatus
from uuid import uuid4

import orjson
import pytest

from tests.architecture.endpoints import EXAMPLES, TENANT, endpoints, footprint, make_world

ALL = [endpoint for endpoint in endpoints() if not endpoint.template.startswith("inbound/")]
"""What comes in signed is asked for its signature before anything else: tests/webhooks/test_inbound.py."""
WRITES = [endpoint for endpoint in ALL if endpoint.method in {"POST", "PATCH", "PUT"}]
LISTS = [
    endpoint for endpoint in ALL if endpoint.method == "GET" and getattr(endpoint.view, "pagination_class", None)
    and not endpoint.template.endswith("id}/")
]  # fmt: skip
DEEP = 10_000
FREE_FORM = {"metadata", "preferences", "hours"}
"""Fields that are objects or lists themselves."""


@pytest.fixture(scope="module")
def world():
    return make_world("Guichet")


def each(chosen):
    return pytest.mark.parametrize("endpoint", chosen, ids=[one.name for one in chosen])


def must_be_a_problem(answer, *statuses):
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/problem+json", answer["Content-Type"]
    problem = answer.json()
    assert list(problem)[:5] == ["type", "title", "status", "code", "detail"]
    assert problem["status"] == answer.status_code
    assert problem["title"] == HTTPStatus(answer.status_code).phrase
    assert problem["type"] == f"urn:smartqueue:problem:{problem['code']}"
    assert isinstance(problem["detail"], str)
    assert problem["detail"]
    assert isinstance(problem.get("errors", {}), dict)
    for errors in problem.get("errors", {}).values():
        assert all(set(error) == {"code", "message"} and error["message"] for error in errors), problem
    return problem


@pytest.fixture
def send(world):
    """Send a body to an endpoint as somebody who may; ids and slug are right."""

    def run(endpoint, body, *, content_type="application/json", rows=None, **headers):
        person = world.person(EXAMPLES[endpoint.name].least)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if person is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        return world.api().client.generic(
            endpoint.method,
            f"/api/v1/{endpoint.path(world.slug, rows or world.rows)}",
            data=body
            if isinstance(body, bytes)
            else json.dumps(body).encode(),  # orjson writes no integer beyond 64 bits
            content_type=content_type,
            headers=headers,
        )

    return run


@pytest.fixture
def nothing_changed(world):
    before = footprint(world.tenant.id)
    yield
    assert footprint(world.tenant.id) == before


NOT_JSON = {
    "half an object": b'{"a":',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "NaN": b'{"name": NaN}',
    "beyond a double": b'{"name": 1e400}',
    "two documents": b"{}{}",
    "a form": b"name=x",
    "NUL in a text": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"na\\u0000me": 1}',
    "NUL as it is": b'{"name": "a\x00b"}',
    "bottomless lists": b"[" * DEEP + b"]" * DEEP,
    "bottomless objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep lists": b'{"name": ' + b"[" * 900 + b"]" * 900 + b"}",
    "deep lists with NUL": b'{"name": ' + b"[" * 1000 + b'"\\u0000"' + b"]" * 1000 + b"}",
    "nothing but blanks": b"  \n",
}
NOT_OBJECTS = {"a list": [], "objects in a list": [{}], "a text": "x", "a number": 1, "null": None, "true": True}


@each(WRITES)
def test_a_body_that_is_not_a_json_object_is_refused(endpoint, send, nothing_changed):
    for name, body in NOT_JSON.items():
        problem = must_be_a_problem(send(endpoint, body), 400)
        assert problem["code"] == "parse_error", name
    for name, body in NOT_OBJECTS.items():
        problem = must_be_a_problem(send(endpoint, body), 400)
        assert (problem["code"], list(problem["errors"])) == ("invalid", ["body"]), name


@each(WRITES)
def test_a_body_that_is_too_large_or_of_another_type_is_refused(endpoint, send, nothing_changed):
    large = b'{"name": "' + b"x" * 1_000_000 + b'"}'

    assert must_be_a_problem(send(endpoint, large), 413)["code"] == "too_large"
    if endpoint.method == "POST" and endpoint.is_of_tenant:
        assert must_be_a_problem(send(endpoint, large, Idempotency_Key=str(uuid4())), 413)["code"] == "too_large"
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "nonsense",
    ):
        answer = send(endpoint, b'{"a": 1}', content_type=content_type)
        assert must_be_a_problem(answer, 415)["code"] == "unsupported_media_type", content_type


@each(WRITES)
def test_an_unknown_field_is_refused_by_name(endpoint, send, world, nothing_changed):
    body = (endpoint.body(world.rows) or {}) | {"nonsense": 1, "tenant_id": str(uuid4())}

    problem = must_be_a_problem(send(endpoint, body), 400)

    assert {"nonsense", "tenant_id"} <= set(problem["errors"])
    assert problem["errors"]["nonsense"][0]["code"] == "unknown_field"


WRONG = [
    {}, {"id": 1}, [[]], [[["x"]]], [None], True, 12345678901234567890, 123456789012345678901234567890, -1e300, 1.5,
    -1, "\ufdd0\u202e", "x" * 100_000, "\x7f\x01", "{slug}", "%s%n", "0" * 5000,
]  # fmt: skip
FIELDS = [
    (endpoint, name) for endpoint in WRITES if isinstance(EXAMPLES[endpoint.name].body, dict)
    for name in EXAMPLES[endpoint.name].body if endpoint.is_of_tenant
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "name"), FIELDS, ids=[f"{one.name} {name}" for one, name in FIELDS])
def test_a_value_of_the_wrong_type_is_refused_by_name(endpoint, name, send, world, nothing_changed):
    right = endpoint.body(world.rows)[name]
    for wrong in WRONG:
        same_type = type(wrong) is type(right) and (not isinstance(wrong, str) or len(wrong) < 1000)
        if same_type or (name in FREE_FORM and isinstance(wrong, dict | list)):
            continue
        body = endpoint.body(world.rows) | {name: wrong}
        problem = must_be_a_problem(send(endpoint, body), 400)
        assert any(field.partition(".")[0] == name for field in problem["errors"]), (wrong, problem)


NEEDED = {
    "name", "queue_id", "channel", "site", "service", "prefix", "email", "code", "date", "counter_id", "status",
    "site_id", "kind", "body",
}  # fmt: skip
CHOICE = ("call-next", "transfer")  # one of several, or none
REQUIRED = [
    (endpoint, name) for endpoint, name in FIELDS
    if endpoint.method == "POST" and name in NEEDED and not any(word in endpoint.name for word in CHOICE)
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "name"), REQUIRED, ids=[f"{one.name} {name}" for one, name in REQUIRED])
def test_what_is_required_is_missed_by_name(endpoint, name, send, world, nothing_changed):
    body = endpoint.body(world.rows)
    del body[name]

    for wanting in (body, body | {name: None}, body | {name: ""}):
        assert name in must_be_a_problem(send(endpoint, wanting), 400)["errors"]
    if endpoint.method == "POST":
        assert name in must_be_a_problem(send(endpoint, b""), 400)["errors"]


@pytest.mark.parametrize("name", ["wait_target_s", "capacity", "recall_gap_s", "elevated_rate", "max_deferrals"])
@pytest.mark.parametrize("value", [-1, 2**31, 2**63, 2**63 - 1, 10**30, -(2**63), 1e308, "1e3", "5", "NaN", True])
def test_numbers_out_of_range_are_refused(world, nothing_changed, name, value):
    body = json.dumps({name: value}).encode()
    answer = world.api().patch(f"tenants/{world.slug}/queues/{world.rows['queue']}/", json=body)

    assert name in must_be_a_problem(answer, 400)["errors"]


@pytest.mark.parametrize("people", [0, -1, 51, 2**63, 1.5, "2", True, None])
def test_a_number_of_people_that_cannot_be_is_refused(world, nothing_changed, people):
    answer = world.api().post(f"tenants/{world.slug}/tickets/{world.rows['ticket']}/defer/", json={"people": people})

    assert "people" in must_be_a_problem(answer, 400)["errors"]


@pytest.mark.parametrize(
    "at", ["2026-03-02T09:00:00", "2026-03-02", "tomorrow", "", "2026-02-30T00:00:00Z", "99999-01-01T00:00:00Z"]
)
def test_a_time_without_offset_is_refused(world, at):
    answer = world.api().get(f"tenants/{world.slug}/sites/{world.rows['site']}/opening/?at={at}")

    assert "at" in must_be_a_problem(answer, 400)["errors"]


@each(WRITES)
def test_a_name_given_twice_is_read_once(endpoint, send, world):
    """The last one counts, as everywhere in JSON; here it is the wrong one."""
    body = endpoint.body(world.rows)
    if not body:
        return
    name = next(iter(body))
    twice = orjson.dumps(body)[:-1] + b"," + orjson.dumps({name: {"not": "this"}})[1:]

    assert send(endpoint, twice).status_code in {400, 401}


@pytest.mark.parametrize("language", ["fr", "en", "wo", "fr-SN,fr;q=0.9", "zz", "*", "", "\x7f", "x" * 2000])
def test_a_refusal_is_a_sentence_in_any_language(world, send, language):
    (endpoint,) = [one for one in WRITES if one.name == f"POST {TENANT}tickets/"]

    must_be_a_problem(send(endpoint, {"queue_id": 1}, Accept_Language=language), 400)


def test_each_reader_gets_his_own_language(world, send):
    """DRF's French is there already: a form that serves many requests must not keep the first reader's words."""
    (endpoint,) = [one for one in WRITES if one.name == f"POST {TENANT}tickets/{{id}}/cancel/"]

    said = [
        must_be_a_problem(send(endpoint, {"reason": "x" * 201}, Accept_Language=language), 400)["errors"]["reason"][0]
        for language in ("fr", "en", "fr")
    ]

    assert [error["code"] for error in said] == ["max_length"] * 3
    assert said[0] == said[2] != said[1]
    assert said[1]["message"] == "Ensure this field has no more than 200 characters."


@each([endpoint for endpoint in ALL if endpoint.places])
@pytest.mark.parametrize(
    "place", ["x", "1", "%00", "%FF%FE", "..%2F..", "0" * 5000, "11111111-1111-7111-8111-11111111111G"]
)
def test_an_address_that_cannot_be_is_not_found(endpoint, world, place):
    person = world.person(EXAMPLES[endpoint.name].least)
    path = endpoint.path(world.slug, world.rows | dict.fromkeys(endpoint.places, place))
    headers = {"Authorization": f"Bearer {person.token}"} if person else {}

    answer = world.api().client.generic(
        endpoint.method, f"/api/v1/{path}", data=b"{}", content_type="application/json", headers=headers
    )

    must_be_a_problem(answer, 400 if place == "%00" else 404)


@pytest.mark.parametrize("slug", ["nowhere", "x" * 5000, "%FF", "%00", "a'b", "../..", "A_B-C"])
def test_a_slug_that_cannot_be_is_not_found(world, slug):
    must_be_a_problem(world.api().get(f"tenants/{slug}/queues/"), 400 if slug == "%00" else 404)


QUERIES = [
    "limit=0", "limit=-1", "limit=201", "limit=x", "limit=1.5", "limit=", "limit=" + "9" * 5000, "limit=%D9%A1",
    "cursor=x", "cursor=%FF", "cursor=cD0lMDA=", "cursor=cD14", "cursor=bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "cursor=cD0yMDI2LTAyLTMw", "cursor=bz0tMQ==", "cursor=cj0xJnA9eA==", "cursor=", "unknown=1", "limit=1&unknown",
    "ordering=password", "ordering=", "ordering=--id", "ordering=id;drop", "limit=%00", "cursor=%00",
    "%00=1", "search=%00",
]  # fmt: skip
NOT_ALWAYS_WRONG = {
    "cursor=cD14", "cursor=cj0xJnA9eA==", "cursor=cD0yMDI2LTAyLTMw",  # `p=x`: ordered by a name, `x` is a name
    "cursor=bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",  # an offset beyond the end
}  # fmt: skip


@each(LISTS)
def test_a_query_that_cannot_be_is_refused(endpoint, world):
    client, path = world.api(), endpoint.path(world.slug, world.rows)
    for query in QUERIES:
        answer = client.get(f"{path}?{query}")
        if query in NOT_ALWAYS_WRONG and answer.status_code == 200:
            continue
        problem = must_be_a_problem(answer, 400)
        assert problem["code"] == "invalid", query


FILTERS = [
    (endpoint, name) for endpoint in LISTS if getattr(endpoint.view, "filterset_class", None)
    for name in endpoint.view.filterset_class.base_filters
]  # fmt: skip
WORDS = [
    "%FF",
    "%25",
    "x" * 3000,
    "-1",
    "9" * 400,
    "0001-01-01",
    "'\"",
    "%5B%5D",
    "%E2%80%AE",
    "1e5",
    "2026-02-30",
    "a&{name}=b",
]


@pytest.mark.parametrize(("endpoint", "name"), FILTERS, ids=[f"{one.name} {name}" for one, name in FILTERS])
def test_a_filter_takes_a_value_or_refuses_it(endpoint, name, world):
    client, path = world.api(), endpoint.path(world.slug, world.rows)
    for word in WORDS:
        answer = client.get(f"{path}?{name}={word.format(name=name)}")
        if answer.status_code != 200:
            assert must_be_a_problem(answer, 400)["code"] == "invalid", word
    assert must_be_a_problem(client.get(f"{path}?{name}="), 400)["code"] == "invalid"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x7fb", "é" * 10])
def test_a_key_that_cannot_be_is_refused(world, send, nothing_changed, key):
    (endpoint,) = [one for one in WRITES if one.name == f"POST {TENANT}queues/{{id}}/pause/"]
    if key == "é" * 10:  # Latin-1 in a header: printable, so it is a key; the queue is closed with it
        return

    assert must_be_a_problem(send(endpoint, {}, Idempotency_Key=key), 400)["errors"].keys() == {"Idempotency-Key"}


def test_an_unknown_address_is_a_problem_too(world):
    for path in ("nothing/", "tenants/", f"tenants/{world.slug}/nothing/", "tickets", f"tenants/{world.slug}/queues"):
        must_be_a_problem(world.api().get(path), 404)


def test_examples_are_not_spoilt_by_these_tests(world):
    assert copy.deepcopy(EXAMPLES) == EXAMPLES
