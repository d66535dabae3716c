"""A data folder of its own for each test, outside pytest's folders: those are closed to PostgreSQL's user."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartqueue.cli.engines import remove_data


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "DATABASE_PLATFORM_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sq-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = open_folder / "home"
    monkeypatch.setenv("SMARTQUEUE_HOME", str(home))
    yield home
    remove_data(home)
