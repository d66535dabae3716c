"""How long a browser stays signed in: 12 hours without a request, 7 days with them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from smartqueue.kernel.clock import now
from smartqueue.web.shared.sessions import SessionStore
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.people import PASSWORD, demba
from tests.web.shared.test_sign_in_ways import is_in


@pytest.fixture
def browser():
    client = Client()
    client.post("/sign-in/", {"email": demba().email, "password": PASSWORD})
    return client


def row_of(browser):
    return Session.objects.get(session_key=browser.cookies["sessionid"].value)


def put_back(browser, passed, *, begun=None):
    """As if the last request had been that long ago, and the sign-in too, or even longer."""
    row = row_of(browser)
    kept = row.get_decoded()
    kept["begun"] = (now() - (begun or passed)).isoformat()
    Session.objects.filter(pk=row.pk).update(
        session_data=SessionStore().encode(kept), expire_date=row.expire_date - passed
    )


def hours_left(browser):
    return round((row_of(browser).expire_date - now()) / timedelta(hours=1), 1)


def test_a_session_ends_twelve_hours_after_its_last_request(browser):
    assert hours_left(browser) == 12
    assert browser.cookies["sessionid"]["max-age"] in (43199, 43200)

    put_back(browser, timedelta(hours=11, minutes=59))
    assert is_in(browser)
    assert hours_left(browser) == 12

    put_back(browser, timedelta(hours=12, minutes=1))
    assert not is_in(browser)


def test_a_session_ends_after_seven_days_whatever_happens(browser):
    put_back(browser, timedelta(hours=7), begun=timedelta(days=6, hours=18))
    assert is_in(browser)
    assert hours_left(browser) == 6
    assert 21_590 <= int(browser.cookies["sessionid"]["max-age"]) <= 21_600

    put_back(browser, timedelta(0), begun=timedelta(days=7, seconds=1))
    assert not is_in(browser)


def test_a_session_is_written_once_in_half_an_hour(browser):
    def writes():
        with CaptureQueriesContext(connection) as asked:
            assert is_in(browser)
        return sum('UPDATE "django_session"' in query["sql"] for query in asked)

    assert writes() == 0
    put_back(browser, timedelta(minutes=31))

    assert (writes(), writes()) == (1, 0)


def test_the_session_of_nobody_lives_half_an_hour():
    browser = Client()
    browser.post("/sign-in/code/send/", {"email": demba().email})

    assert hours_left(browser) == 0.5


def test_old_sessions_are_deleted_with_the_other_old_things(browser):
    from smartqueue.accounts.actions import forget_expired

    key = browser.cookies["sessionid"].value
    put_back(browser, timedelta(hours=13))

    forget_expired(at=now())

    assert not Session.objects.filter(session_key=key).exists()


def test_over_https_cookies_have_the_name_that_only_this_host_can_set():
    """In a process of its own: settings are read once."""
    import os
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c",
         "from django.conf import settings as s; "
         "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_PATH,"
         " s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_HTTPONLY)"],
        env=os.environ | {"SECURE_COOKIES": "1", "DJANGO_SETTINGS_MODULE": "smartqueue.config.settings"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert told.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True", "/", "None", "True"]
