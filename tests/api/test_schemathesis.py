"""The whole API against its own description: sensible and senseless requests by each role, in this process.

Half of the time the ids in the address and the body are real ones, so that the code behind them is reached. A small
number of examples by default; `SMARTQUEUE_FULL=1` takes many more.
"""

import os
from functools import cache
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.architecture.endpoints import EXAMPLES, endpoints, make_world
from tests.cast import Api

load_all_checks()

FULL = os.environ.get("SMARTQUEUE_FULL") == "1"
EXAMPLES_EACH = {"admin": 5, "manager": 2, "agent": 3, "nobody": 1}
FULL_TIMES = 50
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
DESCRIBED = [endpoint for endpoint in endpoints() if endpoint.template not in {"schema/", "docs/"}]


@cache
def operations():
    from drf_spectacular.generators import SchemaGenerator

    from smartqueue.config.wsgi import application

    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    schema.app = application
    found = [result.ok() for result in schema.get_all_operations()]
    return {f"{one.method.upper()} {one.path.removeprefix('/api/v1/')}": one for one in found}


def test_every_endpoint_is_tried():
    assert set(operations()) == {endpoint.name for endpoint in DESCRIBED}


@pytest.fixture(scope="module")
def worlds():
    return []


@pytest.fixture
def world(worlds, endpoint):
    """What is deleted here is nobody else's; a ticket that is moved is a fresh one, or all of its tenant is."""
    if endpoint.method == "DELETE":
        return make_world("Essai")
    if not worlds:
        worlds.append(make_world("Essai"))
    if "tickets/{" in endpoint.template and endpoint.method == "POST":
        shared = worlds.pop()
        body = {"queue_id": shared.rows["queue"], "channel": "web"}
        taken = shared.api().post(f"tenants/{shared.slug}/tickets/", json=body).json()
        if "id" in taken:
            shared.rows |= {"ticket": taken["id"], "token": taken["token"]}
        worlds.append(shared if "id" in taken else make_world("Essai"))  # an earlier test has closed that queue
    return worlds[0]


def _real(endpoint, case, world):
    """The case, with the real ids in its address."""
    names = [part[1:-1] for part in endpoint.template.split("/") if part.startswith("{") and part != "{slug}"]
    return case.path_parameters | {name: world.rows[kind] for name, kind in zip(names, endpoint.places, strict=True)}


# Schemathesis shuffles with `random` now and then; Hypothesis says so.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", EXAMPLES_EACH)
@pytest.mark.parametrize("endpoint", DESCRIBED, ids=[endpoint.name for endpoint in DESCRIBED])
def test_it_answers_as_it_is_described(endpoint, role, mode, world):
    operation = operations()[endpoint.name]
    client = Api() if role == "nobody" else world.api(role)
    headers = {} if role == "nobody" else {"Authorization": f"Bearer {client.person.token}"}

    @settings(
        max_examples=EXAMPLES_EACH[role] * (FULL_TIMES if FULL else 1), deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        case=operation.as_strategy(generation_mode=mode), real_path=st.booleans(), real_body=st.booleans(),
        key=st.none() | st.just(None) | st.text(alphabet="abc", min_size=1, max_size=3),
    )  # fmt: skip
    def run(case, real_path, real_body, key):
        if "slug" in (case.path_parameters or {}):
            case.path_parameters = case.path_parameters | {"slug": world.slug}
        if real_path and endpoint.places:
            case.path_parameters = _real(endpoint, case, world)
        if real_body and EXAMPLES[endpoint.name].body is not None:
            case.body = endpoint.body(world.rows | {"email": f"{uuid4().hex}@example.sn"})
            case.media_type = "application/json"
        case.headers = {}
        response = case.call(headers=headers | ({"Idempotency-Key": key} if key else {}))
        case.validate_response(response, checks=CHECKS)

    try:
        run()
    except Unsatisfiable:  # nothing senseless can be said to an endpoint that takes no parameter
        assert mode is GenerationMode.NEGATIVE
