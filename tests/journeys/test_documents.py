"""The documents tell the truth: what they link, name or list is there."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import Resolver404, resolve

from smartqueue.cli.main import ELSEWHERE, main

HOUSE = Path(__file__).parents[2]
README = HOUSE / "README.md"
DOCUMENTS = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md")])
SOURCES = sorted(path for folder in ("smartqueue", "tests", "scripts") for path in (HOUSE / folder).rglob("*.py"))
FOLDERS = ("smartqueue/", "tests/", "docs/", "scripts/")
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org|rubygems\.org|conda\.anaconda\.org"
)
OF_A_MACHINE = re.compile(r"(?<![\w.…/}>-])/(?:work|home|root|tmp|var|usr|opt|mnt|srv|Users|etc)/\w")
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))


def prose(path: Path) -> str:
    """The document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)


def quoted(text: str) -> list[str]:
    """What stands in backticks, in order; a line break in it is a space."""
    return [" ".join(words.split()) for words in re.findall(r"`([^`]+)`", text)]


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@cache
def defined_in(path: Path) -> frozenset[str]:
    """Functions, methods (`Class.method`) and SQL functions of a Python file."""
    text = path.read_text()
    tree = ast.parse(text)
    methods = {
        f"{owner.name}.{member.name}"
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for member in owner.body
        if isinstance(member, ast.FunctionDef)
    }
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return frozenset(methods | functions | set(re.findall(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)", text)))


@cache
def source() -> str:
    return "\n".join(path.read_text() for path in SOURCES if path.is_relative_to(HOUSE / "smartqueue"))


def test_there_are_documents():
    assert {path.relative_to(HOUSE).as_posix() for path in DOCUMENTS} >= {
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/a-tickets-day.md", "docs/decisions/README.md",
    }  # fmt: skip


@each_document
def test_every_link_between_documents_leads_somewhere(path):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert broken == []


@each_document
def test_every_file_that_a_document_names_exists(path):
    named = [words for words in quoted(prose(path)) if words.startswith(FOLDERS) and " " not in words]

    assert [name for name in named if not (HOUSE / name).exists()] == []


@each_document
def test_every_address_that_a_document_names_is_one(path):
    places = {"slug": "demo-bank", "id": str(uuid4()), "token": "a-token", "key": "a-key"}
    unknown = []
    for address in re.findall(r"`(?:(?:GET|POST|PATCH|PUT|DELETE)\s+)?(/api/v1/[^`\s…]*)`", prose(path)):
        try:
            resolve(address.format_map(places))
        except Resolver404:
            if not is_a_beginning(address):
                unknown.append(address)

    assert unknown == []


def is_a_beginning(address: str) -> bool:
    """A prefix of addresses, such as everything of a tenant."""
    return address in {"/api/v1/", "/api/v1/users/", "/api/v1/tenants/{slug}/"}


@each_document
def test_no_document_names_a_package_registry_or_a_place_on_some_machine(path):
    text = path.read_text()

    assert REGISTRIES.findall(text) + OF_A_MACHINE.findall(text) == []


def decisions_named(text: str) -> set[str]:
    return set(re.findall(r"decisions?[ /](00\d\d)", text))


def test_every_decision_that_is_named_exists_and_is_listed():
    numbers = {path.name[:4] for path in (HOUSE / "docs/decisions").glob("0*.md")}
    listed = set(re.findall(r"^\| \[(\d{4})\]", (HOUSE / "docs/decisions/README.md").read_text(), re.MULTILINE))
    named = {number for path in [*SOURCES, *DOCUMENTS] for number in decisions_named(path.read_text())}

    assert listed == numbers
    assert named <= numbers


def test_every_variable_of_the_readme_is_read_by_the_code():
    table = re.findall(r"^\| ((?:`[A-Z][A-Z0-9_]+`(?:, )?)+) \|", README.read_text(), re.MULTILINE)
    named = {name for cell in table for name in re.findall(r"`(\w+)`", cell)}

    assert len(named) > 15
    assert {name for name in named if f'"{name}"' not in source()} == set()


def test_every_variable_that_the_code_reads_is_in_the_readme():
    read = set(re.findall(r'\b(?:text|number|flag|words)\(\s*"([A-Z][A-Z0-9_]+)"', source()))
    read |= set(re.findall(r'envvar="(\w+)"', source()))

    assert "SECRET_KEY" in read
    assert {name for name in read if f"`{name}`" not in README.read_text()} == set()


def test_the_readme_lists_the_commands_there_are():
    listed = re.findall(r"^\| `smartqueue ([\w-]+)` \|", README.read_text(), re.MULTILINE)
    visible = {name for name, command in main.commands.items() if not command.hidden}

    assert sorted(listed) == sorted({*ELSEWHERE, *visible})


def rooms() -> dict[str, str]:
    """Name → docstring of the package."""
    found = {path.parent.name: path.read_text() for path in (HOUSE / "smartqueue").glob("*/__init__.py")}
    return {name: text.strip().strip('"') for name, text in found.items()}


def test_the_readme_shows_every_room():
    chapter = README.read_text().partition("## The rooms")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", chapter, re.MULTILINE)

    assert sorted(name for cell in cells for name in re.findall(r"`(\w+)`", cell)) == sorted(rooms())


def test_the_readme_says_which_rooms_are_empty():
    sentence = README.read_text().partition("Not there yet:")[2].partition("are empty rooms")[0]

    assert set(quoted(sentence)) == {name for name, text in rooms().items() if text.endswith("Not built yet.")}


def test_every_dependency_says_what_it_is_for():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    rows = re.findall(r"^\| (`.+?`) \|", (HOUSE / "docs/decisions/0011-dependencies.md").read_text(), re.MULTILINE)

    listed = [name for row in rows for name in quoted(row)]
    assert sorted(listed) == sorted(re.split(r"[\[><= ;]", one)[0] for one in wanted)


# A ticket's day


DAY = HOUSE / "docs/a-tickets-day.md"


def steps() -> Iterator[tuple[str, Path | None]]:
    """Each thing in backticks, with the Python file named last before it."""
    file: Path | None = None
    for words in quoted(prose(DAY)):
        if words.startswith(FOLDERS):
            file = HOUSE / words
        yield words, file


def test_every_function_of_a_tickets_day_lies_in_the_file_named_before_it():
    functions = [(words.removesuffix("()"), file) for words, file in steps() if words.endswith("()")]

    assert len(functions) > 50
    lost = [
        f"{name} in {file and file.relative_to(HOUSE)}"
        for name, file in functions
        if file is None or name not in defined_in(file)
    ]
    assert lost == []


def test_whatever_else_a_tickets_day_quotes_stands_in_the_code():
    others = {
        words
        for words, _file in steps()
        if not words.endswith("()") and not words.startswith((*FOLDERS, "GET ", "POST ", "smartqueue "))
    }

    assert len(others) > 20
    assert {words for words in others if not stands_in_the_code(words)} == set()


def stands_in_the_code(words: str) -> bool:
    """As it is; a fact also by its second half, because `ticket.` is put before it in one place."""
    return words in source() or (words.startswith("ticket.") and f'"{words.removeprefix("ticket.")}"' in source())
