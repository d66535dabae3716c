"""A page that is open and visible says so; nobody else counts as looking."""

import httpx
import pytest

from smartqueue.cli.processes import wait_until


@pytest.fixture
def is_open():
    """`is_open(ticket_id)`: what the room of messages believes."""
    from smartqueue.notifications.queries import page_is_open

    return page_is_open


def soon(condition):
    return wait_until(condition, seconds=30)


def test_a_visible_page_counts_until_it_is_hidden_and_again_when_it_is_shown(take, token_of, watch, is_open):
    mine, other = take(), take()
    phone = watch(f"/ws/tickets/{token_of(mine)}/", since=False)
    phone.say({"type": "hello", "since": None, "here": True})
    assert soon(lambda: is_open(mine))
    phone.say({"type": "ping", "here": False})
    assert soon(lambda: not is_open(mine))
    phone.say({"type": "ping", "here": True})
    assert soon(lambda: is_open(mine))
    phone.say({"type": "away"})
    assert soon(lambda: not is_open(mine))

    assert not is_open(other)


def test_a_page_that_is_closed_is_open_no_more(take, token_of, watch, is_open):
    mine = take()
    phone = watch(f"/ws/tickets/{token_of(mine)}/", since=False)
    phone.say({"type": "hello", "here": True})
    assert soon(lambda: is_open(mine))
    phone.connection.close()

    assert soon(lambda: not is_open(mine))


def test_one_of_two_pages_is_enough(take, token_of, watch, is_open):
    mine = take()
    first, second = (watch(f"/ws/tickets/{token_of(mine)}/", since=False) for _ in range(2))
    first.say({"type": "hello", "here": True})
    second.say({"type": "hello", "here": True})
    second.hear()
    assert soon(lambda: is_open(mine))
    first.say({"type": "ping", "here": False})
    first.until(lambda message: message["type"] == "pong")
    assert is_open(mine)
    second.say({"type": "ping", "here": False})

    assert soon(lambda: not is_open(mine))


def test_whoever_says_nothing_of_it_does_not_count(two_webs, take, token_of, watch, binta, queue_path, is_open):
    mine = take()
    token = token_of(mine)
    phone, staff = watch(f"/ws/tickets/{token}/"), watch(queue_path, binta, since=False)
    staff.say({"type": "hello", "here": True})
    for screen in (phone, staff):
        screen.say({"type": "ping"})
        screen.until(lambda message: message["type"] == "pong")
    httpx.get(f"{two_webs[0]}/live/tickets/{token}/", trust_env=False)
    seen = take()
    watch(f"/ws/tickets/{token_of(seen)}/", since=False).say({"type": "hello", "here": True})

    assert soon(lambda: is_open(seen)), "what was said before has been heard by then"
    assert not is_open(mine)


def test_where_sockets_are_blocked_a_poll_says_so(two_webs, take, token_of, is_open):
    mine = take()
    path = f"{two_webs[0]}/live/tickets/{token_of(mine)}/"
    assert httpx.get(path, params={"here": "1"}, trust_env=False).status_code == 200
    assert soon(lambda: is_open(mine))
    assert httpx.head(path, params={"here": "0"}, trust_env=False).status_code == 200

    assert soon(lambda: not is_open(mine))


def test_it_is_noted_at_most_every_fourteen_seconds(is_open):
    """Said fifty times more, it is not written again: the key, taken away by hand, stays away."""
    import asyncio
    from uuid import uuid4

    from smartqueue.live.presence import Presence
    from smartqueue.notifications.actions.presence import gone

    ticket_id = uuid4()

    async def story():
        noting = Presence()
        noting.here(str(ticket_id))
        assert await asyncio.to_thread(soon, lambda: is_open(ticket_id))
        gone(ticket_id)
        for _ in range(50):
            noting.here(str(ticket_id))
        noting.stop()

    asyncio.run(story())
    assert not is_open(ticket_id)
