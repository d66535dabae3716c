"""`/me/security/`: password, second factor, passkeys, and where somebody is signed in."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from smartqueue.accounts.errors import RefreshTokenRefused
from smartqueue.accounts.models import Browser, Passkey, User
from smartqueue.accounts.queries import has_second_factor
from smartqueue.kernel.clock import now
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.device import Device
from tests.accounts.people import PASSWORD, demba, start, turn
from tests.accounts.phone import Phone
from tests.accounts.test_passkeys import add
from tests.web.shared.test_sign_in_ways import ask, facts_about, is_in

PAGE = "/me/security/"
NEW = "yassa au poulet"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"


def enter(user, agent=FIREFOX):
    browser = Client(headers={"accept-language": "en", "user-agent": agent})
    assert browser.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 302
    return browser


@pytest.fixture
def user():
    return demba()


@pytest.fixture
def browser(user):
    return enter(user)


def said(answer):
    return [str(one) for one in answer.context["messages"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("post", "password/"), ("get", "second-factor/"), ("post", "second-factor/"),
     ("post", "second-factor/off/"), ("post", "recovery-codes/"), ("post", "passkeys/begin/"), ("post", "passkeys/"),
     ("post", "passkeys/01a1ff38-666e-7cc3-8155-16afb780c513/remove/"), ("post", "sign-out-everywhere/")],
)  # fmt: skip
def test_nobody_is_sent_to_the_sign_in(method, path):
    answer = getattr(Client(), method)(f"{PAGE}{path}")

    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/?next=/me/security/{path}"


def test_forms_are_taken_from_our_own_pages_only(user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)

    for path in ("password/", "second-factor/", "second-factor/off/", "passkeys/begin/", "sign-out-everywhere/"):
        assert strict.post(f"{PAGE}{path}").status_code == 403


def test_the_page_asks_as_much_for_one_passkey_and_browser_as_for_three(user):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(PAGE).status_code == 200
        return len(asked)

    browser = enter(user)
    add(user, Device())
    one = questions()
    for _more in "ab":
        add(user, Device())
        enter(user)

    assert questions() == one == 6  # session, person, second factor, passkeys, browsers, tokens


def test_the_page_shows_what_is_ones_own(user, browser):
    other = demba()
    add(other, Device(), name="Not mine")
    enter(other, CHROME)
    add(user, Device(), name="My <key>")

    page = browser.get(PAGE)

    assert "no-store" in page["Cache-Control"]
    assert "My &lt;key&gt;" in page.text
    assert "Not mine" not in page.text
    assert [(one["what"], one["is_here"]) for one in page.context["places"]] == [("Firefox · Linux", True)]


# Password


def test_another_password_keeps_this_browser_and_ends_all_others(user, browser):
    elsewhere, tokens = enter(user, CHROME), start(user, now())

    answer = browser.post(f"{PAGE}password/", {"current": PASSWORD, "new": NEW}, follow=True)

    assert said(answer) == ["Your password is changed. You were signed out everywhere else."]
    assert is_in(browser)
    assert not is_in(elsewhere)
    with pytest.raises(RefreshTokenRefused):
        turn(tokens.refresh, now())
    assert [one["is_here"] for one in answer.context["places"]] == [True]
    assert User.objects.get(id=user.id).check_password(NEW)
    assert facts_about(user)[-1] == ("user.password_changed", {})


def test_what_is_wrong_with_a_password_stands_beside_it_and_the_form_stays_open(user, browser):
    wrong = browser.post(f"{PAGE}password/", {"current": "wrong", "new": NEW})
    assert (wrong.status_code, wrong.context["password"].errors) == (400, {"current": ["This is not your password."]})
    assert '<details class="opens" open>' in wrong.text
    assert 'id="password-current_error"' in wrong.text

    weak = browser.post(f"{PAGE}password/", {"current": PASSWORD, "new": "12345678"})
    assert "This password is too common." in weak.context["password"].errors["new"]
    assert browser.post(f"{PAGE}password/", {"current": "", "new": ""}).status_code == 400
    assert User.objects.get(id=user.id).check_password(PASSWORD)


# Second factor


def test_the_second_factor_is_turned_on_by_the_app_and_off_by_the_password(user, browser):
    assert browser.get(f"{PAGE}second-factor/")["Location"] == PAGE
    assert browser.post(f"{PAGE}second-factor/")["Location"] == f"{PAGE}second-factor/"
    page = browser.get(f"{PAGE}second-factor/")
    assert re.search(r"<svg [^>]*viewBox", page.text)
    assert "style=" not in page.text
    secret = "".join(page.context["groups"])
    assert len(secret) == 32
    assert browser.get(f"{PAGE}second-factor/").context["groups"] == page.context["groups"]

    import pyotp

    code = pyotp.TOTP(secret).at(now())
    assert browser.post(f"{PAGE}second-factor/", {"code": "12"}).status_code == 400
    shown = browser.post(f"{PAGE}second-factor/", {"code": code})
    codes = shown.context["codes"]
    assert all(code in shown.text for code in codes)
    assert len(codes) == 10
    assert "no-store" in shown["Cache-Control"]
    assert has_second_factor(user.id)

    assert codes[0] not in browser.get(PAGE).text
    again = browser.post(f"{PAGE}second-factor/", follow=True)
    assert said(again) == ["Your second factor is on already."]
    renewed = browser.post(f"{PAGE}recovery-codes/", {"proof": PASSWORD}).context["codes"]
    assert not set(renewed) & set(codes)

    wrong = browser.post(f"{PAGE}second-factor/off/", {"proof": "wrong"})
    assert (wrong.status_code, wrong.context["off"].errors) == (400, {"proof": ["This is not your password."]})
    assert browser.post(f"{PAGE}second-factor/off/", {"proof": PASSWORD})["Location"] == PAGE
    assert not has_second_factor(user.id)
    facts = facts_about(user)
    assert facts[1:] == [
        (fact, {}) for fact in ("user.second_factor_on", "user.recovery_codes_renewed", "user.second_factor_off")
    ]
    assert secret not in str(facts)


def test_guesses_at_turning_it_off_are_bounded(user, browser):
    Phone(user, at=now() - timedelta(hours=1))
    for _try in range(20):
        assert browser.post(f"{PAGE}second-factor/off/", {"proof": "000000"}).status_code == 400

    assert browser.post(f"{PAGE}second-factor/off/", {"proof": "000000"}).status_code == 429
    assert has_second_factor(user.id)


# Passkeys


def test_a_passkey_is_removed_by_its_owner_only(user, browser):
    passkey = add(user, Device())
    stranger = enter(demba())

    stranger.post(f"{PAGE}passkeys/{passkey.id}/remove/")
    assert Passkey.objects.filter(id=passkey.id).exists()

    assert browser.post(f"{PAGE}passkeys/{passkey.id}/remove/").status_code == 303
    assert not Passkey.objects.filter(id=passkey.id).exists()
    assert facts_about(user)[-1] == ("user.passkey_removed", {"passkey_id": str(passkey.id)})


def test_a_passkey_without_a_name_or_made_elsewhere_is_refused_with_a_sentence(user, browser):
    def send(name, **how):
        options = ask(browser, f"{PAGE}passkeys/begin/").json()
        return ask(browser, f"{PAGE}passkeys/", {"name": name, "answer": Device().make(options, **how)})

    assert send("").json() == {"detail": "Give it a name, such as the device it is on."}
    assert send("x", origin="https://elsewhere.example").status_code == 401
    assert not Passkey.objects.filter(user=user).exists()
    assert send("x" * 100).status_code == 200
    assert len(Passkey.objects.get(user=user).name) == 60


# Where one is signed in


def test_signing_out_everywhere_ends_browsers_and_tokens_but_not_this_one(user, browser):
    elsewhere, tokens = enter(user, CHROME), start(user, now())
    places = browser.get(PAGE).context["places"]
    assert {(one["what"], one["is_app"]) for one in places} == {
        ("Firefox · Linux", False),
        ("Chrome · Android", False),
        ("", True),
    }

    answer = browser.post(f"{PAGE}sign-out-everywhere/", follow=True)

    assert said(answer) == ["You are signed out everywhere else."]
    assert [one["is_here"] for one in answer.context["places"]] == [True]
    assert not is_in(elsewhere)
    with pytest.raises(RefreshTokenRefused):
        turn(tokens.refresh, now())
    assert facts_about(user)[-1] == ("user.signed_out_everywhere", {})
    assert browser.post(f"{PAGE}sign-out-everywhere/").status_code == 303
    assert is_in(browser)
    assert is_in(enter(user))


def test_a_browser_that_signed_out_is_not_on_the_list(user, browser):
    enter(user, CHROME).post("/sign-out/")

    assert Browser.objects.filter(user=user).count() == 2
    assert len(browser.get(PAGE).context["places"]) == 1
