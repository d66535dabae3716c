"""The message catalogues: English in the code, French complete, Wolof where a phrase is known.

    python scripts/messages.py extract    bring the .po files in line with the code; translations stay
    python scripts/messages.py compile    write the .mo files, which are what runs
    python scripts/messages.py check      say what is missing, left over, not compiled or has lost a place

Needs Babel (a development dependency) and no GNU gettext. Every command may be repeated: the files hold no dates and no
line numbers, so what has not changed is written as it was.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_javascript
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "smartqueue"
LOCALE = PACKAGE / "locale"

PLURALS: dict[str, tuple[int, str]] = {"fr": (2, "(n > 1)"), "wo": (1, "0"), "en": (2, "(n != 1)")}
"""Language → how many plural forms it has, and which one `n` takes."""
COMPLETE = ("fr",)
"""Languages in which nothing may be missing: the others fall back to French, English is what the code says."""

KEYWORDS: dict[str, Any] = {
    name + lazy: places
    for lazy in ("", "_lazy")
    for name, places in {
        "gettext": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
} | {"_": None, "gettext_noop": None}
BORROWED = {"rest_framework": ("A valid biginteger is required.", "Integer value too large to convert to float")}
"""Sentences of libraries that ship no French for them."""
PLACE = re.compile(r"\{\w*\}|%\(\w+\)[a-z]|%[sd]")

Key = tuple[str | tuple[str, ...], str | None]


class Book(Catalog):
    """A catalogue whose header tells only what a reader of it needs: no dates, no version of a tool."""

    def __init__(self, language: str) -> None:
        super().__init__(locale=language, charset="utf-8", fuzzy=False, header_comment=HEADER.format(language=language))
        self._num_plurals, self._plural_expr = PLURALS[language]  # type: ignore[assignment]  # None at first

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "SmartQueue"),
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]


HEADER = "# SmartQueue, {language}: written by scripts/messages.py; translate here, then run its `compile`."


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def mo_path(language: str) -> Path:
    return po_path(language).with_suffix(".mo")


def templates(fileobj: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Babel's extractor for Django templates: Django turns the tags into calls, Babel's JavaScript reader finds them.

    The rest of the page becomes a run of `X`, which Python's tokenizer would not take.
    """
    from django.utils.translation.template import templatize

    # `u'…'` would be a name and a string to JavaScript.
    calls = re.sub(r"\bu(?=['\"])", "", templatize(fileobj.read().decode()))
    yield from extract_javascript(BytesIO(calls.encode()), keywords, comment_tags, options)


METHODS: list[tuple[str, Any]] = [
    ("**/migrations/**.py", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", templates),
    ("**/templates/**.txt", templates),
]


def extracted() -> dict[Key, Message]:
    """Every sentence of the code, in a fixed order, with the files that hold it."""
    found = Catalog()
    sentences = extract_from_dir(
        PACKAGE, METHODS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for name, _line, message, comments, context in sentences:
        where = [(f"smartqueue/{name}", None)]
        found.add(message, locations=where, auto_comments=comments, context=context)  # type: ignore[arg-type]
    for library, borrowed in BORROWED.items():
        for sentence in borrowed:
            found.add(sentence, locations=[(library, None)])  # type: ignore[list-item]
    return {key_of(message): message for message in sorted(sentences_of(found), key=lambda one: str(key_of(one)))}


def key_of(message: Message) -> Key:
    identity = message.id
    return (identity if isinstance(identity, str) else tuple(identity)), message.context


def sentences_of(catalog: Catalog) -> Iterator[Message]:
    """The messages, without the header."""
    return (message for message in catalog if message.id)


def read(language: str) -> Catalog:
    """The catalogue as it is on the disk; an empty one where there is none."""
    if not po_path(language).exists():
        return Book(language)
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str) -> tuple[Book, list[Message]]:
    """The catalogue in line with the code, and the translated messages that no code says any more."""
    before = {key_of(message): message for message in sentences_of(read(language))}
    book = Book(language)
    for key, found in extracted().items():
        old = before.pop(key, None)
        book.add(
            found.id,
            string=old.string if old else None,
            locations=sorted(set(found.locations)),
            auto_comments=found.auto_comments,
            user_comments=old.user_comments if old else (),
            flags=found.flags,
            context=found.context,
        )
    return book, [message for message in before.values() if is_translated(message)]


def is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return bool(strings) and all(strings)


def compiled(language: str) -> bytes:
    """The .mo file's bytes. What is not translated stays out, so that Django looks further: Wolof, then French."""
    book = Book(language)
    for message in sentences_of(read(language)):
        if is_translated(message) and not message.fuzzy:
            book.add(message.id, string=message.string, context=message.context)
    buffer = BytesIO()
    write_mo(buffer, book)
    return buffer.getvalue()


def extract() -> None:
    """Rewrite the .po files; a translation without a sentence is dropped and printed."""
    for language in PLURALS:
        book, gone = merged(language)
        po_path(language).parent.mkdir(parents=True, exist_ok=True)
        with po_path(language).open("wb") as file:
            write_po(file, book, width=0, include_lineno=False, include_previous=False)
        missing = sum(not is_translated(message) for message in sentences_of(book))
        print(f"{language}: {len(book)} sentences, {missing} not translated")
        for message in gone:
            print(f"  gone: {message.id!r} was {message.string!r}")


def compile_all() -> None:
    for language in PLURALS:
        mo_path(language).write_bytes(compiled(language))


def findings() -> list[str]:
    """What is wrong with the catalogues, one line each; nothing when all is well."""
    code = extracted()
    return [line for language in PLURALS for line in _findings_in(language, code)]


def _findings_in(language: str, code: Iterable[Key]) -> Iterator[str]:
    catalog = {key_of(message): message for message in sentences_of(read(language))}
    for key in code:
        if key not in catalog:
            yield f"{language}: not extracted: {key[0]!r}"
        elif language in COMPLETE and not is_translated(catalog[key]):
            yield f"{language}: not translated: {key[0]!r}"
    for key, message in catalog.items():
        if key not in set(code):
            yield f"{language}: no code says: {key[0]!r}"
        elif is_translated(message) and not keeps_places(message):
            yield f"{language}: other places than in English: {message.string!r}"
    if not mo_path(language).exists() or mo_path(language).read_bytes() != compiled(language):
        yield f"{language}: the .mo file is older than the .po file"


def keeps_places(message: Message) -> bool:
    """Whether each translated form has the `{name}`, `%(name)s` and `%d` of one of the English forms."""
    english = [message.id] if isinstance(message.id, str) else message.id
    strings = [message.string] if isinstance(message.string, str) else message.string or ()
    allowed = [set(PLACE.findall(form)) for form in english]
    return all(set(PLACE.findall(form)) in allowed for form in strings)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            extract()
        case ["compile"]:
            compile_all()
        case ["check"]:
            wrong = findings()
            print("\n".join(wrong) or "The catalogues are complete and compiled.")
            return 1 if wrong else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
