"""Other ways in than the password: a code by e-mail, the second factor, a passkey, a new password."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from smartqueue.accounts.models import Browser, Passkey, User
from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.tenants.models import Membership
from smartqueue.tenants.scope import in_tenant
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.device import Device
from tests.accounts.people import PASSWORD, another_code, code_for, demba, letters_to, start
from tests.accounts.phone import Phone
from tests.cast import at_the_same_time

NEW = "yassa au poulet"
SENT = "We have sent six digits to"


@pytest.fixture
def browser():
    return Client(headers={"accept-language": "en", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/142.0"})


@pytest.fixture
def binta(make_tenant):
    """A person with a password who is an agent somewhere."""
    user, tenant = demba(), make_tenant()
    with in_tenant(tenant.id):
        Membership.objects.create(tenant=tenant, user=user, role="agent")
    user.tenant = tenant
    return user


def is_in(browser):
    return browser.get("/organisations/").status_code == 200


def facts_about(user):
    entries = Entry.objects.using("platform").filter(object_id=user.id).order_by("id")
    return [(entry.fact, entry.data) for entry in entries]


def plain(answer, email):
    """A page without what differs between any two: the address, and the form's secret."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.text).replace(email, "")


# A code by e-mail


def ask_for_code(browser, email, **more):
    return browser.post("/sign-in/code/send/", {"email": email, **more})


def test_a_code_by_e_mail_opens_the_page_that_was_wanted(browser, binta):
    wanted = f"/{binta.tenant.slug}/counter/?queue=1"
    sent = ask_for_code(browser, binta.email, next=wanted)
    assert sent["Location"] == "/sign-in/code/"
    page = browser.get("/sign-in/code/")
    assert SENT in page.text
    assert binta.email in page.text
    assert "no-store" in page["Cache-Control"]
    code = code_for(binta.email)

    entered = browser.post("/sign-in/code/", {"code": f"{code[:3]} {code[3:]}", "next": wanted})

    assert entered["Location"] == wanted
    assert is_in(browser)
    assert facts_about(binta) == [
        ("user.code_asked", {"purpose": "sign_in"}),
        ("user.signed_in", {"by": ["code"]}),
    ]
    assert code not in str(Entry.objects.using("platform").filter(object_id=binta.id).values())


def test_an_unknown_address_gets_the_same_answers(browser, binta):
    def story(email):
        client = Client(headers={"accept-language": "en"})
        said = [ask_for_code(client, email), client.get("/sign-in/code/")]
        said += [client.post("/sign-in/code/", {"code": "000000x"[:6]})]
        said += [ask_for_code(client, email) for _again in range(3)]
        return [(one.status_code, one.get("Location"), plain(one, email)) for one in said]

    assert story(binta.email) == story(f"{uuid4().hex[:12]}@example.sn")


def test_a_wrong_code_stands_beside_its_field_and_is_a_fact(browser, binta):
    ask_for_code(browser, binta.email)
    wrong = another_code(code_for(binta.email))

    answer = browser.post("/sign-in/code/", {"code": wrong})

    assert answer.status_code == 400
    assert answer.context["form"].errors["code"] == ["This code is wrong or no longer valid. Ask for a new one."]
    assert not is_in(browser)
    assert facts_about(binta)[-1] == ("user.sign_in_failed", {"reason": "code_refused"})


def test_the_code_opens_only_the_browser_that_asked_for_it(browser, binta):
    ask_for_code(browser, binta.email)
    code, other = code_for(binta.email), Client()
    session = other.session
    session["mailed_code"] = {"email": binta.email, "binding": "guessed", "next": ""}
    session.save()

    assert other.post("/sign-in/code/", {"code": code}).status_code == 400
    assert Client().post("/sign-in/code/", {"code": code})["Location"] == "/sign-in/"


def test_a_third_letter_is_the_last_for_now(browser, binta):
    for _letter in range(3):
        ask_for_code(browser, binta.email)

    answer = ask_for_code(browser, binta.email)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Too many tries" in answer.text
    assert f'value="{binta.email}"' in answer.text


@pytest.mark.parametrize("typed", ["", "binta@", "x" * 300 + "@a.sn"])
def test_without_an_address_no_code_can_be_sent(browser, typed):
    answer = ask_for_code(browser, typed)

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["email"]


# The second factor


@pytest.fixture
def phone(binta):
    return Phone(binta, at=now() - timedelta(hours=1))


def with_password(browser, user, **more):
    return browser.post("/sign-in/", {"email": user.email, "password": PASSWORD, **more})


def test_after_the_password_the_second_factor_is_asked_for(browser, binta, phone):
    wanted = f"/{binta.tenant.slug}/counter/?queue=1"
    first = with_password(browser, binta, next=wanted)
    assert first["Location"] == "/sign-in/second-factor/"
    before = browser.cookies["sessionid"].value
    assert not is_in(browser)
    assert facts_about(binta) == []
    assert browser.get(first["Location"]).status_code == 200

    assert browser.post(first["Location"], {"code": phone.code(now())})["Location"] == wanted

    assert is_in(browser)
    assert facts_about(binta) == [("user.signed_in", {"by": ["password", "totp"]})]
    assert browser.cookies["sessionid"].value != before
    browser.cookies["sessionid"] = before
    assert not is_in(browser)


def test_after_a_mailed_code_too(browser, binta, phone):
    ask_for_code(browser, binta.email)

    assert browser.post("/sign-in/code/", {"code": code_for(binta.email, 2)})["Location"] == "/sign-in/second-factor/"
    assert not is_in(browser)

    browser.post("/sign-in/second-factor/?with=recovery", {"code": phone.recovery_codes[0]})
    assert is_in(browser)
    assert facts_about(binta)[-1] == ("user.signed_in", {"by": ["code", "recovery"]})


def test_a_wrong_or_used_code_lets_nobody_in(browser, binta, phone):
    code = phone.code(now())
    with_password(browser, binta)
    answer = browser.post("/sign-in/second-factor/", {"code": another_code(code)})
    assert answer.status_code == 400
    assert not is_in(browser)
    assert facts_about(binta) == [("user.sign_in_failed", {"reason": "second_factor_refused"})]
    assert browser.post("/sign-in/second-factor/", {"code": code}).status_code == 302

    other = Client()
    with_password(other, binta)
    assert other.post("/sign-in/second-factor/", {"code": code}).status_code == 400


def test_two_browsers_at_once_with_one_code_are_one_sign_in(binta, phone):
    browsers, code = [Client(), Client()], phone.code(now())
    for one in browsers:
        with_password(one, binta)

    answers = at_the_same_time(
        *[lambda one=one: one.post("/sign-in/second-factor/", {"code": code}).status_code for one in browsers]
    )

    assert sorted(answers) == [302, 400]
    assert sorted(is_in(one) for one in browsers) == [False, True]


def test_the_wait_for_the_second_factor_ends_after_five_minutes(browser, binta, phone):
    with_password(browser, binta)
    session = browser.session
    session["first_factor"] |= {"at": (now() - timedelta(minutes=5, seconds=1)).isoformat()}
    session.save()

    for answer in (
        browser.get("/sign-in/second-factor/"),
        browser.post("/sign-in/second-factor/", {"code": phone.code(now())}),
    ):
        assert answer["Location"] == "/sign-in/"
    assert not is_in(browser)


@pytest.mark.parametrize("change", [{"password": "!"}, {"is_active": False}, {"sign_outs": 1}])
def test_the_wait_ends_with_another_password_a_closed_account_or_signing_out_everywhere(browser, binta, phone, change):
    with_password(browser, binta)
    User.objects.filter(id=binta.id).update(**change)

    assert browser.post("/sign-in/second-factor/", {"code": phone.code(now())})["Location"] == "/sign-in/"
    assert not is_in(browser)


def test_nobody_comes_in_by_the_second_step_alone(browser):
    assert browser.get("/sign-in/second-factor/")["Location"] == "/sign-in/"
    assert browser.post("/sign-in/second-factor/", {"code": "123456"})["Location"] == "/sign-in/"


# A passkey


def ask(browser, path, body=None):
    return browser.post(path, json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def device(binta):
    """Binta's, added on her security page."""
    made, browser = Device(), Client()
    browser.force_login(binta)
    options = ask(browser, "/me/security/passkeys/begin/").json()
    added = ask(browser, "/me/security/passkeys/", {"name": "Téléphone", "answer": made.make(options)})
    assert added.json() == {"next": "/me/security/"}
    return made


def test_a_passkey_is_both_factors(browser, binta, phone, device):
    options = ask(browser, "/sign-in/passkey/begin/").json()
    answer = ask(browser, "/sign-in/passkey/?next=/there/", {"answer": device.sign(options)})

    assert answer.json() == {"next": "/there/"}
    assert is_in(browser)
    passkey = Passkey.objects.get(user=binta)
    assert facts_about(binta) == [
        ("user.passkey_added", {"passkey_id": str(passkey.id)}),
        ("user.signed_in", {"by": ["passkey"]}),
    ]


def test_a_challenge_is_answered_once_and_in_its_own_browser(browser, binta, device):
    options = ask(browser, "/sign-in/passkey/begin/").json()
    refused = ask(browser, "/sign-in/passkey/", {"answer": device.sign(options, is_unlocked=False)})
    assert refused.status_code == 401
    assert refused.json()["detail"].startswith("This passkey does not open")

    for one in (browser, Client()):  # used up; never asked
        assert ask(one, "/sign-in/passkey/", {"answer": device.sign(options)}).status_code == 401
        assert not is_in(one)
    assert ("user.sign_in_failed", {"reason": "passkey_refused"}) in facts_about(binta)


def test_a_challenge_for_adding_does_not_sign_in(binta, device):
    browser = Client()
    browser.force_login(binta)
    options = ask(browser, "/me/security/passkeys/begin/").json()

    assert ask(browser, "/sign-in/passkey/", {"answer": device.sign(options)}).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"answer": 1}', b"\xff", b"[" * 5000])
def test_what_our_script_does_not_send_is_refused(browser, body):
    ask(browser, "/sign-in/passkey/begin/")

    assert browser.post("/sign-in/passkey/", body, content_type="application/json").status_code == 401


# A forgotten password


def test_a_forgotten_password_is_replaced_and_signs_out_everywhere(browser, binta):
    elsewhere = Client()
    with_password(elsewhere, binta)
    start(binta, now())
    assert is_in(elsewhere)
    assert browser.post("/sign-in/forgotten/", {"email": binta.email})["Location"] == "/sign-in/new-password/"
    page = browser.get("/sign-in/new-password/")
    assert SENT in page.text
    assert f'value="{binta.email}"' in page.text
    code = code_for(binta.email)
    typed = {"email": binta.email, "code": code}

    weak = browser.post("/sign-in/new-password/", {**typed, "new_password": "12345678"})
    assert weak.status_code == 400
    assert {"This password is too common.", "This password is entirely numeric."} <= set(
        weak.context["form"].errors["new_password"]
    )
    assert f'value="{code}"' in weak.text

    assert browser.post("/sign-in/new-password/", {**typed, "new_password": NEW})["Location"] == "/sign-in/"
    assert "Your password is changed. Sign in with it." in browser.get("/sign-in/").text
    assert not is_in(elsewhere)
    assert not Browser.objects.filter(user=binta).exists()
    assert browser.post("/sign-in/", {"email": binta.email, "password": NEW}).status_code == 302
    assert is_in(browser)
    assert [fact for fact, _data in facts_about(binta)] == [
        "user.signed_in",
        "user.code_asked",
        "user.password_reset",
        "user.signed_in",
    ]
    assert len(letters_to(binta.email, 2)) == 2


def test_a_forgotten_password_tells_nobody_which_addresses_exist(binta):
    def story(email):
        client = Client(headers={"accept-language": "en"})
        said = [client.post("/sign-in/forgotten/", {"email": email}), client.get("/sign-in/new-password/")]
        typed = {"email": email, "code": "000000", "new_password": NEW}
        said += [client.post("/sign-in/new-password/", typed)]
        said += [client.post("/sign-in/forgotten/", {"email": email}) for _again in range(3)]
        return [(one.status_code, one.get("Location"), plain(one, email)) for one in said]

    assert story(binta.email) == story(f"{uuid4().hex[:12]}@example.sn")


def test_a_new_password_is_no_way_around_the_second_factor(browser, binta, phone):
    browser.post("/sign-in/forgotten/", {"email": binta.email})
    typed = {"email": binta.email, "code": code_for(binta.email, 2), "new_password": NEW}
    browser.post("/sign-in/new-password/", typed)

    answer = browser.post("/sign-in/", {"email": binta.email, "password": NEW})

    assert answer["Location"] == "/sign-in/second-factor/"
    assert not is_in(browser)


def test_an_invitations_letter_leads_to_the_same_page(browser):
    from smartqueue.accounts.actions import invite_person

    email = f"{uuid4().hex[:12]}@example.sn"
    invite_person(email=email, full_name="Ndeye", at=now())
    assert browser.get("/sign-in/new-password/").status_code == 200

    typed = {"email": email, "code": code_for(email), "new_password": NEW}
    assert browser.post("/sign-in/new-password/", typed).status_code == 302
    assert browser.post("/sign-in/", {"email": email, "password": NEW}).status_code == 302
    assert is_in(browser)
