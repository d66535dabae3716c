"""Letters go out after the commit, in the reader's language, and their failure harms nobody."""

import logging
import time

import pytest
from django.db import transaction
from django.test import override_settings

from smartqueue.accounts.actions import request_password_reset
from smartqueue.accounts.actions.codes import make_code
from smartqueue.accounts.models import EmailCode
from smartqueue.accounts.states import CodePurpose
from tests.accounts.people import code_for, demba, letters_to
from tests.cast import NINE


def test_a_letter_waits_for_the_commit() -> None:
    user = demba()

    with transaction.atomic():
        make_code(user, purpose=CodePurpose.RESET_PASSWORD, at=NINE)
        assert letters_to(user.email, patience_s=0.2) == []

    assert len(letters_to(user.email)) == 1


def test_asking_for_a_code_may_join_a_transaction() -> None:
    user = demba()

    with transaction.atomic():
        request_password_reset(email=user.email, at=NINE)

    assert len(letters_to(user.email)) == 1


def test_a_letter_of_a_transaction_that_failed_is_not_sent() -> None:
    user = demba()

    with transaction.atomic():
        make_code(user, purpose=CodePurpose.RESET_PASSWORD, at=NINE)
        transaction.set_rollback(True)

    assert letters_to(user.email, patience_s=0.2) == []
    assert not EmailCode.objects.filter(user=user).exists()


@pytest.mark.parametrize("language", ["fr", "wo", "en"])
def test_the_code_stands_in_subject_and_text_in_every_language(language: str) -> None:
    user = demba(language=language)

    request_password_reset(email=user.email, at=NINE)

    [letter] = letters_to(user.email)
    code = code_for(user.email)
    assert code in letter.subject
    assert code in letter.body
    assert "10" in letter.body
    assert "{" not in letter.subject + letter.body


def test_a_name_never_stands_in_a_letter() -> None:
    user = demba(full_name="https://evil.example")

    request_password_reset(email=user.email, at=NINE)

    [letter] = letters_to(user.email)
    assert "evil" not in letter.subject + letter.body


@override_settings(EMAIL_BACKEND="nowhere.at.all")
def test_a_mail_server_that_is_down_is_no_fault_of_the_reader(caplog: pytest.LogCaptureFixture) -> None:
    user = demba()

    with caplog.at_level(logging.ERROR):
        request_password_reset(email=user.email, at=NINE)
        deadline = time.monotonic() + 5
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.01)

    assert EmailCode.objects.filter(user=user).exists()
    assert [record.getMessage() for record in caplog.records] == ["a letter was not sent: ModuleNotFoundError"]
