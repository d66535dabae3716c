"""`smartqueue doctor`: what is there, what is missing, and what to do about it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg
import redis

from smartqueue.cli import roles
from smartqueue.cli.instance import Needs, engines_at_hand, web_address
from smartqueue.cli.places import Places, valkey_server
from smartqueue.cli.processes import PlainError, is_held, started_at
from smartqueue.cli.supervisor import take_port
from smartqueue.config import environment

NEEDED_DISK = 1024**3


@dataclass(frozen=True)
class Finding:
    """One line of the report; `remedy` is empty when all is well."""

    about: str
    says: str
    remedy: str = ""

    def line(self) -> str:
        """The finding as a sentence."""
        return f"{'missing' if self.remedy else 'ok':8}{self.about}: {self.says}" + (
            f" → {self.remedy}" if self.remedy else ""
        )


@click.command("doctor")
def command() -> None:
    """Check this machine and this instance, one line each; exit code 1 when something is missing."""
    missing = 0
    for finding in examine():
        click.echo(finding.line())
        missing += bool(finding.remedy)
    if missing:
        raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Everything worth knowing; starts the engines for a moment when they are not running."""
    home = environment.home()
    yield python_version()
    yield from programs(Needs.of_environment(), home)
    folder = data_folder(home)
    yield folder
    yield disk_space(home)
    yield port(*web_address(), busy_with_us=is_noted(home, "web-1"))
    if folder.remedy:
        return
    try:
        with engines_at_hand():
            yield from engines_and_what_is_in_them(home)
    except PlainError as refused:
        yield Finding("engines", "they do not start", str(refused))


def engines_and_what_is_in_them(home: Path) -> Iterator[Finding]:
    """The checks that need PostgreSQL and Valkey."""
    try:
        here = environment.load()
    except environment.NotConfigured as refused:
        yield Finding("configuration", "addresses are missing", str(refused))
        return
    yield reachable("PostgreSQL", lambda: sign_in(here.app_url), "check DATABASE_URL, or see logs/postgres.log")
    yield reachable("Valkey", lambda: ping(here.redis_url), "check REDIS_URL, or see logs/valkey.log")
    yield database_roles(here)
    yield migrations()
    yield worker(expected=is_noted(home, "worker"))


def python_version() -> Finding:
    """Python 3.11 or newer."""
    says = "Python " + ".".join(map(str, sys.version_info[:3]))
    return Finding("python", says, "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer")


def programs(needs: Needs, home: Path) -> Iterator[Finding]:
    """The servers of the wheels run on this machine."""
    if needs.postgres:
        yield runs("postgres", lambda: Places.of(home).programs() / "postgres", "DATABASE_URL")
    if needs.valkey:
        yield runs("valkey", valkey_server, "REDIS_URL")


def runs(about: str, find: Callable[[], Path], instead: str) -> Finding:
    """Does a program tell its version?"""
    remedy = f"run `make up` to install it, or set {instead} to a server of your own"
    try:
        done = subprocess.run([find(), "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (PlainError, OSError, subprocess.SubprocessError) as refused:
        return Finding(about, f"its program does not run ({refused})", remedy)
    return Finding(about, " ".join(done.stdout.split()[:4]))


def data_folder(home: Path) -> Finding:
    """We may write in the data folder."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return Finding("data folder", f"{home} can be written")
    except OSError as refused:
        remedy = "choose another one with SMARTQUEUE_HOME"
        return Finding("data folder", f"{home} cannot be written ({refused.strerror})", remedy)


def disk_space(home: Path) -> Finding:
    """A gigabyte to work with."""
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    remedy = "" if free >= NEEDED_DISK else "free at least 1 GB, or choose another disk with SMARTQUEUE_HOME"
    return Finding("disk", f"{free / 1024**3:.1f} GB free", remedy)


def port(host: str, number: int, *, busy_with_us: bool) -> Finding:
    """The port is free, or it is ours."""
    if busy_with_us:
        return Finding("port", f"{number} is served by the SmartQueue that is running")
    try:
        take_port(host, number).close()
    except PlainError as refused:
        says, _, remedy = str(refused).partition(". ")
        return Finding("port", says, remedy)
    return Finding("port", f"{number} on {host} is free")


def is_noted(home: Path, name: str) -> bool:
    """Is the child alive in the `smartqueue up` that has this data folder?"""
    with suppress(OSError, ValueError, KeyError):
        pid, mark = json.loads((home / "run" / "pids.json").read_text())[name]
        return is_held(home) and bool(mark) and started_at(pid) == mark
    return False


def reachable(about: str, try_it: Callable[[], None], remedy: str) -> Finding:
    """An engine answers."""
    try:
        try_it()
    except (psycopg.Error, redis.RedisError) as refused:
        return Finding(about, f"does not answer ({str(refused).strip()})", remedy)
    return Finding(about, "answers")


def sign_in(url: str) -> None:
    """Open and close a connection."""
    psycopg.connect(url, connect_timeout=5).close()


def ping(url: str) -> None:
    """Ask Valkey for a sign of life."""
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.ping()


def database_roles(here: environment.Environment) -> Finding:
    """The application signs in as roles that row-level security holds."""
    remedy = "run `smartqueue migrate`, which makes the roles or says what an administrator has to run"
    faults = []
    try:
        for url in (here.app_url, here.platform_url):
            with roles.connection(url) as db:
                faults = roles.role_faults(db)
                if here.owner_url and db.info.user == psycopg.conninfo.conninfo_to_dict(here.owner_url).get("user"):
                    faults.append("The application signs in as the owner of the tables.")
    except psycopg.Error as refused:
        faults.append(f"{refused}".strip())
    return Finding(
        "roles", " ".join(faults) or "row-level security holds sq_app and sq_platform", remedy * bool(faults)
    )


def migrations() -> Finding:
    """Every migration is applied."""
    command_ = [sys.executable, "-m", "smartqueue.cli.main", "manage", "migrate", "--check", "--database", "owner"]
    done = subprocess.run(command_, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Finding("migrations", "all applied")
    says = "some are not applied" if not done.stderr.strip() else done.stderr.strip().splitlines()[-1]
    return Finding("migrations", says, "run `smartqueue migrate`, or `smartqueue up`, which does it too")


def worker(*, expected: bool) -> Finding:
    """A task worker answers, if there should be one."""
    ask = [sys.executable, "-m", "celery", "-A", "smartqueue.config.celery", "inspect", "ping", "--timeout", "3"]
    if not expected and not environment.text("REDIS_URL"):
        return Finding("worker", "not running now; `smartqueue up` starts it")
    done = subprocess.run(ask, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"})
    if done.returncode == 0:
        return Finding("worker", "answers")
    return Finding("worker", "does not answer", "see logs/worker.log in the data folder, or run `smartqueue up`")
