"""When a phone may ring, who has agreed, which numbers are called, and plain letters."""

from datetime import UTC, datetime, time

import pytest

from smartqueue.notifications.states.reach import is_calling_code, is_served, may_be_told, rings_at
from smartqueue.notifications.states.sms import folded, measured


@pytest.mark.parametrize(
    ("at", "zone", "quiet", "rings"),
    [
        ("2026-03-02 12:00", "Africa/Dakar", ("21:00", "08:00"), "2026-03-02 12:00"),
        ("2026-03-02 20:59", "Africa/Dakar", ("21:00", "08:00"), "2026-03-02 20:59"),
        ("2026-03-02 21:00", "Africa/Dakar", ("21:00", "08:00"), "2026-03-03 08:00"),
        ("2026-03-03 03:10", "Africa/Dakar", ("21:00", "08:00"), "2026-03-03 08:00"),
        ("2026-03-03 08:00", "Africa/Dakar", ("21:00", "08:00"), "2026-03-03 08:00"),
        ("2026-03-02 13:30", "Africa/Dakar", ("13:00", "14:00"), "2026-03-02 14:00"),
        ("2026-03-02 14:30", "Africa/Dakar", ("13:00", "14:00"), "2026-03-02 14:30"),
        ("2026-03-02 23:30", "Africa/Dakar", ("09:00", "09:00"), "2026-03-02 23:30"),
        # 20:30 in Paris in winter is 19:30 here; 21:30 there is quiet.
        ("2026-03-02 19:30", "Europe/Paris", ("21:00", "08:00"), "2026-03-02 19:30"),
        ("2026-03-02 20:30", "Europe/Paris", ("21:00", "08:00"), "2026-03-03 07:00"),
        # The night in which the clock goes forward: 08:00 is an hour earlier.
        ("2026-03-28 22:00", "Europe/Paris", ("21:00", "08:00"), "2026-03-29 06:00"),
    ],
)
def test_nothing_rings_in_quiet_hours(at, zone, quiet, rings):
    begin, end = map(time.fromisoformat, quiet)

    assert rings_at(utc(at), zone=zone, quiet_from=begin, quiet_to=end) == utc(rings)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "channel", "preferences", "has_ticket", "may"),
    [
        ("your_turn", "sms", {}, True, True),
        ("your_turn", "sms", {"sms": False}, True, False),
        ("your_turn", "sms", {"email": False}, True, True),
        ("urgent", "sms", {}, False, True),
        ("urgent", "sms", {"sms": False}, True, False),
        ("thanks", "sms", {}, True, True),
        ("thanks", "sms", {"sms": False}, True, False),
        ("thanks", "sms", {}, False, False),
        ("thanks", "sms", {"sms": True}, False, True),
        ("queue_news", "whatsapp", {}, True, True),
        ("loan.approved", "sms", {}, True, False),
        ("loan.approved", "sms", {"sms": True}, False, True),
        ("loan.approved", "push", {}, False, True),
    ],
)
def test_who_has_agreed_to_what(kind, channel, preferences, has_ticket, may):
    assert may_be_told(kind, channel, preferences=preferences, has_ticket=has_ticket) is may


@pytest.mark.parametrize(
    ("phone", "countries", "may"),
    [
        ("+221771234567", [], True), ("+33612345678", [], False), ("+33612345678", ["33"], True),
        ("+221771234567", ["33"], False), ("+2217712345", ["22"], False), ("77 123 45 67", [], False), ("x", [], False),
    ],
)  # fmt: skip
def test_numbers_of_countries_that_nobody_named_are_not_written_to(phone, countries, may):
    assert is_served(phone, countries) is may


def test_calling_codes_are_known():
    assert [is_calling_code(code) for code in ("221", "33", "1", "999", "", "2a", "٢٢١")] == [
        True, True, True, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Jërëjëf", "Jerejef"), ("xóot", "xoot"), ("ŋaam", "ngaam"), ("Ŋ", "Ng"), ("être", "etre"), ("reçu", "recu"),
        ("île", "ile"), ("côté", "coté"), ("à é è ù ñ ò ì Ç ü", "à é è ù ñ ò ì Ç ü"), ("e\u0301te\u0302", "éte"),
        ("😀 مرحبا", "😀 مرحبا"), ("", ""), ("€ [x]", "€ [x]"),
    ],
)  # fmt: skip
def test_letters_that_an_sms_has_stay_and_others_become_plain(text, plain):
    assert folded(text) == plain


def test_a_folded_wolof_text_is_one_part_where_it_was_two():
    text = "Sa nimero mooy A042. 4 nit ñoo la jiitu. Demal léegi, sa ay des na. Jërëjëf ci sa xaar. Ba beneen yoon."

    assert (measured(text).parts, measured(folded(text)).parts) == (2, 1)
