"""How many SMS a text becomes.

3GPP TS 23.038 § 6.2.1 (formerly GSM 03.38): the basic alphabet takes 7 bits a letter, a letter of its extension table
two of them (escape and letter). 140 octets hold 160 septets. A text with any other letter goes as UCS-2, 70 units of 16
bits. In several parts each gives 6 octets to the header that joins them (TS 23.040 § 9.2.3.24): 153 septets or 67 units
are left, and neither an escape nor a surrogate pair is cut in two.
"""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM_7, UCS_2 = "GSM-7", "UCS-2"


@dataclass(frozen=True, slots=True)
class Sms:
    """A text as the network counts it.

    Attributes:
        units: septets, or units of 16 bits.
        parts: messages that are paid; 0 for an empty text.
        room: units that fit into these parts.
        outside: letters that make it UCS-2, each once.
    """

    encoding: str
    units: int
    parts: int
    room: int
    outside: tuple[str, ...]


_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
                        "\u00a0": " ", "\u202f": " ", "œ": "oe", "Œ": "OE"})  # fmt: skip


def thrifty(text: str) -> str:
    """The text with typographic signs as plain ones: one of them would more than halve what fits into an SMS."""
    return text.translate(_ALIKE)


_FOLDED = str.maketrans({"ŋ": "ng", "Ŋ": "Ng", "ɓ": "b", "ɗ": "d", "ƴ": "y", "ı": "i", "ł": "l", "Ł": "L"})


def folded(text: str) -> str:
    """The text with plain letters in place of those that would make it UCS-2: ë→e, ó→o, ŋ→ng, ê→e, ç→c. Letters that
    GSM-7 has (à, é, è, ù, ñ …) stay, and so does what has no plain form."""
    return "".join(
        letter if letter in BASIC or letter in EXTENSION else _plain(letter)
        for letter in unicodedata.normalize("NFC", text)
    )


def _plain(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter.translate(_FOLDED))
    bare = "".join(sign for sign in base if not unicodedata.combining(sign))
    return bare if all(sign in BASIC for sign in bare) else letter


def measured(text: str) -> Sms:
    """Count the parts of a text."""
    outside = tuple(dict.fromkeys(letter for letter in text if letter not in BASIC and letter not in EXTENSION))
    if outside:
        sizes = [len(letter.encode("utf-16-le")) // 2 for letter in text]
        return _parts(UCS_2, sizes, 70, 67, outside)
    return _parts(GSM_7, [2 if letter in EXTENSION else 1 for letter in text], 160, 153, ())


def _parts(encoding: str, sizes: list[int], alone: int, joined: int, outside: tuple[str, ...]) -> Sms:
    units = sum(sizes)
    if units <= alone:
        return Sms(encoding, units, int(bool(units)), alone, outside)
    parts, filled = 1, 0
    for size in sizes:
        if filled + size > joined:
            parts, filled = parts + 1, 0
        filled += size
    return Sms(encoding, units, parts, parts * joined, outside)
