"""Where a phone is, said over its ticket's socket: kept by consent, now and then, and told to nobody."""

import pytest

from smartqueue.cli.processes import wait_until
from tests.forecast.journeys import AWAY, journey, mapped, plan

__all__ = ["journey", "mapped", "plan"]

HERE = {"type": "position", "latitude": AWAY[0], "longitude": AWAY[1], "accuracy_m": 12}


@pytest.fixture
def mine(take, mapped):
    from smartqueue.kernel.clock import now

    return take(channel="web", at=now())


@pytest.fixture
def phone(watch, mine, token_of):
    return watch(f"/ws/tickets/{token_of(mine)}/")


def becomes(screen, message):
    screen.say(message)
    return screen.until(lambda heard: heard["type"] == "pong")["position"]


def test_it_is_kept_by_consent_only_and_once_in_ten_seconds(watch, mine, token_of, plan, journey, phone):
    from smartqueue.kernel.clock import now

    assert becomes(phone, HERE) == "journey_not_found"
    plan(mine, minutes=None, at=now())
    assert becomes(phone, HERE) == "too_soon", "whoever asks too often is not even looked up"
    other_process = watch(f"/ws/tickets/{token_of(mine)}/", web=1)
    assert becomes(other_process, HERE) == "kept"
    assert becomes(other_process, HERE) == "too_soon"
    assert wait_until(lambda: becomes(phone, HERE | {"latitude": 14.75}) == "kept", seconds=40, pause_s=0.5)

    assert journey(mine).latitude == 14.75


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": "14"}, {"latitude": True}, {"latitude": None}, {"latitude": 91}, {"longitude": -181},
        {"longitude": [1]}, {"accuracy_m": "x"},
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused_and_the_socket_stays(mine, plan, phone, journey, wrong):
    from smartqueue.kernel.clock import now

    plan(mine, minutes=None, at=now())
    assert becomes(phone, HERE | wrong) == "invalid"
    phone.say({"type": "ping"})
    phone.until(lambda heard: heard == {"type": "pong"})

    assert journey(mine).latitude is None


def test_nobody_else_hears_of_it_and_nobody_else_may_say_it(
    watch, mine, plan, phone, queue_path, binta, relay, journey
):
    from smartqueue.kernel.clock import now

    plan(mine, minutes=None, at=now())
    staff = watch(queue_path, binta)
    staff.hear()
    staff.say(HERE)
    assert becomes(phone, HERE) == "kept"
    relay()
    staff.say({"type": "ping"})
    staff.until(lambda heard: heard["type"] == "pong")

    assert journey(mine).latitude == AWAY[0]
    assert [frame for frame in staff.frames + phone.frames if "latitude" in frame or str(AWAY[0]) in frame] == []


def test_too_long_a_message_ends_the_socket(phone):
    phone.hear()
    phone.say(HERE | {"more": "x" * 5000})

    assert phone.close_code() == 4400
