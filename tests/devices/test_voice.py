"""The grammar of the voice. The Wolof table is research of this project, with its own marks of confidence."""

import csv
from pathlib import Path

import pytest

from smartqueue.devices.states.voice import LANGUAGES, MOST, Piece, announcement, fragments

WOLOF = list(csv.DictReader((Path(__file__).parent / "wolof_numbers.csv").read_text("utf-8").splitlines()))


def words(language, number, counter=""):
    return " ".join(piece.words for piece in announcement(language, number=number, counter=counter))


FRENCH = {
    "0": "zéro", "1": "un", "16": "seize", "17": "dix-sept", "21": "vingt et un", "31": "trente et un",
    "42": "quarante deux", "61": "soixante et un", "70": "soixante dix", "71": "soixante et onze",
    "77": "soixante dix-sept", "79": "soixante dix-neuf", "80": "quatre-vingts", "81": "quatre-vingt un",
    "90": "quatre-vingt dix", "91": "quatre-vingt onze", "99": "quatre-vingt dix-neuf", "100": "cent",
    "101": "cent un", "121": "cent vingt et un", "180": "cent quatre-vingts", "200": "deux cents",
    "201": "deux cent un", "280": "deux cent quatre-vingts", "999": "neuf cent quatre-vingt dix-neuf",
    "1000": "mille", "1001": "mille un", "2000": "deux mille", "2200": "deux mille deux cents",
    "9999": "neuf mille neuf cent quatre-vingt dix-neuf", "10203": "un zéro deux zéro trois",
}  # fmt: skip
ENGLISH = {
    "0": "zero", "13": "thirteen", "42": "forty two", "80": "eighty", "100": "one hundred",
    "107": "one hundred and seven", "999": "nine hundred and ninety nine", "1000": "one thousand",
    "1005": "one thousand and five", "1234": "one thousand two hundred and thirty four",
}  # fmt: skip


@pytest.mark.parametrize(("number", "said"), FRENCH.items())
def test_french_numbers_are_said_as_people_say_them(number, said):
    assert words("fr", number) == f"Numéro {said}"


@pytest.mark.parametrize(("number", "said"), ENGLISH.items())
def test_english_numbers_are_said_as_people_say_them(number, said):
    assert words("en", number) == f"Number {said}"


@pytest.mark.parametrize("row", [row for row in WOLOF if int(row["n"]) <= MOST], ids=lambda row: row["n"])
def test_wolof_numbers_are_those_of_the_table(row):
    assert words("wo", row["n"]) == f"Nimero {row['wolof_cardinal']}"


def test_a_wolof_number_is_no_amount_of_money():
    """500 F is "téeméer", a hundred times five francs; number 500 is five hundred."""
    assert words("wo", "500") == "Nimero juróomi téeméer"


def test_what_the_table_attests_needs_no_review_and_the_rest_does():
    attested = {row["wolof_cardinal"] for row in WOLOF if row["confidence"] == "attested"}
    sure = {one.words for one in fragments("wo") if one.is_certain}
    unsure = {one.words for one in fragments("wo") if not one.is_certain}

    said_in_tens = {f"{ten}" for ten in attested if " " not in ten}
    assert said_in_tens <= sure
    assert unsure == {
        "guichet", "junni", "ñaari", "ñetti", "ñeenti", "juróomi", "juróom-benni", "juróom-ñaari", "juróom-ñetti",
        "juróom-ñeenti",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "counter", "keys"),
    [
        ("A042", "Guichet 3", ["number", "letter-a", "n-40", "n-2", "counter", "n-3"]),
        ("A-007", "guichet 12", ["number", "letter-a", "n-7", "counter", "n-12"]),
        ("VIP001", "3", ["number", "letter-v", "letter-i", "letter-p", "n-1", "counter", "n-3"]),
        ("B100", "G-04", ["number", "letter-b", "n-100", "counter", "n-4"]),
        ("B000", "B2", ["number", "letter-b", "n-0", "counter", "letter-b", "n-2"]),
        ("A001", "", ["number", "letter-a", "n-1"]),
    ],
)
def test_a_call_is_number_letters_number_counter(number, counter, keys):
    assert [piece.key for piece in announcement("fr", number=number, counter=counter)] == keys


@pytest.mark.parametrize(
    ("counter", "pieces"),
    [
        ("Caisse", [Piece(None, "Caisse")]),
        ("Caisse 2", [Piece(None, "Caisse"), Piece("n-2", "deux")]),
        ("Accueil du 3e étage", [Piece(None, "Accueil du 3e étage")]),
        ("É7", [Piece(None, "É"), Piece("n-7", "sept")]),
    ],
)
def test_a_counter_with_a_name_of_its_own_is_left_to_a_voice_that_reads(counter, pieces):
    assert announcement("fr", number="A001", counter=counter)[3:] == pieces


@pytest.mark.parametrize("number", ["", "A", "12B", "★", "A\u0661"])
def test_what_is_no_ticket_number_does_not_break_the_call(number):
    said = announcement("fr", number=number, counter="Guichet 1")
    assert [piece.key for piece in said][-2:] == ["counter", "n-1"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_speaker_records_exactly_what_calls_use(language):
    """Every number up to the largest, every letter: what they use is the list, no more and no less."""
    used = {
        piece.key for value in range(MOST + 1) for piece in announcement(language, number=f"A{value}", counter="")
    } | {
        piece.key
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for piece in announcement(language, number=f"{letter}1", counter="Guichet 1")
    }
    listed = [one.key for one in fragments(language)]

    assert set(listed) == used
    assert len(listed) == len(set(listed))


def test_a_language_that_nobody_taught_us_is_refused():
    with pytest.raises(KeyError):
        announcement("ff", number="A001", counter="")
