"""One engine per run, one database per worker, real commits: tenants keep tests apart as they keep customers apart."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from smartqueue.cli import roles
from smartqueue.cli.engines import running_engines

pytest_plugins = ["tests.cast", "tests.servers", "tests.sandbox"]

_running = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts the engines and migrates a template; every worker gets a copy of it."""
    if not hasattr(config, "workerinput"):
        _start_engines()
    _use_own_database(getattr(config, "workerinput", {}).get("workerid", "main"))


def pytest_unconfigure(config: pytest.Config) -> None:
    _running.close()


def _start_engines() -> None:
    home = Path(tempfile.mkdtemp(prefix="sq-tests-"))
    home.chmod(0o755)
    _running.callback(shutil.rmtree, home, ignore_errors=True)
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "DATABASE_PLATFORM_URL", "REDIS_URL", "SMARTQUEUE_HOME"):
        os.environ.pop(name, None)
    engines = _running.enter_context(running_engines(home))
    os.environ |= {
        "SMARTQUEUE_HOME": str(home),
        "SECRET_KEY": engines.secret_key,
        "SQ_TEST_SUPERUSER": engines.superuser_url,
        "SQ_TEST_OWNER": engines.owner_url,
        "SQ_TEST_REDIS": engines.redis_url,
        "DJANGO_SETTINGS_MODULE": "smartqueue.config.settings",
    }
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "django", "migrate", "--database", "owner", "--verbosity", "0"],
        check=True,
        timeout=300,
    )


def _use_own_database(worker: str) -> None:
    name = f"test_{worker}"
    roles.create_database(os.environ["SQ_TEST_SUPERUSER"], name, template="smartqueue")
    owner_url = os.environ["SQ_TEST_OWNER"].replace("/smartqueue?", f"/{name}?")
    roles.grant_access(owner_url)
    number = 1 + int("".join(filter(str.isdigit, worker)) or 0)
    os.environ["DATABASE_URL"] = owner_url
    os.environ["REDIS_URL"] = os.environ["SQ_TEST_REDIS"].replace("/0", f"/{number}")
    os.environ["DATABASE_POOL"] = "40"

    import django
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()


@pytest.fixture(autouse=True)
def _nobodys_language() -> None:
    """A page that an earlier test opened leaves its language active in this thread, as in a worker of the web."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _leave_no_connection() -> Iterator[None]:
    yield
    from django.db import connections

    for alias in ("default", "platform"):
        connections[alias].close()
        connections[alias].close_pool()
