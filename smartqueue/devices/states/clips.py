"""Recordings of the voice: where those that ship lie, and what an uploaded one may be."""

import hashlib
from functools import cache

from smartqueue.devices.states.voice import fragments

MADE = ("fr", "en")
"""Languages with placeholders that are made by machine."""
CHIME = "chime"
RECIPE = 1
"""Goes up when the same words are made into other sound."""
MOST_BYTES = 200_000
MOST_S = 20.0


@cache
def folder_of_clips() -> str:
    """The folder of the placeholders below the static files, named after what they say: `voice/3f2a…`.

    So their addresses never mean other sound, and browsers may keep them.
    """
    said = [(language, one.key, one.words) for language in MADE for one in fragments(language)]
    return f"voice/{hashlib.sha256(repr((RECIPE, said)).encode()).hexdigest()[:12]}"


def mime_of(audio: bytes) -> str | None:
    """What sound this is by its first bytes, whatever its name says; None for anything else.

    Signatures: RFC 3533 (Ogg), RFC 9559 (EBML of WebM), RIFF/WAVE, ID3v2, and the frame header of ISO/IEC 11172-3
    with its reserved values refused.
    """
    if audio.startswith(b"OggS"):
        return "audio/ogg"
    if audio.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in audio[:64]:
        return "audio/webm"
    if audio.startswith(b"RIFF") and audio[8:12] == b"WAVE":
        return "audio/wav"
    if audio.startswith(b"ID3") or _is_mp3_frame(audio[:4]):
        return "audio/mpeg"
    return None


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and sample_rate != 3
