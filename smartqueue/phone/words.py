"""Words for small screens: plain letters, few signs, few lines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from smartqueue.notifications.states.sms import BASIC, thrifty

MOST_SIGNS, MOST_LINES = 160, 7
"""Of a USSD screen, and of an SMS that is paid once."""
SHORTEST_NAME = 6
_ALIKE = str.maketrans(
    {"ŋ": "ng", "Ŋ": "Ng", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "ł": "l", "đ": "d", "ı": "i", "×": "x",
     "ƴ": "y", "Ƴ": "Y", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D",
     "·": "-", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "^": "", "~": "-", "`": "'"}
)  # fmt: skip


def plain(text: str, *, is_gsm: bool = False) -> str:
    """The text in ASCII, for keypads: accents fall away, `ŋ` is `ng`, and what has no likeness is left out.

    Args:
        is_gsm: keep the accents that an SMS carries in seven bits (`é è ù à ñ` …).
    """
    return "".join(letter if is_gsm and letter in BASIC else _bare(letter) for letter in thrifty(text))


def _bare(letter: str) -> str:
    alike = unicodedata.normalize("NFKD", letter.translate(_ALIKE))
    return "".join(sign for sign in alike if sign.isascii() and (sign.isprintable() or sign == "\n"))


def shortened(name: str, most: int) -> str:
    """A name of so many signs at most, cut between two words where there is a place."""
    name = " ".join(name.split())
    if len(name) <= most:
        return name
    cut = name[: most + 1].rpartition(" ")[0].rstrip(" ,.-:")
    return cut if len(cut) >= most // 2 else name[:most]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a screen.

    Attributes:
        before: what must stand: a key, or the beginning of a sentence.
        name: what may be cut: the name of a site or of a service.
        after: what must stand behind it.
    """

    before: str
    name: str = ""
    after: str = ""

    def cut(self, most: int) -> str:
        return f"{self.before}{shortened(self.name, most)}{self.after}".strip()


def fitted(lines: Sequence[Line], *, is_gsm: bool = False) -> str:
    """Lines as one screen of at most 160 signs and 7 lines: long names first give way, then long sentences."""
    bare = [
        Line(*(plain(part, is_gsm=is_gsm) for part in (line.before, line.name, line.after)))
        for line in lines[:MOST_LINES]
    ]
    for most in range(max((len(line.name) for line in bare), default=0), SHORTEST_NAME - 1, -1):
        if len(text := "\n".join(line.cut(most) for line in bare)) <= MOST_SIGNS:
            return text
    shown = [line.cut(SHORTEST_NAME) for line in bare]
    while (over := len("\n".join(shown)) - MOST_SIGNS) > 0:
        longest = max(range(len(shown)), key=lambda place: len(shown[place]))
        shown[longest] = shortened(shown[longest], max(1, len(shown[longest]) - over))
    return "\n".join(shown)
