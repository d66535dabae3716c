"""Parts of an SMS, against counts that follow from 3GPP TS 23.038 and TS 23.040 by hand."""

import pytest

from smartqueue.notifications.states.sms import measured, thrifty


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "room"),
    [
        ("", "GSM-7", 0, 0, 160),
        ("a" * 160, "GSM-7", 160, 1, 160),
        ("a" * 161, "GSM-7", 161, 2, 306),
        ("a" * 306, "GSM-7", 306, 2, 306),
        ("a" * 307, "GSM-7", 307, 3, 459),
        ("é à ù ì ò Ç ñ ü § ¿", "GSM-7", 19, 1, 160),
        ("€" * 80, "GSM-7", 160, 1, 160),
        ("€" * 81, "GSM-7", 162, 2, 306),
        # 152 letters, then an escape that does not fit into the 153rd place: it opens the second part.
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3, 459),
        ("ê" * 70, "UCS-2", 70, 1, 70),
        ("ê" * 71, "UCS-2", 71, 2, 134),
        ("ê" * 134, "UCS-2", 134, 2, 134),
        ("ê" * 135, "UCS-2", 135, 3, 201),
        ("😀" * 35, "UCS-2", 70, 1, 70),
        # A pair of surrogates is not cut in two: 66 + 2 > 67.
        ("ê" * 66 + "😀" + "ê" * 66, "UCS-2", 134, 3, 201),
        ("ç", "UCS-2", 1, 1, 70),
        ("\t", "UCS-2", 1, 1, 70),
    ],
)
def test_counted_as_the_network_counts(text, encoding, units, parts, room):
    sms = measured(text)

    assert (sms.encoding, sms.units, sms.parts, sms.room) == (encoding, units, parts, room)


def test_letters_outside_are_named_once():
    assert measured("ŋ ë ŋ é").outside == ("ŋ", "ë")


def test_typographic_signs_become_plain_ones_and_letters_stay():
    assert thrifty("l’œuvre… « 5\u202f000\u00a0F »") == 'l\'oeuvre... " 5 000 F "'
    assert thrifty("jërëjëf ŋ ê") == "jërëjëf ŋ ê"
