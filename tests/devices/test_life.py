"""Signs of life: online, offline, what a device reports, and its token that changes every thirty days."""

from datetime import timedelta

import pytest

from smartqueue.devices import actions
from smartqueue.devices.errors import DeviceRevoked
from smartqueue.devices.queries import device_of_token, device_or_refuse
from smartqueue.journal.states import SYSTEM
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time

MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=30)


@pytest.fixture
def beat(bank):
    def do(device_id, at=NINE, **said):
        with in_tenant(bank.id):
            return actions.heartbeat(device_id=device_id, actor=SYSTEM, at=at, **said)

    return do


def rotate(token, at):
    seen = device_of_token(token)
    with in_tenant(seen.tenant_id):
        return actions.rotate_token(device=seen.device, token=token, at=at)


def test_the_first_sign_of_life_is_a_fact_and_the_next_is_not(pair, beat, device_row, facts):
    paired = pair()
    assert device_row(paired.id).is_online is False

    revisions = [beat(paired.id, NINE + n * MINUTE, app_version="1.2") for n in range(3)]

    row = device_row(paired.id)
    assert (revisions, row.is_online, row.last_seen_at, row.app_version) == ([1] * 3, True, NINE + 2 * MINUTE, "1.2")
    assert facts(paired.id)[2:] == ["device.online"]


def test_two_first_signs_at_once_are_one_fact(pair, beat, facts):
    paired = pair()

    assert at_the_same_time(*[lambda: beat(paired.id)] * 4) == [1] * 4
    assert facts(paired.id)[2:] == ["device.online"]


def test_a_minute_of_silence_is_offline_once(pair, beat, device_row, facts):
    paired, other = pair(), pair()
    beat(paired.id)
    beat(other.id, NINE + 2 * MINUTE)

    actions.mark_silent_offline(at=NINE + MINUTE)
    assert device_row(paired.id).is_online is True
    told = at_the_same_time(*[lambda: actions.mark_silent_offline(at=NINE + MINUTE + timedelta(seconds=1))] * 3)

    assert all(isinstance(count, int) for count in told), told
    assert (device_row(paired.id).is_online, device_row(other.id).is_online) == (False, True)
    assert facts(paired.id)[2:] == ["device.online", "device.offline"]
    beat(paired.id, NINE + 2 * MINUTE)
    assert facts(paired.id)[-1] == "device.online"


def test_a_device_whose_sign_of_life_is_coming_in_is_left_alone(bank, pair, beat, device_row):
    paired = pair()
    beat(paired.id)

    with in_tenant(bank.id):
        device_or_refuse(paired.id, locked=True)
        (gone,) = at_the_same_time(lambda: actions.mark_silent_offline(at=NINE + 2 * MINUTE))

    assert isinstance(gone, int), "it does not wait for the row"
    assert device_row(paired.id).is_online is True


def test_the_clock_looks_for_silence(pair, beat, device_row):
    from django.conf import settings

    from smartqueue.config.celery import app

    paired = pair()
    beat(paired.id)
    app.loader.import_default_modules()
    (task,) = [one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"].startswith("devices.")]

    app.tasks[task]()

    assert device_row(paired.id).is_online is False


def test_a_printer_without_paper_is_told_when_it_changes(pair, beat, device_row, facts):
    paired = pair("kiosk")

    for problem in ("", "paper_out", "paper_out", "nonsense"):
        beat(paired.id, problem=problem)

    assert device_row(paired.id).problem == ""
    assert facts(paired.id)[2:] == ["device.online", "device.problem_reported", "device.problem_reported"]


def test_a_device_that_was_cut_off_gives_no_sign_of_life(bank, moussa, pair, beat, facts):
    paired = pair()
    beat(paired.id)
    with in_tenant(bank.id):
        actions.revoke_device(device_id=paired.id, actor=moussa.actor, at=NINE)

    with pytest.raises(DeviceRevoked):
        beat(paired.id)
    assert facts(paired.id)[2:] == ["device.online", "device.offline", "device.revoked"]


def test_a_token_is_replaced_after_thirty_days(pair, beat):
    paired = pair()
    assert rotate(paired.token, NINE + MONTH - MINUTE) is None

    fresh = rotate(paired.token, NINE + MONTH)

    assert device_of_token(fresh).is_former is False
    assert device_of_token(paired.token).is_former is True, "the answer may be lost: the former one is good for now"
    beat(paired.id, uses_newest_token=False)
    assert device_of_token(paired.token) is not None
    beat(paired.id)
    assert device_of_token(paired.token) is None
    assert device_of_token(fresh) is not None


def test_a_new_token_that_was_lost_is_made_anew(pair):
    paired = pair()
    lost = rotate(paired.token, NINE + MONTH)

    assert rotate(paired.token, NINE + MONTH + MINUTE / 2) is None
    fresh = rotate(paired.token, NINE + MONTH + MINUTE)

    assert device_of_token(lost) is None
    assert device_of_token(fresh).is_former is False
    assert device_of_token(paired.token).is_former is True


def test_two_requests_of_one_device_do_not_lose_it(pair):
    paired = pair()

    made = at_the_same_time(*[lambda: rotate(paired.token, NINE + MONTH)] * 4)

    (fresh,) = [token for token in made if token is not None]
    assert device_of_token(fresh).is_former is False
    assert device_of_token(paired.token).is_former is True
