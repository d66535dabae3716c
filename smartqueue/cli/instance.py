"""The engines a command needs: those of the environment, those of a running `smartqueue up`, or its own for a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smartqueue.cli import roles
from smartqueue.cli.engines import keep_secrets, running_engines
from smartqueue.cli.processes import PlainError, is_held, wait_until
from smartqueue.config import environment


@dataclass(frozen=True)
class Needs:
    """Which engines the environment leaves to us."""

    postgres: bool
    valkey: bool

    @classmethod
    def of_environment(cls) -> "Needs":
        """DATABASE_URL (or the two addresses of the application) and REDIS_URL name other servers."""
        given = environment.text("DATABASE_URL") or environment.text("DATABASE_APP_URL")
        return cls(postgres=not given, valkey=not environment.text("REDIS_URL"))


def web_address() -> tuple[str, int]:
    """Where the web processes listen."""
    return environment.text("HOST", "127.0.0.1"), environment.number("PORT", 8000)


def visible_url() -> str:
    """The address to open in a browser on this machine."""
    host, port = web_address()
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared
    return f"http://{shown}:{port}"


def prepare_home() -> Path:
    """Make the data folder and let every process started from here know it.

    Raises:
        PlainError: it cannot be written.
    """
    home = environment.home()
    try:
        (home / "run").mkdir(parents=True, exist_ok=True)
        kept = keep_secrets(home)
    except OSError as refused:
        raise PlainError(
            f"The data folder {home} cannot be written ({refused.strerror}). Choose another one with SMARTQUEUE_HOME."
        ) from None
    os.environ["SMARTQUEUE_HOME"] = str(home)
    if not environment.text("SECRET_KEY"):
        os.environ["SECRET_KEY"] = kept["secret_key"]
    return home


@contextmanager
def engines_at_hand() -> Iterator[None]:
    """Have PostgreSQL and Valkey for the length of the block.

    Raises:
        PlainError: they cannot be had; the text says why.
    """
    home, needs = prepare_home(), Needs.of_environment()
    if not (needs.postgres or needs.valkey):
        yield
    elif is_held(home):
        _wait_for_notes(home)
        environment.load.cache_clear()
        yield
    else:
        with running_engines(home, postgres=needs.postgres, valkey=needs.valkey):
            environment.load.cache_clear()
            yield


def _wait_for_notes(home: Path) -> None:
    if not wait_until((home / "run" / "engines.json").exists, seconds=60, pause_s=0.1):
        raise PlainError(f"Another SmartQueue command has the data folder {home} and its engines do not come up.")


def ensure_external_roles() -> None:
    """On a server named by DATABASE_URL: make the roles and grants, or say what an administrator has to run.

    Raises:
        PlainError: something is missing that our user may not make.
    """
    url = environment.text("DATABASE_URL")
    if not url:
        return
    kept_by_others = {"sq_app": "DATABASE_APP_URL", "sq_platform": "DATABASE_PLATFORM_URL"}
    given = [role for role, variable in kept_by_others.items() if environment.text(variable)]
    roles.ensure_roles(url, environment.load().secret_key, given=given)
    roles.grant_access(url)


def prepare_django() -> None:
    """Load the settings and the models."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")
    import django

    django.setup()
