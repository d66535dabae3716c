"""Every sentence has its French, the compiled catalogues are fresh, and each reader gets an answer they can read."""

import ast
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import django_filters
import pytest
import rest_framework
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from scripts import messages

Said = Callable[[str, str], str]


def in_french(french: str, english: str) -> str:
    return french


def in_english(french: str, english: str) -> str:
    return english


READERS = pytest.mark.parametrize(
    ("accept", "said"),
    [
        pytest.param({"Accept-Language": "fr"}, in_french, id="French"),
        pytest.param({"Accept-Language": "en"}, in_english, id="English"),
        pytest.param({"Accept-Language": "wo"}, in_french, id="Wolof that nobody has written yet"),
        pytest.param({"Accept-Language": "pt"}, in_french, id="a language that we do not speak"),
        pytest.param({}, in_french, id="no wish"),
    ],
)


def translated(language: str) -> list[Message]:
    return [one for one in messages.sentences_of(messages.read(language)) if messages.is_translated(one)]


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


# The files


def test_nothing_is_missing_left_over_or_older_than_its_source():
    assert messages.findings() == []


def test_extracting_again_changes_nothing(tmp_path, monkeypatch):
    books = {language: messages.merged(language) for language in messages.PLURALS}
    now = {language: messages.po_path(language).read_bytes() for language in books}
    monkeypatch.setattr(messages, "LOCALE", tmp_path)

    for language, (book, gone) in books.items():
        assert gone == []
        messages.po_path(language).parent.mkdir(parents=True)
        with messages.po_path(language).open("wb") as file:
            write_po(file, book, width=0, include_lineno=False, include_previous=False)

    assert {language: messages.po_path(language).read_bytes() for language in books} == now


def test_an_unfinished_plural_stays_out_of_the_compiled_file(tmp_path, monkeypatch):
    """Babel would fill it with English, and Wolof would never reach French."""
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    messages.extract()

    assert b"tenants were suspended" not in messages.compiled("wo")
    assert b"This queue is full" not in messages.compiled("wo")


@pytest.mark.parametrize(
    ("english", "string", "keeps"),
    [
        ("Wait {s} s.", "Patientez {s} s.", True),
        ("Wait {s} s.", "Patientez {sec} s.", False),
        ("%(n)s left", "reste %(n)s", True),
        ("%(n)s left", "reste", False),
        (("%d person", "%d people"), ("%d personne", "%d personnes"), True),
        (("%d person", "%d people"), ("%d personne", "%s personnes"), False),
    ],
)
def test_a_translation_keeps_the_places_that_code_fills(english, string, keeps):
    assert messages.keeps_places(Message(english, string)) is keeps


def test_the_libraries_of_the_api_have_french_for_all_they_say():
    """Theirs, or ours in their place: `BORROWED`."""
    from django.utils.translation import override
    from django.utils.translation.trans_real import catalog

    said = {
        sentence if isinstance(sentence, str) else sentence[0]
        for library in (rest_framework, django_filters)
        for _path, _line, sentence, _comments, _context in extract_from_dir(
            Path(library.__file__).parent, [("**.py", "python")], keywords=messages.KEYWORDS
        )
    }
    with override("fr"):
        known = {key if isinstance(key, str) else key[0] for key, _french in catalog()._catalog.items()}

    assert sorted(said - known) == []
    assert {sentence for borrowed in messages.BORROWED.values() for sentence in borrowed} <= said


def test_a_page_s_sentences_are_found():
    page = b"""{% load i18n %}<p class="x">{% translate "You're next" %}</p>
        {% blocktranslate count n=people %}{{ n }} person{% plural %}{{ n }} people{% endblocktranslate %}"""

    found = list(messages.templates(BytesIO(page), messages.KEYWORDS, (), {}))

    assert [(call, text) for _line, call, text, _comments in found] == [
        ("gettext", "You're next"),
        ("ngettext", ("%(n)s person", "%(n)s people")),
    ]


def test_french_is_polite_and_calm():
    familiar = re.compile(r"\b(tu|toi|te|ton|ta|tes)\b|!", re.IGNORECASE)

    assert [form for one in translated("fr") for form in forms(one) if familiar.search(form)] == []


def test_wolof_has_one_form_for_every_number():
    assert b"nplurals=1; plural=0;" in messages.mo_path("wo").read_bytes()


def test_no_module_speaks_before_it_knows_its_reader():
    """`gettext` in a class body answers in the language of whoever came first."""
    early = [
        f"{path.relative_to(messages.ROOT)}:{call.lineno}"
        for path in messages.PACKAGE.rglob("*.py")
        for call in spoken_on_import(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert early == []


def spoken_on_import(module: ast.Module) -> Iterator[ast.Call]:
    """Calls of a translating function that is not lazy, outside every function's body."""
    eager = {
        name.asname or name.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in {"gettext", "ngettext", "pgettext", "npgettext"}
    }
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in eager:
            yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


# The answers


@READERS
def test_a_refusal_speaks_the_reader_s_language(
    api: Callable[..., Any], bank: Any, binta: Any, make_queue: Callable[..., Any], accept: dict[str, str], said: Said
) -> None:
    queue = make_queue(status="closed")

    answer = api(binta).post(
        f"tenants/{bank.slug}/tickets/", json={"queue_id": str(queue.id), "channel": "kiosk"}, headers=accept
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "queue_closed")
    assert answer.json()["detail"] == said("Cette file est fermée.", "This queue is closed.")


def test_a_refusal_is_in_wolof_where_wolof_is_known(
    api: Callable[..., Any], bank: Any, binta: Any, make_queue: Callable[..., Any], take: Callable[..., Any]
) -> None:
    queue = make_queue(capacity=1)
    take(queue)

    answer = api(binta).post(
        f"tenants/{bank.slug}/tickets/",
        json={"queue_id": str(queue.id), "channel": "kiosk"},
        headers={"Accept-Language": "wo-SN, en;q=0.5"},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "queue_full")
    assert answer.json()["detail"] == "Raŋ bi fees na."
    assert (answer["Content-Language"], "Accept-Language" in answer["Vary"]) == ("wo", True)


@READERS
def test_our_rules_for_a_value_speak_the_reader_s_language(
    api: Callable[..., Any], bank: Any, binta: Any, accept: dict[str, str], said: Said
) -> None:
    answer = api(binta).post(f"tenants/{bank.slug}/tickets/", json={"color": "red"}, headers=accept)

    assert answer.status_code == 400
    assert answer.json()["detail"] == said(
        "Certaines valeurs ne peuvent pas être acceptées.", "Some of the values cannot be accepted."
    )
    assert message_of(answer, "color") == said("Ce champ n'existe pas ici.", "There is no such field here.")


@READERS
def test_the_framework_s_rules_for_a_value_speak_it_too(
    api: Callable[..., Any], bank: Any, binta: Any, accept: dict[str, str], said: Said
) -> None:
    answer = api(binta).post(f"tenants/{bank.slug}/tickets/", json={"channel": "pigeon"}, headers=accept)

    assert answer.status_code == 400
    assert message_of(answer, "queue_id") == said("Ce champ est obligatoire.", "This field is required.")
    assert message_of(answer, "channel") == said(
        "«\xa0pigeon\xa0» n'est pas un choix valide.", '"pigeon" is not a valid choice.'
    )


@READERS
def test_an_absent_ticket_is_absent_in_the_reader_s_language(
    api: Callable[..., Any], bank: Any, binta: Any, accept: dict[str, str], said: Said
) -> None:
    answer = api(binta).get(f"tenants/{bank.slug}/tickets/{uuid4()}/", headers=accept)

    assert answer.status_code == 404
    assert answer.json()["detail"] == said(*SENTENCES_OF_404[answer.json()["code"]])


@READERS
def test_an_unknown_address_is_unknown_in_the_reader_s_language(
    api: Callable[..., Any], accept: dict[str, str], said: Said
) -> None:
    answer = api(None).get("nowhere/", headers=accept)

    assert answer.status_code == 404
    assert answer.json()["detail"] == said(*SENTENCES_OF_404[answer.json()["code"]])


SENTENCES_OF_404 = {
    "not_found": ("Il n'y a rien ici.", "There is nothing here."),
    "ticket_not_found": ("Ce ticket n'existe pas.", "There is no such ticket."),
}


def message_of(answer: Any, field: str) -> str:
    (error,) = answer.json()["errors"][field]
    return str(error["message"])


@READERS
def test_a_weak_password_is_refused_in_the_reader_s_language(
    api: Callable[..., Any], accept: dict[str, str], said: Said
) -> None:
    """Django's own sentences."""
    answer = api(None).post(
        "users/register/",
        json={"email": f"demba@{uuid4().hex}.example", "password": "73915048", "full_name": "Demba"},
        headers=accept,
    )

    assert answer.status_code == 400
    assert message_of(answer, "password") == said(
        "Ce mot de passe est entièrement numérique.", "This password is entirely numeric."
    )


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("fr", "{code} est votre code SmartQueue"),
        ("wo", "{code} est votre code SmartQueue"),
        ("en", "{code} is your SmartQueue code"),
    ],
)
def test_a_letter_falls_back_to_french(language: str, subject: str) -> None:
    from django.utils import translation

    from smartqueue.accounts.actions.letters import CODE_LETTERS
    from smartqueue.accounts.states import CodePurpose

    with translation.override(language):
        assert str(CODE_LETTERS[CodePurpose.VERIFY_EMAIL][0]) == subject


def test_a_number_of_things_falls_back_to_french() -> None:
    from django.utils import translation

    with translation.override("wo"):
        said = [
            translation.ngettext("%d tenant was suspended.", "%d tenants were suspended.", n) % n for n in (0, 1, 2)
        ]

    assert said == [
        "0 organisation a été suspendue.",
        "1 organisation a été suspendue.",
        "2 organisations ont été suspendues.",
    ]
