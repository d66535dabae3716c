"""Static files: what they weigh, and how they are served before and after they are collected."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.contrib.staticfiles import finders

from smartqueue.web.shared.icons import ICONS

FOR_EVER = "max-age=315360000, public, immutable"


def weight(*names):
    """Bytes of these together as they go over the line."""
    return len(gzip.compress(b"".join(Path(finders.find(name)).read_bytes() for name in names), 9))


def test_the_look_of_every_page_weighs_six_kilobytes_at_most():
    assert weight("css/tokens.css", "css/base.css") <= 6 * 1024


def test_the_modules_of_every_page_are_light():
    assert weight("shared/frame.js", "shared/trouble.js") <= 2 * 1024


def test_stylesheets_fetch_nothing():
    for name in ("css/tokens.css", "css/base.css", "css/styleguide.css"):
        assert not re.search(r"url\(|@import", Path(finders.find(name)).read_text()), name


def test_there_are_the_icons_that_pages_need():
    assert len(ICONS) >= 40


def served(client, url):
    """Sheet's address in the page → how it comes."""
    page = client.get(f"{url}/sign-in/").text
    return {path: client.get(url + path) for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page)}


def test_before_collecting_files_are_served_by_their_own_names(live_server_url):
    with httpx.Client(trust_env=False) as client:
        answers = served(client, live_server_url)

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert "/static/css/base.css" in answers


@pytest.fixture
def collected_home(worker_environment, tmp_path):
    """A data folder of its own, with `collectstatic` done in it."""
    home = tmp_path / "home"
    home.mkdir()
    environment = worker_environment | {"SMARTQUEUE_HOME": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "django", "collectstatic", "--no-input", "-v", "0"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return str(home)


def test_once_collected_files_are_hashed_compressed_and_kept_for_ever(web_processes, collected_home):
    url = web_processes(1, SMARTQUEUE_HOME=collected_home)
    with httpx.Client(trust_env=False, headers={"accept-encoding": "gzip"}) as client:
        answers = served(client, url)

    assert len(answers) >= 4
    assert [path for path in answers if not re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", path)] == []
    assert {answer.headers["cache-control"] for answer in answers.values()} == {FOR_EVER}
    sheet = next(answer for path, answer in answers.items() if "base." in path)
    assert sheet.headers["content-encoding"] == "gzip"
