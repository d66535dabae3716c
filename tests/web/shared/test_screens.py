"""The command that takes pictures of a running instance."""

import struct

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.test import Client

from smartqueue.cli.main import main
from smartqueue.cli.processes import PlainError
from smartqueue.cli.screens import DEMO_PEOPLE, PAGES, sessions


def screens(*words):
    return CliRunner().invoke(main, ["screens", *words])


def size_of(picture):
    """Width and height of a PNG, which stand in its first chunk."""
    return struct.unpack(">II", picture.read_bytes()[16:24])


def test_each_page_is_taken_at_both_sizes(gallery_url, tmp_path):
    done = screens("--url", gallery_url, "--to", str(tmp_path), "--only", "sign-in", "--theme", "light", "--lang", "wo")

    assert done.exit_code == 0, done.output
    assert {picture.name: size_of(picture) for picture in tmp_path.iterdir()} == {
        "sign-in-phone-wo-light.png": (360, 800),
        "sign-in-desk-wo-light.png": (1280, 720),
    }


def test_an_unknown_page_is_a_sentence(tmp_path):
    done = screens("--only", "moon", "--to", str(tmp_path))

    assert done.exit_code == 1
    assert done.output.startswith("Error: No such page: moon. There are: sign-in, ")
    assert list(tmp_path.iterdir()) == []


def test_an_instance_that_does_not_answer_is_a_sentence(tmp_path):
    done = screens("--url", "http://127.0.0.1:9", "--to", str(tmp_path), "--only", "sign-in", "--theme", "light")

    assert done.exit_code == 1
    assert done.output.startswith("Error: http://127.0.0.1:9/sign-in/ could not be opened:")


def test_a_page_for_members_is_taken_as_the_demo_banks_person(bank, make_person, monkeypatch):
    monkeypatch.setitem(DEMO_PEOPLE, "agent", make_person(bank, "agent", "Binta Ba").user.email)
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = sessions({"agent"})["agent"]

    assert browser.get("/sign-in/")["Location"] == f"/{bank.slug}/counter/"


def test_a_person_whom_the_demo_bank_does_not_have_is_a_sentence(monkeypatch):
    monkeypatch.setitem(DEMO_PEOPLE, "agent", "nobody@example.sn")

    with pytest.raises(PlainError, match="run `smartqueue up` once"):
        sessions({"agent"})


def test_names_of_pictures_are_their_own():
    names = [page.name for page in PAGES]

    assert len(set(names)) == len(names)
    assert {page.role for page in PAGES} <= {None, *DEMO_PEOPLE}
