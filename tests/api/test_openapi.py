"""The API describes itself, wholly and without a warning."""

import re

import django_filters
import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS

from smartqueue.api.v1.base import TenantView
from smartqueue.api.v1.schema import SENTENCES
from tests.architecture.endpoints import EXAMPLES, endpoints

DESCRIBED = [endpoint for endpoint in endpoints() if endpoint.template not in {"schema/", "docs/"}]
LISTS = [
    endpoint
    for endpoint in DESCRIBED
    if endpoint.method == "GET"
    and getattr(endpoint.view, "pagination_class", None)
    and not endpoint.template.endswith("id}/")
]


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def operation(document):
    def find(endpoint):
        return document["paths"][f"/api/v1/{endpoint.template}"][endpoint.method.lower()]

    return find


def each(chosen):
    return pytest.mark.parametrize("endpoint", chosen, ids=[one.name for one in chosen])


def test_the_schema_comes_without_warnings_and_is_valid(tmp_path):
    GENERATOR_STATS.reset()
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yml"))


def test_it_is_openapi_31_at_its_address_and_has_a_page(api):
    answer, page = api().get("schema/"), api().get("docs/")

    assert (answer.status_code, yaml.safe_load(answer.content)["openapi"]) == (200, "3.1.1")
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"http" not in b"".join(re.findall(rb'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page.content))


def test_every_address_and_method_is_described_and_no_other(document):
    described = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, item in document["paths"].items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete", "head", "options"}
    }

    assert described == {endpoint.name for endpoint in DESCRIBED}


def test_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]

    assert len(set(names)) == len(names) == len(DESCRIBED)
    assert not [name for name in names if not re.fullmatch(r"[a-z][a-z_]*[a-z]", name)]


@each([endpoint for endpoint in DESCRIBED if issubclass(endpoint.view, TenantView)])
def test_every_operation_of_a_tenant_says_how_it_refuses(endpoint, operation):
    responses = operation(endpoint)["responses"]
    expected = {"404", "503"}
    if EXAMPLES[endpoint.name].least != "anybody":
        expected |= {"401", "403"}
    if endpoint.method in {"POST", "PATCH", "PUT"}:
        expected |= {"400", "409", "413", "415"}
    if endpoint.method == "POST":
        expected.add("422")

    assert expected <= set(responses)
    for status, response in responses.items():
        if int(status) >= 400:
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert response["description"] == SENTENCES[int(status)]


@each([endpoint for endpoint in DESCRIBED if endpoint.method == "POST" and issubclass(endpoint.view, TenantView)])
def test_every_post_takes_an_idempotency_key(endpoint, operation):
    (key,) = [one for one in operation(endpoint)["parameters"] if one["name"] == "Idempotency-Key"]

    assert (key["in"], key.get("required", False)) == ("header", False)


@each(DESCRIBED)
def test_sign_in_is_asked_for_where_it_is_needed(endpoint, operation):
    security = operation(endpoint).get("security", [])

    assert ({"bearer": []} in security) == (EXAMPLES[endpoint.name].least != "anybody")
    assert ({} in security) <= (EXAMPLES[endpoint.name].least == "anybody")


@each(LISTS)
def test_a_list_says_how_it_is_filtered_ordered_and_paged(endpoint, operation):
    view = endpoint.view
    parameters = {one["name"]: one["schema"] for one in operation(endpoint)["parameters"] if one["in"] == "query"}
    filters = getattr(view, "filterset_class", None)
    offered = getattr(view, "ordering_fields", ())

    assert set(parameters) == {
        "cursor",
        "limit",
        *(filters.base_filters if filters else ()),
        *(["ordering"] if offered else []),
    }
    assert parameters["limit"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    if offered:
        assert set(parameters["ordering"]["enum"]) == {f"{sign}{name}" for name in offered for sign in ("", "-")}
    for name, made in (filters.base_filters if filters else {}).items():
        if isinstance(made, django_filters.UUIDFilter):
            assert parameters[name]["format"] == "uuid", name


def test_the_lists_are_found():
    assert len(LISTS) >= 13


@each([endpoint for endpoint in DESCRIBED if EXAMPLES[endpoint.name].body])
def test_every_body_of_the_examples_has_described_fields_only(endpoint, operation, document):
    schema = operation(endpoint)["requestBody"]["content"]["application/json"]["schema"]
    fields = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]].get("properties", {})

    assert set(EXAMPLES[endpoint.name].body) <= set(fields)
