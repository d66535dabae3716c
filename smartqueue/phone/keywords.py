"""Words that people write: TICKET DKR1, INFO, RETARD, ICI, ANNULER, STOP, in three languages and with slips."""

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from smartqueue.phone.words import plain

ALIKE_FROM = 0.8
"""`difflib`'s measure of likeness above which a word is taken for a slip: one letter of five may be wrong."""
LONGEST_READ = 80
"""Signs of a message that are looked at: ten thousand of them say nothing more."""


class Word(StrEnum):
    TAKE = "take"
    INFO = "info"
    LATE = "late"
    HERE = "here"
    CANCEL = "cancel"
    STOP = "stop"
    START = "start"
    HELP = "help"


RISKY = frozenset({Word.LATE, Word.HERE, Word.CANCEL, Word.STOP, Word.START})
"""Never done by a guess: a place in the line is lost, or the messages about it, or somebody is looked for in vain."""
KNOWN: dict[str, tuple[Word, str]] = {
    "TICKET": (Word.TAKE, ""), "TIQUET": (Word.TAKE, "fr"), "JOIN": (Word.TAKE, "en"), "TIKET": (Word.TAKE, "wo"),
    "INFO": (Word.INFO, ""), "INFOS": (Word.INFO, "fr"), "STATUT": (Word.INFO, "fr"), "STATUS": (Word.INFO, "en"),
    "RETARD": (Word.LATE, "fr"), "LATE": (Word.LATE, "en"), "YEEX": (Word.LATE, "wo"),
    "ICI": (Word.HERE, "fr"), "HERE": (Word.HERE, "en"), "FI": (Word.HERE, "wo"), "MAANGI": (Word.HERE, "wo"),
    "ANNULER": (Word.CANCEL, "fr"), "ANNULE": (Word.CANCEL, "fr"), "CANCEL": (Word.CANCEL, "en"),
    "NEENAL": (Word.CANCEL, "wo"),
    "STOP": (Word.STOP, ""), "STOPALL": (Word.STOP, ""), "ARRET": (Word.STOP, "fr"), "ARRETER": (Word.STOP, "fr"),
    "UNSUBSCRIBE": (Word.STOP, "en"), "DESABONNER": (Word.STOP, "fr"), "TAXAWAL": (Word.STOP, "wo"),
    "START": (Word.START, ""), "REPRENDRE": (Word.START, "fr"), "UNSTOP": (Word.START, "en"),
    "AIDE": (Word.HELP, "fr"), "HELP": (Word.HELP, "en"), "NDIMBAL": (Word.HELP, "wo"), "MENU": (Word.HELP, ""),
}  # fmt: skip
"""Each word, and the language that it tells where nobody has chosen one; in capitals, without accents."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that begins with a word we know, or with one that looks like it.

    Attributes:
        rest: what follows, in capitals.
        written: the word of ours that it is, or looks like.
        is_guess: it was written otherwise.
        language: '' where the word is the same in several.
    """

    word: Word
    rest: tuple[str, ...]
    written: str
    is_guess: bool
    language: str


def tokens_of(text: str) -> tuple[str, ...]:
    """Words and numbers of a message, in capitals without accents; hyphens stay, codes of sites have them."""
    return tuple(re.findall(r"[A-Z0-9][A-Z0-9-]*", plain(text[:LONGEST_READ]).upper()))


def said(text: str) -> Said | None:
    """The word that a message begins with; None where it is none of ours."""
    first, *rest = tokens_of(text) or ("",)
    if first in KNOWN:
        word, language = KNOWN[first]
        return Said(word, tuple(rest), first, False, language)
    # A code of a site has digits in it, and is no slip of a word.
    alike = difflib.get_close_matches(first, KNOWN, n=1, cutoff=ALIKE_FROM) if first.isalpha() else []
    if not alike:
        return None
    word, language = KNOWN[alike[0]]
    return Said(word, tuple(rest), alike[0], True, language)
