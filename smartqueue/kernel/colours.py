"""Colours as `#rrggbb`, and whether words can be read on them."""

import re

INK, WHITE = "#17201c", "#ffffff"
AA = 4.5
"""WCAG 2.2, success criterion 1.4.3: the least contrast for text of ordinary size."""


class NoColour(ValueError):
    """Not a colour as `#rgb` or `#rrggbb`."""


class Unreadable(ValueError):
    """Neither white nor dark words can be read on this colour."""


def plain(colour: str) -> str:
    """A colour in the form in which it is kept: `#rrggbb`, small letters.

    Raises:
        NoColour: it is none.
    """
    found = re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", colour.strip().lower())
    if not found:
        raise NoColour("A colour is written #rrggbb.")
    digits = found[1]
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours `#rrggbb`, from 1.0 (equal) to 21.0 (black and white).

    WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) with L1 the lighter one's relative luminance,
    L = 0.2126 R + 0.7152 G + 0.0722 B, each channel c in 0..1 made linear: c / 12.92 up to 0.04045, above it
    ((c + 0.055) / 1.055) ** 2.4. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def words_on(colour: str) -> str:
    """White or ink, whichever can be read better on a colour `#rrggbb`.

    Raises:
        Unreadable: neither reaches AA; so it is with greys of a middle lightness.
    """
    words = max((WHITE, INK), key=lambda one: contrast(colour, one))
    if contrast(colour, words) < AA:
        raise Unreadable(f"{colour} has a contrast of {contrast(colour, words):.2f} at most; {AA} is needed.")
    return words


def mix(one: str, other: str, share: float) -> str:
    """`share` (0..1) of the other colour in the first."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, *, on: str, towards: str) -> str:
    """The colour, moved towards another in steps of a twentieth until it can be read on a ground."""
    steps = (mix(colour, towards, step / 20) for step in range(21))
    return next((step for step in steps if contrast(step, on) >= AA), towards)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
