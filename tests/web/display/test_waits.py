"""How long it will take whoever takes a ticket now, on the screen of the hall."""

import pytest

from smartqueue.kernel.clock import now


@pytest.fixture
def glass(screen):
    """`glass(layout)`: what is on the glass, in English."""
    from django.test import Client

    def look(layout="hall", **values):
        client = Client()
        client.cookies["sq_device"] = screen(layout=layout, languages=["en"], **values).token
        return client.get("/display/now/").content.decode().replace("\xa0", " ")

    return look


@pytest.mark.parametrize("layout", ["hall", "waiting"])
def test_each_line_says_its_range_and_for_whom_it_is(glass, take, tellers, binta, outlook_of, layout):
    take()
    outlook_of(tellers, p50=[60, 725], p90=[120, 1081], at=now())

    html = glass(layout)
    assert "1 waiting" in html
    assert "about 12–19 min" in html
    assert html.count("Whoever takes a ticket now waits:") == 1


def test_where_nobody_serves_no_time_is_named(glass, take, tellers, outlook_of):
    take()
    outlook_of(tellers, p50=[60, 725], at=now())

    html = glass()
    assert "1 waiting" in html
    assert " min" not in html
    assert "Whoever takes" not in html


def test_a_queue_that_lets_nobody_in_names_no_time(glass, bank, take, tellers, binta, outlook_of):
    from smartqueue.queueing.models import Queue
    from smartqueue.tenants.scope import in_tenant

    take()
    outlook_of(tellers, p50=[60, 725], at=now())
    with in_tenant(bank.id):
        Queue.objects.filter(id=tellers.id).update(status="closed")

    assert " min" not in glass()


def test_the_screen_of_one_counter_names_no_lines_and_no_times(glass, take, tellers, binta, outlook_of):
    outlook_of(tellers, p50=[60, 725], at=now())

    assert " min" not in glass("counter", counter_id=binta.agent.counter_id)
