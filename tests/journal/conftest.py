"""Facts of the tests, the relay run by hand, and processes that run it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NINE
from tests.journal.facts import EFFECT, HEARD

Record = Callable[..., Any]


@pytest.fixture
def happen(bank: Any) -> Record:
    """Write a fact that the test's handlers hear."""
    from smartqueue.journal.actions import record
    from smartqueue.journal.states import SYSTEM, AuditKind
    from smartqueue.tenants.scope import in_tenant

    def write(fact: str = HEARD, *, tenant: Any = bank, at: datetime = NINE, **values: Any) -> Any:
        with in_tenant(tenant.id):
            return record(
                fact,
                **{
                    "kind": AuditKind.UPDATE,
                    "tenant_id": tenant.id,
                    "object_type": "test",
                    "object_id": uuid4(),
                    "actor": SYSTEM,
                    "at": at,
                }
                | values,
            )

    return write


@pytest.fixture
def now_of() -> Callable[[Any], Any]:
    """An entry, or several, as they are now."""
    from smartqueue.journal.models import Entry

    return lambda entry: Entry.objects.using("platform").get(id=entry.id)


@pytest.fixture
def effects() -> Callable[[Any], int]:
    """How often the test's handler has had its effect for this entry."""
    from smartqueue.journal.models import Entry

    return lambda entry: Entry.objects.using("platform").filter(fact=EFFECT, object_id=entry.object_id).count()


@pytest.fixture
def relay() -> Callable[..., int]:
    """Run the relay until nothing is left for it at that instant. Returns how many entries it took."""
    from smartqueue.journal.actions.relay import relay_entries

    def run(timetable: Any, at: datetime = NINE) -> int:
        total = 0
        for _ in range(200):
            taken = relay_entries(timetable=timetable, at=at)
            total += taken
            if not taken:
                return total
        raise AssertionError("the relay does not come to an end")

    return run


@pytest.fixture
def settled(relay: Callable[..., int]) -> None:
    """What other tests have left in the journal is handed over to nobody."""
    relay({}, datetime.fromisoformat("2100-01-01T00:00:00+00:00"))


@pytest.fixture
def run_relay(worker_environment: dict[str, str]) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """One run of the relay's task in a process of its own, with the test's timetable."""

    def run(**environment: str) -> "subprocess.CompletedProcess[str]":
        code = "import django; django.setup(); from smartqueue.journal.tasks import relay; relay()"
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=wired(worker_environment) | environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


def wired(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"DJANGO_SETTINGS_MODULE": "tests.journal.wired_settings"}


@contextmanager
def running_celery(environment: dict[str, str], folder: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A Celery process as `smartqueue up` starts it, with the test's timetable; its log is in `folder`."""
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "smartqueue.config.celery", *words]
    with (folder / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, env=wired(environment), stdout=log, stderr=log, cwd=folder)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def of_journal() -> Callable[[UUID], list[Any]]:
    """A queue's entries in the order of its stream; those without a number come last."""
    from django.db.models import F

    from smartqueue.journal.models import Entry

    return lambda queue_id: list(
        Entry.objects.using("platform").filter(queue_id=queue_id).order_by(F("stream_seq").asc(nulls_last=True), "id")
    )
