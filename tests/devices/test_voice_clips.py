"""Clips that ship, and an organisation's own: made, judged, kept, replaced, deleted."""

import io
import struct
import subprocess
import sys
import wave
from functools import partial
from itertools import product

import pytest

from smartqueue.cli.clips import KBIT_S, RATE_HZ, build_clips, chime, spoken, to_mp3, trimmed
from smartqueue.devices.states.clips import MADE, MOST_BYTES, folder_of_clips, mime_of
from smartqueue.devices.states.voice import fragments
from tests.cast import NINE, at_the_same_time

MP3 = to_mp3(chime())
ALL_CLIPS = 1 + sum(len(fragments(language)) for language in MADE)


def wav(seconds=0.2, level=8000):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(struct.pack("<h", level) * int(seconds * RATE_HZ))
    return out.getvalue()


def frames(mp3):
    """Length of a stream of MPEG-2 layer III frames in seconds, walking from header to header."""
    bit_rates = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
    place = count = 0
    while place + 4 <= len(mp3):
        head = mp3[place : place + 4]
        assert head[0] == 0xFF
        assert head[1] & 0xFE == 0xF2  # MPEG-2, layer III
        assert head[3] >> 6 == 3  # one channel
        rate = bit_rates[head[2] >> 4]
        place += 72_000 * rate // RATE_HZ + (head[2] >> 1 & 1)
        count += 1
    return count * 576 / RATE_HZ


@pytest.fixture
def keep(bank, moussa):
    from smartqueue.devices.actions.clips import keep_clip
    from smartqueue.tenants.scope import in_tenant

    def do(audio=MP3, key="n-10", language="wo", seconds=1.25, at=NINE):
        with in_tenant(bank.id):
            return keep_clip(
                tenant_id=bank.id, language=language, key=key, audio=audio, seconds=seconds, actor=moussa.actor, at=at
            )

    return do


@pytest.fixture
def facts(bank):
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def get():
        with in_tenant(bank.id):
            return list(Entry.objects.filter(object_type="clip").order_by("id").values_list("fact", "before", "after"))

    return get


def test_every_fragment_of_the_made_languages_ships_as_a_small_mp3(tmp_path):
    folder = build_clips(tmp_path)

    made = {str(path.relative_to(folder)) for path in folder.rglob("*.mp3")}
    assert made == {"chime.mp3"} | {f"{language}/{one.key}.mp3" for language in MADE for one in fragments(language)}
    for path in folder.rglob("*.mp3"):
        mp3 = path.read_bytes()
        assert mime_of(mp3) == "audio/mpeg"
        assert 0.15 < frames(mp3) < 2
        assert len(mp3) < 1.1 * frames(mp3) * KBIT_S * 1000 / 8


def test_clips_that_are_there_are_not_made_again(tmp_path):
    folder = build_clips(tmp_path)
    before = (folder / "chime.mp3").stat().st_mtime_ns

    assert build_clips(tmp_path) == folder
    assert (folder / "chime.mp3").stat().st_mtime_ns == before
    assert build_clips(tmp_path, again=True) == folder
    assert (folder / "chime.mp3").stat().st_mtime_ns != before


def test_two_commands_at_once_leave_one_whole_folder(tmp_path, worker_environment):
    environment = worker_environment | {"SMARTQUEUE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "smartqueue.cli.clips"]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _n in range(3)]

    assert [one.wait(timeout=60) for one in running] == [0, 0, 0]
    assert [path.name for path in (tmp_path / "static").iterdir()] == ["voice"]
    assert len(list((tmp_path / "static" / folder_of_clips()).rglob("*.mp3"))) == ALL_CLIPS


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path):
    from smartqueue.cli.processes import PlainError

    (tmp_path / "static").write_text("a file where the folder should be")
    with pytest.raises(PlainError, match="could not be written"):
        build_clips(tmp_path / "static")


def test_words_sound_and_silence_around_them_is_gone():
    sounds = dict(spoken("fr"))

    assert all(max(map(abs, sound)) > 3000 for sound in sounds.values())
    assert all(len(trimmed(sound)) == len(sound) for sound in sounds.values())
    assert len(sounds["n-4"]) < len(sounds["n-80"])  # quatre, quatre-vingts


@pytest.mark.parametrize(
    ("audio", "mime"),
    [
        (MP3, "audio/mpeg"),
        (b"ID3\x04" + bytes(20), "audio/mpeg"),
        (wav(), "audio/wav"),
        (b"OggS" + bytes(40), "audio/ogg"),
        (b"\x1a\x45\xdf\xa3" + bytes(5) + b"\x42\x82\x84webm" + bytes(40), "audio/webm"),
        (b"\x1a\x45\xdf\xa3" + bytes(5) + b"\x42\x82\x88matroska", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"\xff\xf9\x50\x80" + bytes(20), None),  # AAC in ADTS: no layer
        (b"\xff\xfb\xf0\x00", None),  # a bit rate that is none
        (b"\xff\xfb", None),
        (b"<svg onload=alert(1)>", None),
        (b"", None),
    ],
    ids=["mp3", "id3", "wav", "ogg", "webm", "matroska", "avi", "aac", "no bit rate", "too short", "svg", "nothing"],
)
def test_sound_is_known_by_its_first_bytes(audio, mime):
    assert mime_of(audio) == mime


def test_a_recording_is_kept_and_the_next_one_takes_its_place(keep, facts, bank):
    from smartqueue.devices.queries.clips import clip_or_refuse, recorded
    from smartqueue.tenants.scope import in_tenant

    first = keep()
    second = keep(audio=wav(), seconds=0.2)

    assert second.id == first.id
    with in_tenant(bank.id):
        heard = recorded(["wo", "fr"])
        assert bytes(clip_or_refuse("wo", "n-10").audio) == wav()
    assert {place: clip.mime for place, clip in heard.items()} == {("wo", "n-10"): "audio/wav"}
    assert [fact for fact, _before, _after in facts()] == ["clip.created", "clip.updated"]
    assert [(before or {}).get("mime") for _fact, before, _after in facts()] == [None, "audio/mpeg"]
    assert len(str(facts())) < 1000  # the sound itself stays out of the journal


def test_two_uploads_of_one_fragment_at_once_leave_one(keep, facts, bank):
    from smartqueue.devices.queries.clips import recorded
    from smartqueue.tenants.scope import in_tenant

    for language, key in product(("wo", "fr"), ("n-1", "n-2", "n-3")):
        upload = partial(keep, language=language, key=key)
        kept = at_the_same_time(upload, partial(upload, audio=wav()))
        assert kept[0].id == kept[1].id
    with in_tenant(bank.id):
        assert len(recorded(["wo", "fr"])) == 6
    assert [fact for fact, _before, _after in facts()].count("clip.created") == 6


def test_a_recording_can_be_deleted_once(keep, facts, bank, moussa):
    from smartqueue.devices.actions.clips import delete_clip
    from smartqueue.devices.errors import ClipNotFound
    from smartqueue.tenants.scope import in_tenant

    keep()

    def delete():
        with in_tenant(bank.id):
            delete_clip(language="wo", key="n-10", actor=moussa.actor, at=NINE)

    done = at_the_same_time(delete, delete)
    assert sorted(type(one).__name__ for one in done) == ["ClipNotFound", "NoneType"]
    assert [fact for fact, _before, _after in facts()] == ["clip.created", "clip.deleted"]
    with pytest.raises(ClipNotFound):
        delete()


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"key": "n-42"}, "FragmentUnknown"),
        ({"key": "../secret"}, "FragmentUnknown"),
        ({"language": "ff"}, "FragmentUnknown"),
        ({"audio": MP3 + bytes(MOST_BYTES)}, "ClipTooBig"),
        ({"audio": b"<script>"}, "NotSound"),
    ],
    ids=["no fragment", "a path", "no language", "too big", "no sound"],
)
def test_what_is_no_recording_is_refused_and_leaves_nothing(keep, facts, values, refusal):
    from smartqueue.devices import errors

    with pytest.raises(getattr(errors, refusal)):
        keep(**values)
    assert facts() == []


def test_a_length_that_cannot_be_is_not_kept(keep):
    assert [keep(seconds=seconds).seconds for seconds in (0.8, None, -1, 21, float("nan"))] == [0.8, *[None] * 4]


def test_the_database_refuses_a_larger_recording_by_itself(bank):
    from django.db import IntegrityError

    from smartqueue.devices.models import Clip
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id), pytest.raises(IntegrityError, match="clip_small"):
        Clip.objects.create(
            tenant=bank, language="wo", key="n-1", audio=bytes(MOST_BYTES + 1), mime="audio/wav", uploaded_at=NINE
        )


def test_another_organisation_has_no_part_in_it(keep, cheikh):
    from smartqueue.devices.errors import ClipNotFound
    from smartqueue.devices.queries.clips import clip_or_refuse, recorded
    from smartqueue.tenants.scope import in_tenant

    keep()
    with in_tenant(cheikh.tenant.id):
        assert recorded(["wo"]) == {}
        with pytest.raises(ClipNotFound):
            clip_or_refuse("wo", "n-10")


def test_the_command_says_what_it_has_made(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from smartqueue.cli.clips import command

    monkeypatch.setenv("SMARTQUEUE_HOME", str(tmp_path))
    said = CliRunner().invoke(command, [])

    assert said.exit_code == 0
    assert said.output.startswith(f"{ALL_CLIPS} clips in {tmp_path}")
