"""What is told on an open page, while it is open."""

import httpx
import orjson
import pytest

from smartqueue.cli.processes import wait_until
from tests.live.told import message, telling_relay

__all__ = ["message", "telling_relay"]


def is_notice(told):
    return told["type"] == "notice"


def test_a_notice_reaches_the_page_of_its_ticket_and_no_other(take, token_of, watch, message, telling_relay):
    mine, other = take(), take()
    phone, neighbour = (watch(f"/ws/tickets/{token_of(one)}/", web=web) for one, web in ((mine, 0), (other, 1)))
    for screen in (phone, neighbour):
        assert screen.hear()["type"] == "snapshot"
    row = message(mine)
    telling_relay()
    seen = phone.until(is_notice)

    assert seen == {
        "type": "notice", "kind": "queue_news", "at": row.created_at.isoformat(timespec="seconds"),
        "text": "The till opens again at ten.",
    }  # fmt: skip
    neighbour.say({"type": "ping"})
    neighbour.until(lambda told: told["type"] == "pong")
    assert not any("notice" in frame for frame in neighbour.frames)


def test_whoever_comes_back_is_told_what_is_still_of_use(take, token_of, watch, message):
    mine = take()
    message(mine, body="Old.")
    message(mine, body="New.")
    message(mine, kind="your_turn", body="A call: the page shows it by itself.")
    phone = watch(f"/ws/tickets/{token_of(mine)}/")

    assert phone.until(is_notice)["text"] == "New."


def test_the_same_notice_comes_once_however_often_it_is_announced(take, token_of, watch, message, telling_relay):
    mine = take()
    phone = watch(f"/ws/tickets/{token_of(mine)}/")
    message(mine, body="First.")
    telling_relay()
    phone.until(is_notice)
    message(mine, kind="your_turn", body="No notice, but a reason to look.")
    telling_relay()
    message(mine, body="Second.")
    telling_relay()

    assert phone.until(is_notice)["text"] == "Second."
    assert len([frame for frame in phone.frames if '"notice"' in frame]) == 2


@pytest.mark.parametrize("words", ["é" * 500, '"' * 500, "𝄞" * 500, "Ŋ\n" * 300])
def test_a_notice_has_at_most_300_bytes(words):
    from smartqueue.kernel.clock import now
    from smartqueue.kernel.ids import uuid7
    from smartqueue.live.notices import notice_message
    from smartqueue.notifications.queries.told import Notice

    told = notice_message(Notice(uuid7(), "position_reached", words, now()))

    assert len(told.encode()) <= 300
    assert orjson.loads(told)["text"].endswith("…")


def test_a_stream_and_a_poll_tell_it_too(two_webs, take, token_of, message, telling_relay):
    mine = take()
    path = f"{two_webs[0]}/live/tickets/{token_of(mine)}/"
    before = httpx.get(path, trust_env=False)
    message(mine)
    with httpx.stream("GET", f"{path}events/", trust_env=False, timeout=30) as answer:
        lines = (orjson.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {"))
        kinds = {next(lines)["type"], next(lines)["type"]}
    after = httpx.get(path, trust_env=False, headers={"If-None-Match": before.headers["etag"]})

    assert kinds == {"snapshot", "notice"}
    assert (before.headers["content-type"], len(before.content.splitlines())) == ("application/json", 1)
    assert [orjson.loads(line)["type"] for line in after.content.splitlines()] == ["snapshot", "notice"]
    assert after.headers["content-type"] == "application/x-ndjson"


def test_what_was_not_announced_is_found_when_valkey_comes_back(own_valkey, own_web, take, token_of, watch, message):
    """Nobody announces this notice: the hub looks at everything when it hears again."""
    web = own_web(REDIS_URL=own_valkey.redis_url)
    mine = take()
    phone = watch(f"/ws/tickets/{token_of(mine)}/", web=web)
    assert phone.hear()["type"] == "snapshot"
    message(mine)
    own_valkey.stop()
    own_valkey.start_valkey()

    assert phone.until(is_notice)["text"] == "The till opens again at ten."


def test_what_travels_between_processes_is_ids_only(take, message, telling_relay, bank):
    """Nothing of the person, the words or the token is in the broadcast."""
    from django.conf import settings
    from redis import Redis

    from smartqueue.live.publish import CHANNEL

    mine = take()
    with Redis.from_url(settings.CELERY_BROKER_URL) as valkey, valkey.pubsub() as heard:
        heard.subscribe(CHANNEL)
        assert wait_until(lambda: heard.get_message(timeout=0.1), seconds=10)
        message(mine, body="Secret words.")
        telling_relay()
        told: list[bytes] = []

        def is_told():
            one = heard.get_message(timeout=0.1)
            if one and one["type"] == "message":
                told.append(one["data"])
            return any(str(mine).encode() in data for data in told)

        assert wait_until(is_told, seconds=30)

    ours = [row for data in told for row in orjson.loads(data) if row[1] == str(mine)]
    assert [row[:2] for row in ours] == [[str(bank.id), str(mine)]]
    assert all(isinstance(row[2], int) for row in ours)
    assert b"Secret" not in b"".join(told)
