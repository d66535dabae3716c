"""How a call is said aloud: which recorded fragments, in which order. Pure grammar, no tables, no files.

A speaker records each fragment once; an announcement is fragments one after another. Numbers are plain numbers here.
Wolof counts money in units of five francs, which is another thing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase

LANGUAGES = ("fr", "wo", "en")
NUMBER, COUNTER, AND = "number", "counter", "and"
HUNDRED, THOUSAND = "n-100", "n-1000"
MOST = 9_999
"""The largest number said as a number; beyond it, digit by digit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an announcement.

    Attributes:
        key: the recorded fragment; None where no fragment says this, for example a counter's own name.
        words: the same in writing, for a voice that reads.
    """

    key: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a speaker has to record.

    Attributes:
        key: names it, in addresses and in names of files.
        words: what to say.
        hint: when it is used, where the words alone do not tell.
        is_certain: the words are attested. Where not, a speaker of the language has to judge them first.
    """

    key: str
    words: str
    hint: str = ""
    is_certain: bool = True


def announcement(language: str, *, number: str, counter: str) -> list[Piece]:
    """A call in one language: number, letters, number of the ticket, counter.

    Args:
        language: one of `LANGUAGES`.
        number: as the ticket has it, `A042`. Zeros in front are not said.
        counter: its name, `Guichet 3`. A name without a number is a piece without a key; empty: nothing is said of it.

    Raises:
        KeyError: nobody taught us this language.
    """
    return [Piece(NUMBER, _WORDS[language][NUMBER]), *_code(language, number), *_place(language, counter)]


def fragments(language: str) -> list[Fragment]:
    """Exactly what announcements in this language are made of, in the order in which a speaker records them.

    Raises:
        KeyError: nobody taught us this language.
    """
    unsure, hints = _UNSURE.get(language, frozenset()), _HINTS.get(language, {})
    return [Fragment(key, words, hints.get(key, ""), key not in unsure) for key, words in _WORDS[language].items()]


def _code(language: str, number: str) -> list[Piece]:
    found = re.fullmatch(r"([A-Za-z]*)\W*(\d+)", number.strip())
    if not found:
        return [Piece(None, number)] if number else []
    letters = [_piece(language, f"letter-{letter}") for letter in found[1].lower()]
    return letters + _digits_or_number(language, found[2])


def _place(language: str, counter: str) -> list[Piece]:
    name = counter.strip()
    found = re.fullmatch(r"([^\W\d]*)\W*?0*(\d{1,4})", name)
    if not found:
        return [Piece(None, name)] if name else []
    word = found[1].lower()
    if word in _COUNTER_WORDS:
        said = [_piece(language, COUNTER)]
    elif word in _LETTERS_SAID:
        said = [_piece(language, COUNTER), _piece(language, f"letter-{word}")]
    else:
        said = [Piece(None, found[1])]
    return said + _digits_or_number(language, found[2])


def _digits_or_number(language: str, digits: str) -> list[Piece]:
    value = int(digits)
    if value > MOST:
        return [_piece(language, f"n-{digit}") for digit in digits.lstrip("0")]
    return _SPELL[language](value)


def _piece(language: str, key: str, words: str = "") -> Piece:
    return Piece(key, words or _WORDS[language][key])


# French


def _french(value: int) -> list[Piece]:
    """0 to 9,999. "cents" and "quatre-vingts" are heard as "cent" and "quatre-vingt": one fragment, two spellings."""
    if value >= 1000:
        thousands, rest = divmod(value, 1000)
        many = _french(thousands) if thousands > 1 else []
        return [*many, _piece("fr", THOUSAND), *(_french(rest) if rest else [])]
    if value >= 100:
        hundreds, rest = divmod(value, 100)
        many = _french(hundreds) if hundreds > 1 else []
        if many and not rest:
            return [*many, _piece("fr", HUNDRED, "cents")]
        return [*many, _piece("fr", HUNDRED), *(_french(rest) if rest else [])]
    if value < 20:
        return [_piece("fr", f"n-{value}")]
    tens = value // 10 * 10 if value < 60 else value // 20 * 20  # soixante-dix, quatre-vingt-dix: by twenties
    rest = value - tens
    if not rest:
        return [_piece("fr", f"n-{tens}")]
    ten = _piece("fr", f"n-{tens}", "quatre-vingt" if tens == 80 else "")
    link = [_piece("fr", AND)] if rest in (1, 11) and tens != 80 else []
    return [ten, *link, _piece("fr", f"n-{rest}")]


# Wolof


def _wolof(value: int) -> list[Piece]:
    """0 to 9,999: base five below ten, parts joined by "ak", `-i` on the number that counts hundreds or thousands."""
    parts: list[list[Piece]] = []
    rest = value
    for unit in (1000, 100):
        many, rest = divmod(rest, unit)
        if many:
            parts.append([*([_piece("wo", f"n-{many}-i")] if many > 1 else []), _piece("wo", f"n-{unit}")])
    tens, ones = divmod(rest, 10)
    parts += [[_piece("wo", f"n-{tens * 10}")]] if tens else []
    parts += [[_piece("wo", f"n-{ones}")]] if ones or not value else []
    joined = parts[0]
    for part in parts[1:]:
        joined = [*joined, _piece("wo", AND), *part]
    return joined


# English


def _english(value: int) -> list[Piece]:
    if value >= 1000:
        thousands, rest = divmod(value, 1000)
        link = [_piece("en", AND)] if 0 < rest < 100 else []
        return [*_english(thousands), _piece("en", THOUSAND), *link, *(_english(rest) if rest else [])]
    if value >= 100:
        hundreds, rest = divmod(value, 100)
        return [
            *_english(hundreds),
            _piece("en", HUNDRED),
            *([_piece("en", AND), *_english(rest)] if rest else []),
        ]
    if value < 20:
        return [_piece("en", f"n-{value}")]
    tens, ones = value // 10 * 10, value % 10
    return [_piece("en", f"n-{tens}"), *([_piece("en", f"n-{ones}")] if ones else [])]


_SPELL: dict[str, Callable[[int], list[Piece]]] = {"fr": _french, "wo": _wolof, "en": _english}

_FRENCH = [
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_WOLOF = ["tus", "benn", "ñaar", "ñett", "ñeent", "juróom", "juróom-benn", "juróom-ñaar", "juróom-ñett", "juróom-ñeent"]
_WOLOF_TENS = [
    "fukk",
    "ñaar-fukk",
    "fanweer",
    "ñeent-fukk",
    "juróom-fukk",
    "juróom-benn-fukk",
    "juróom-ñaar-fukk",
    "juróom-ñett-fukk",
    "juróom-ñeent-fukk",
]
_LETTERS = {f"letter-{letter}": letter.upper() for letter in ascii_lowercase}


def _numbers(words: list[str], step: int = 1, start: int = 0) -> dict[str, str]:
    return {f"n-{start + place * step}": word for place, word in enumerate(words)}


_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        NUMBER: "Numéro",
        COUNTER: "guichet",
        AND: "et",
        **_numbers(_FRENCH),
        **_numbers(["vingt", "trente", "quarante", "cinquante", "soixante"], 10, 20),
        "n-80": "quatre-vingts",
        HUNDRED: "cent",
        THOUSAND: "mille",
        **_LETTERS,
    },
    "wo": {
        NUMBER: "Nimero",
        COUNTER: "guichet",
        AND: "ak",
        **_numbers(_WOLOF),
        **_numbers(_WOLOF_TENS, 10, 10),
        **{f"n-{value}-i": f"{_WOLOF[value]}i" for value in range(2, 10)},
        HUNDRED: "téeméer",
        THOUSAND: "junni",
        **_LETTERS,
    },
    "en": {
        NUMBER: "Number",
        COUNTER: "counter",
        AND: "and",
        **_numbers(_ENGLISH),
        **_numbers(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 10, 20),
        HUNDRED: "hundred",
        THOUSAND: "thousand",
        **_LETTERS,
    },
}
_COUNTER_WORDS = frozenset({"", "guichet", "counter", "g"})
_LETTERS_SAID = frozenset(ascii_lowercase)
_UNSURE = {"wo": frozenset({COUNTER, THOUSAND, *(f"n-{value}-i" for value in range(2, 10))})}
_HINTS: dict[str, dict[str, str]] = {
    "fr": {AND: "vingt et un", HUNDRED: "cent deux", THOUSAND: "deux mille"},
    "wo": {
        AND: "fukk ak benn",
        **{f"n-{value}-i": f"{_WOLOF[value]}i téeméer" for value in range(2, 10)},
    },
    "en": {AND: "one hundred and two"},
}
