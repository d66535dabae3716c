"""A database that is gone is a 503 that says when to come back; one that is back is used at once."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection
from psycopg_pool import PoolTimeout

from smartqueue.cli.processes import wait_until
from smartqueue.config.postgresql.base import DatabaseWrapper, has_hung_up
from tests.chaos.clients import PROBLEM_JSON

PATHS = [
    ("POST", "tenants/{slug}/tickets/", {"queue_id": "{queue}", "channel": "kiosk"}),
    ("POST", "tenants/{slug}/agents/me/call-next/", {}),
    ("POST", "tenants/{slug}/queues/{queue}/pause/", {}),
    ("GET", "tenants/{slug}/queues/", None),
    ("GET", "public/tickets/{slug}/", None),
    ("POST", "users/jwt/token/", {"email": "a@example.sn", "password": "x"}),
]


@pytest.fixture
def ask(api: Any, binta: Any, moussa: Any, bank: Any, tellers: Any) -> Callable[..., Any]:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        return value.format(slug=bank.slug, queue=tellers.id) if isinstance(value, str) else value

    def send(method: str, path: str, body: Any, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        person = moussa if "pause" in path else binta
        return api(person).request(method, filled(path), json=filled(body), headers=headers)

    return send


def assert_says_when_to_come_back(answer: Any) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (503, PROBLEM_JSON), answer.content
    assert (answer.json()["code"], answer["Retry-After"]) == ("unavailable", "1")


@pytest.mark.parametrize("error", [OperationalError("the server is gone"), PoolTimeout("no connection in 3 s")])
@pytest.mark.parametrize("key", ["", "some-key"])
@pytest.mark.parametrize(("method", "path", "body"), PATHS, ids=[path for _, path, _ in PATHS])
def test_without_a_database_every_answer_says_when_to_come_back(ask, monkeypatch, method, path, body, key, error):
    connection.close()

    def refuse(*_: Any) -> None:
        raise error

    monkeypatch.setattr(DatabaseWrapper, "get_new_connection", refuse)

    assert_says_when_to_come_back(ask(method, path, body, key))


def test_a_database_that_dies_after_the_commit_is_no_lost_ticket(ask, monkeypatch, tellers, bank):
    """The commit has happened, its answer is lost: nobody knows. The same key finds out."""
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    method, path, body = PATHS[0]
    key, commit = uuid4().hex, DatabaseWrapper._commit

    def commit_and_die(self: DatabaseWrapper) -> None:
        commit(self)
        self.connection.close()
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as dying:
        dying.setattr(DatabaseWrapper, "_commit", commit_and_die)
        assert_says_when_to_come_back(ask(method, path, body, key))

    again = ask(method, path, body, key)
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    with in_tenant(bank.id):
        assert [str(ticket.id) for ticket in Ticket.objects.all()] == [again.json()["id"]]


def test_the_word_unavailable_promises_nothing_that_is_not_known():
    from smartqueue.api.v1.problems import SENTENCES

    assert "nothing was changed" not in str(SENTENCES["unavailable"])


@pytest.mark.parametrize("limit", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_a_transaction_that_a_stalled_process_left_open_too_long_is_a_503(bank, limit):
    """PostgreSQL ends it, and calls that an internal error; for the caller it is a busy service."""
    from smartqueue.api.v1.problems import as_refusal
    from smartqueue.tenants.scope import in_tenant

    def stall() -> None:
        with in_tenant(bank.id), connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, '20ms', true)", [limit])
            assert wait_until(lambda: not terminate("pid", connection.connection.info.backend_pid, "false"), seconds=10)
            cursor.execute("SELECT 1")

    with pytest.raises(DatabaseError) as ended:
        stall()

    refusal = as_refusal(ended.value)
    assert refusal is not None
    assert refusal.code == "unavailable"


@pytest.fixture
def alone() -> Iterator["psycopg.Connection[Any]"]:
    """An idle connection of the application."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    words = {"dbname": database["NAME"], "user": database["USER"], "password": database["PASSWORD"]}
    with psycopg.connect(host=database["HOST"], autocommit=True, **words) as opened:
        yield opened


def terminate(where: str, value: object, really: str = "true") -> int:
    """End sessions as a restart of PostgreSQL does; returns how many there were."""
    with psycopg.connect(os.environ["SQ_TEST_SUPERUSER"], autocommit=True) as superuser:
        ended = superuser.execute(
            f"SELECT {really} AND pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {where} = %s", [value]
        )
        return len(ended.fetchall())


def test_an_idle_connection_has_not_hung_up(alone):
    alone.execute("SELECT 1")
    assert not has_hung_up(alone)


def test_a_connection_with_an_unread_notice_has_not_hung_up(alone):
    alone.execute("LISTEN somebody")
    with psycopg.connect(os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{alone.info.dbname}?")) as other:
        other.execute("NOTIFY somebody")

    assert not has_hung_up(alone)
    assert alone.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_that_the_server_has_closed_is_seen_without_a_question(alone):
    assert terminate("pid", alone.info.backend_pid) == 1
    assert has_hung_up(alone)


def test_a_connection_that_we_have_closed_is_not_used_either(alone):
    alone.close()
    assert has_hung_up(alone)


def test_after_a_restart_of_the_database_no_request_meets_a_dead_connection(web_processes, binta, bank):
    """Eight connections in the pool, all of them ended by the server: the next requests do not notice."""
    name = f"web-{uuid4().hex[:8]}"
    url = web_processes(1, PGAPPNAME=name) + f"/api/v1/tenants/{bank.slug}/queues/"
    with httpx.Client(headers={"Authorization": f"Bearer {binta.token}"}, trust_env=False, timeout=10) as client:
        for _ in range(3):
            assert client.get(url).status_code == 200
            assert terminate("application_name", name) >= 1
        assert [client.get(url).status_code for _ in range(10)] == [200] * 10
