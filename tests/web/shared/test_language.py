"""The language of pages, and how each writes amounts, numbers and waits."""

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import translation
from django.utils.translation import override

HARD, NARROW = "\xa0", "\u202f"


def switch(client, language, **fields):
    token = client.get("/sign-in/").context["csrf_token"]
    return client.post(
        "/language/", {"language": language, "csrfmiddlewaretoken": token, "next": "/sign-in/", **fields}
    )


def language_of(answer):
    return answer.text.split('<html lang="')[1].split('"')[0]


def test_french_is_spoken_to_everybody_first():
    assert language_of(Client().get("/sign-in/")) == "fr"


@pytest.mark.parametrize("language", ["wo", "en", "fr"])
def test_a_chosen_language_is_remembered(language):
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = switch(browser, language)

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert language_of(browser.get("/sign-in/")) == language
    cookie = browser.cookies["django_language"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (365 * 24 * 3600, True, "Lax")


def test_a_language_that_we_do_not_speak_changes_nothing():
    browser = Client()
    switch(browser, "wo")

    assert switch(browser, "de").status_code == 400
    assert language_of(browser.get("/sign-in/")) == "wo"


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_choosing_a_language_leads_nowhere_else(elsewhere):
    assert switch(Client(), "wo", next=elsewhere)["Location"] == "/"


def test_choosing_a_language_needs_the_own_form_and_a_post():
    assert Client(enforce_csrf_checks=True).post("/language/", {"language": "wo"}).status_code == 403
    assert Client().get("/language/").status_code == 405


def written(source, language, **values):
    with translation.override(language):
        return Template("{% load look %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("language", "amount", "shown"),
    [
        ("fr", 2500, f"2{HARD}500{HARD}F{HARD}CFA"),
        ("wo", 2500, f"2{HARD}500{HARD}F{HARD}CFA"),
        ("en", 2500, f"2,500{HARD}F{HARD}CFA"),
        ("fr", 0, f"0{HARD}F{HARD}CFA"),
        ("en", 1234567, f"1,234,567{HARD}F{HARD}CFA"),
        ("fr", None, ""),
    ],
)
def test_amounts_are_written_as_their_reader_writes_them(language, amount, shown):
    assert written("{{ amount|xof }}", language, amount=amount).replace(NARROW, HARD) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (600, 890, "about 10–15 min"),
        (0, 59, "less than a minute"),
        (30, 100, "less than 2 min"),
        (300, 300, "about 5 min"),
        (None, 300, "wait not known yet"),
        (-50, 30, "less than a minute"),
        (2400, 3600, "about 40–60 min"),
        (2400, 3601, f"about 40 min – 1{HARD}h{HARD}01"),
        (4200, 7190, f"about 1{HARD}h{HARD}10 – 2{HARD}h"),
    ],
)
def test_a_wait_is_promised_too_long_rather_than_too_short(low, high, shown):
    assert written("{% wait_range low high %}", "en", low=low, high=high) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (725, 1081, "12–19 min"),
        (300, 300, "5 min"),
        (20, 130, "< 3 min"),
        (2700, 3900, f"45 min–1{HARD}h{HARD}05"),
    ],
)
def test_a_wait_as_a_figure(low, high, shown):
    from smartqueue.web.shared.templatetags.look import wait_figure

    with override("en"):
        assert wait_figure(low, high) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, "nobody"), (1, "1 person"), (4, "4 people"), (1200, "1,200 people")])
def test_people_are_counted_in_words(count, shown):
    assert written("{{ count|people }}", "en", count=count) == shown


def test_wolof_writes_dates_as_french_does():
    from datetime import date

    shown = [written('{{ day|date:"SHORT_DATE_FORMAT" }}', code, day=date(2026, 3, 2)) for code in ("fr", "wo")]

    assert shown == ["02/03/2026"] * 2


def test_an_icon_is_hidden_from_screen_readers_and_an_unknown_one_is_a_mistake():
    assert 'aria-hidden="true"' in written('{% icon "bell" %}', "fr")
    with pytest.raises(KeyError):
        written('{% icon "unicorn" %}', "fr")
