"""The command works before there is a database, and refuses in sentences."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from smartqueue.cli.instance import Needs, visible_url
from smartqueue.cli.main import main
from smartqueue.cli.processes import wait_until
from smartqueue.cli.up import announce

HOUSE = """\
import signal
from smartqueue.cli.supervisor import end_with_parent
end_with_parent()
print("up", flush=True)
signal.pause()
"""
SMARTQUEUE = [sys.executable, "-m", "smartqueue.cli.main"]


def test_help_needs_no_django_and_no_database(home: Path) -> None:
    code = (
        "import sys; from smartqueue.cli.main import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    help_text, modules = done.stdout.rsplit("\n", 2)[:2]
    for name in ("up", "migrate", "doctor", "create-tenant", "verify", "replay", "bench", "manage"):
        assert f"\n  {name} " in help_text
    assert "django" not in modules.split()
    assert not home.exists()


def test_up_says_that_the_port_is_taken_before_it_starts_anything(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*SMARTQUEUE, "up"], env=os.environ | {"PORT": str(port)}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Port {port} on 127.0.0.1 cannot be used (Address already in use).")
    assert not home.exists()


def test_a_data_folder_that_cannot_be_made_is_a_sentence(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (open_folder / "file").write_text("")
    monkeypatch.setenv("SMARTQUEUE_HOME", str(open_folder / "file" / "home"))
    done = CliRunner().invoke(main, ["manage", "check"])
    assert done.exit_code == 1
    assert done.output.startswith(
        f"Error: The data folder {open_folder}/file/home cannot be written (Not a directory)."
    )


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("queue.example", "queue.example")],
)
def test_the_address_shown_can_be_opened(monkeypatch: pytest.MonkeyPatch, host: str, shown: str) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "9000")
    assert visible_url() == f"http://{shown}:9000"


def test_the_environment_says_which_engines_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Needs.of_environment() == Needs(postgres=True, valkey=True)
    monkeypatch.setenv("DATABASE_APP_URL", "postgresql://sq_app@db/smartqueue")
    monkeypatch.setenv("REDIS_URL", "redis://valkey")
    assert Needs.of_environment() == Needs(postgres=False, valkey=False)


def test_the_logins_are_plain_lines_when_nobody_watches(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("HOST", "127.0.0.1")
    announce([("manager", "awa@bank.example", "secret"), ("agent", "binta@bank.example", "s3")])
    assert capsys.readouterr().out.splitlines() == [
        "SmartQueue is ready at http://127.0.0.1:8000",
        "API and Swagger: http://127.0.0.1:8000/api/v1/docs/",
        "A customer's phone      http://127.0.0.1:8000/demo-bank/",
        "An agent's counter      http://127.0.0.1:8000/demo-bank/counter/",
        "Display in the hall     http://127.0.0.1:8000/display/",
        "Kiosk                   http://127.0.0.1:8000/kiosk/",
        "Pair display and kiosk  http://127.0.0.1:8000/demo-bank/manage/devices/",
        "Back office             http://127.0.0.1:8000/demo-bank/manage/",
        "A phone with keys       http://127.0.0.1:8000/phone/demo-bank/",
        "Simulated messages      http://127.0.0.1:8000/demo-bank/manage/outbox/",
        "Demo logins:",
        "  manager  awa@bank.example    secret",
        "  agent    binta@bank.example  s3",
    ]


def test_a_killed_make_takes_the_house_with_it(tmp_path: Path) -> None:
    (tmp_path / "house.py").write_text(HOUSE)
    (tmp_path / "Makefile").write_text(
        f"up:\n\t@exec env SMARTQUEUE_END_WITH_PARENT=$$PPID {sys.executable} {tmp_path}/house.py\n"
    )
    with subprocess.Popen(["make", "-s", "-C", str(tmp_path), "up"], stdout=subprocess.PIPE, text=True) as make:
        assert make.stdout
        assert make.stdout.readline() == "up\n"
        children = Path(f"/proc/{make.pid}/task/{make.pid}/children").read_text().split()
        make.send_signal(signal.SIGKILL)
        # The pipe closes when the last process that writes to it has ended.
        assert make.stdout.read() == ""
    assert len(children) == 1
    assert wait_until(lambda: not Path(f"/proc/{children[0]}/fd").exists() or is_zombie(children[0]), seconds=5)


def is_zombie(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
