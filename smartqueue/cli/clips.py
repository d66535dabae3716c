"""`smartqueue clips`: the voice's placeholder recordings, made by espeak-ng on this machine, and the chime.

French and English only: espeak-ng has no Wolof. An organisation records its own on its page for the voice, and these
give way. They lie with the collected static files, in a folder named after what is in them.
"""

import ctypes
import math
import os
import shutil
import struct
from array import array
from collections.abc import Iterator
from pathlib import Path

import click

from smartqueue.cli.processes import PlainError
from smartqueue.config import environment
from smartqueue.devices.states.clips import CHIME, MADE, folder_of_clips
from smartqueue.devices.states.voice import fragments

RATE_HZ = 22_050
KBIT_S = 48
WORDS_PER_MINUTE = 145
QUIET = 300
"""Samples below this, of 32,767, are silence."""
MARGIN_S = 0.02

_SYNCHRONOUS_RETRIEVAL, _NO_EVENTS, _UTF8, _RATE, _BY_CHARACTER = 2, 0, 1, 1, 1  # speak_lib.h
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@click.command("clips")
@click.option("--again", is_flag=True, help="Make them although they are there.")
def command(again: bool) -> None:
    """Make the voice's placeholder clips in French and English."""
    target = build_clips(environment.home() / "static", again=again)
    click.echo(f"{len(list(target.rglob('*.mp3')))} clips in {target}")


def build_clips(static: Path, *, again: bool = False) -> Path:
    """Write every clip that ships, unless they are there already; about a second.

    The folder appears whole or not at all: two commands at once do not meet half-written files.

    Args:
        static: the folder that whitenoise serves.

    Returns:
        The folder of this version.

    Raises:
        PlainError: the folder cannot be written, or espeak-ng refuses.
    """
    target = static / folder_of_clips()
    if target.is_dir() and not again:
        return target
    making = static / f"voice-{os.getpid()}"
    try:
        making.mkdir(parents=True, exist_ok=True)
        (making / f"{CHIME}.mp3").write_bytes(to_mp3(chime()))
        for language in MADE:
            (making / language).mkdir(exist_ok=True)
            for key, samples in spoken(language):
                (making / language / f"{key}.mp3").write_bytes(to_mp3(samples))
        if again:
            shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        making.rename(target)
    except OSError as refused:
        if not target.is_dir():  # else another command was first
            raise PlainError(f"The voice's clips could not be written to {static} ({refused.strerror}).") from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def spoken(language: str) -> Iterator[tuple[str, "array[int]"]]:
    """Key and samples of every fragment, 16 bits at `RATE_HZ`, without the silence around it.

    espeak-ng through its C interface (speak_lib.h): it hands pieces of sound to a callback until a word is done. The
    library is one for the process: never in two threads.

    Raises:
        PlainError: the library has no such voice.
    """
    import espeakng_loader

    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    sound: array[int] = array("h")

    def hear(wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if wave and count > 0:
            sound.frombytes(ctypes.string_at(wave, count * 2))
        return 0

    callback = _CALLBACK(hear)  # kept by this name for as long as the library may call it
    data = str(espeakng_loader.get_data_path()).encode()
    if library.espeak_Initialize(_SYNCHRONOUS_RETRIEVAL, 0, data, 0) != RATE_HZ:
        raise PlainError("espeak-ng could not be started: its data is missing or another version's.")
    try:
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(language.encode()) != 0:
            raise PlainError(f"espeak-ng has no voice for {language!r}.")
        library.espeak_SetParameter(_RATE, WORDS_PER_MINUTE, 0)
        for fragment in fragments(language):
            del sound[:]
            words = f"{fragment.words}\0".encode()
            library.espeak_Synth(words, ctypes.c_size_t(len(words)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
            yield fragment.key, trimmed(sound)
    finally:
        library.espeak_Terminate()


def trimmed(sound: "array[int]") -> "array[int]":
    """The sound without silence at its ends, but for `MARGIN_S`."""
    loud = [place for place, sample in enumerate(sound) if abs(sample) > QUIET]
    if not loud:
        return array("h")
    margin = int(MARGIN_S * RATE_HZ)
    return sound[max(0, loud[0] - margin) : loud[-1] + margin]


def chime() -> "array[int]":
    """Two soft bells, C sharp and then A, with a little of the octave above, dying away."""
    total = array("h", bytes(2 * int(1.25 * RATE_HZ)))
    mixed = [0.0] * len(total)
    for start_s, pitch_hz in ((0.0, 1108.73), (0.28, 880.0)):
        first = int(start_s * RATE_HZ)
        for place in range(first, len(mixed)):
            t = (place - first) / RATE_HZ
            swell = min(1.0, t / 0.008)
            tone = math.sin(math.tau * pitch_hz * t) + 0.35 * math.sin(math.tau * 2 * pitch_hz * t)
            mixed[place] += 0.32 * swell * math.exp(-4.2 * t) * tone
    fade = int(0.05 * RATE_HZ)
    for place, value in enumerate(mixed):
        total[place] = int(28_000 * value * min(1.0, (len(mixed) - place) / fade))
    return total


def to_mp3(sound: "array[int]") -> bytes:
    """One channel at `RATE_HZ` and `KBIT_S`."""
    import lameenc

    encoder = lameenc.Encoder()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(RATE_HZ)
    encoder.set_bit_rate(KBIT_S)
    encoder.set_quality(2)
    encoder.silence()
    samples = struct.pack(f"<{len(sound)}h", *sound)
    return bytes(encoder.encode(samples) + encoder.flush())


if __name__ == "__main__":
    command()
