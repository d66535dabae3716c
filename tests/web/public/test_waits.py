"""How long it will take, as the customer's pages say it: before a ticket is taken and while one waits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.kernel.clock import now

NO_COUNTER = "No counter is open at the moment. We tell you the wait as soon as one opens."


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


@pytest.fixture
def words(reader):
    """`words(path)`: the page as text."""
    return lambda path: reader.get(path).content.decode()


@pytest.fixture
def published(tellers, outlook_of):
    return lambda p50, p90, **values: outlook_of(tellers, p50=p50, p90=p90, at=now(), **values)


@pytest.fixture
def promised(bank, tellers):
    """What a ticket was promised when it was taken."""
    from smartqueue.forecast.models import Estimate
    from smartqueue.tenants.scope import in_tenant

    def promise(ticket_id, low_s, high_s, *, at, queue=tellers):
        with in_tenant(bank.id):
            Estimate.objects.create(
                tenant=bank, ticket_id=ticket_id, queue_id=queue.id, asked_at=at, place=1, p10_s=0, p50_s=low_s,
                p90_s=high_s, quality="good",
            )  # fmt: skip

    return promise


def test_whoever_thinks_of_joining_sees_the_range_of_the_place_behind_all(words, place, take, binta, published):
    take(), take()
    published([60, 120, 725], [120, 240, 1081])

    page = words(place)
    assert "about 12–19 min" in page
    assert "last called" not in page
    assert "first estimate" not in page

    published([60, 120, 725], [120, 240, 1081], quality="rough")
    assert "first estimate, may change much" in words(place)


def test_without_a_counter_no_minutes_stand_on_the_site_page(words, place, take, published, tellers):
    take()
    published([60], [120])  # somebody served when this was published

    page = words(place)
    assert "no counter is open yet" in page
    assert "1 person waits" in page
    assert " min" not in page.split("<fieldset")[1].split("</fieldset>")[0]


def test_who_may_come_too_late_is_warned_and_can_still_take_a_ticket(reader, bank, site, place, make_queue, make_agent,
                                                                     outlook_of, tickets_of):  # fmt: skip
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    slow, quick = make_queue(closing_grace_s=0), make_queue(closing_grace_s=0)
    make_agent("Binta Ba", slow, quick)
    opens, closes = now() - timedelta(hours=1), now() + timedelta(hours=2)
    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site).delete()
        OpeningHours.objects.create(
            tenant=bank, site=site, weekday=opens.isoweekday(), opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}"
        )
    outlook_of(slow, p50=[6000], p90=[9000], at=now())
    outlook_of(quick, p50=[60], p90=[120], at=now())

    page = reader.get(place).content.decode()
    taken = reader.take(place, slow)

    assert page.count("your turn may not come") == 1
    assert f"We close at {closes:%H:%M}: your turn may not come." in page
    assert "about 1 h 40 – 2 h 30" in page.replace("\xa0", " ")
    assert (taken.status_code, len(tickets_of(slow))) == (303, 1)


def test_the_ticket_says_its_range_and_how_sure_it_is(words, take, token_of, binta, published):
    mine = f"/t/{token_of(take())}"

    published([725], [1075])
    good = words(mine)
    published([725], [1075], quality="rough")
    rough = words(mine)

    assert '<span data-f="eta">12–18</span>' in good
    assert 'id="eta" hidden' not in good
    assert ("First estimate, may change much" in good, "First estimate, may change much" in rough) == (False, True)


def test_without_a_counter_the_ticket_says_so_and_names_no_minutes(words, take, token_of, published):
    mine = f"/t/{token_of(take())}"
    published([60], [120])

    page = words(mine)
    assert 'id="eta" hidden' in page
    assert '<span data-f="eta"></span>' in page
    assert NO_COUNTER in page


@pytest.mark.parametrize(
    ("low_s", "high_s", "is_told"),
    [
        (1200, 1800, True),  # twenty minutes were said, and forty will it be
        (2400, 3600, False),  # just what was said
        (2300, 3600, False),  # a little off
        (None, None, False),  # nothing could be said
    ],
)
def test_what_was_said_at_first_stands_below_where_it_has_become_otherwise(
    words, take, token_of, binta, published, promised, low_s, high_s, is_told
):
    taken_at = now() - timedelta(minutes=20)
    mine = take(at=taken_at)
    promised(mine, low_s, high_s, at=taken_at)
    published([1200], [1800])

    page = words(f"/t/{token_of(mine)}")
    assert ("When you took your ticket we said" in page) == is_told
    if is_told:
        assert "When you took your ticket we said 20–30 min." in page


def test_a_promise_of_another_line_is_not_repeated(
    words, take, token_of, binta, published, promised, make_queue, move_to, tellers
):
    elsewhere = make_queue()
    mine = take(elsewhere, at=now())
    promised(mine, 60, 120, at=now(), queue=elsewhere)
    move_to(mine, tellers)
    published([6000], [9000])

    assert "we said" not in words(f"/t/{token_of(mine)}")


@pytest.fixture
def move_to(bank, binta):
    from smartqueue.queueing.actions.tickets import transfer_ticket
    from smartqueue.tenants.scope import in_tenant

    def move(ticket_id, queue):
        with in_tenant(bank.id):
            transfer_ticket(
                ticket_id=ticket_id, agent_id=None, to_queue_id=queue.id, reason="", actor=binta.actor, at=now()
            )

    return move


def test_who_was_overtaken_reads_why_and_nobody_elses_number(words, take, token_of, binta, bank):
    from smartqueue.queueing.actions.hot import call_ticket

    mine, other = take(at=now() - timedelta(minutes=9)), take(at=now() - timedelta(minutes=5))
    before = words(f"/t/{token_of(mine)}")
    call_ticket(
        tenant_id=bank.id, ticket_id=other, agent_id=binta.agent.id, reason="enceinte", actor=binta.actor, at=now()
    )
    after = words(f"/t/{token_of(mine)}")

    said = "1 person was called before you: an agent chose that person."
    assert (said in before, said in after) == (False, True)
    assert "A002" not in after
    assert "enceinte" not in after


@pytest.mark.parametrize("people", [1, 3])
def test_the_site_page_asks_as_often_for_one_queue_as_for_three(
    reader, place, make_queue, make_agent, outlook_of, take, people
):
    queues = [make_queue() for _n in range(people)]
    make_agent("Binta Ba", *queues)
    for queue in queues:
        outlook_of(queue, p50=[60], at=now())
        take(queue)
    reader.get(place)
    with CaptureQueriesContext(connection) as seen:
        page = reader.get(place)

    assert len([query for query in seen if "queueing_wait_to_join" in query["sql"]]) == 2, "the lines, and who is late"
    assert page.content.decode().count("about 2–4 min") == people
    assert len(seen) == 9, [query["sql"][:90] for query in seen]


@pytest.mark.parametrize("people", [1, 3])
def test_the_ticket_asks_as_often_whether_one_or_three_went_first(
    reader, bank, take, token_of, binta, published, people
):
    """Who went first and what was promised: three questions more, whatever the line."""
    from smartqueue.queueing.actions.hot import call_ticket, close_ticket

    who = {"tenant_id": bank.id, "actor": binta.actor, "at": now()}
    mine = take(at=now() - timedelta(minutes=9))
    for _n in range(people):
        other = take(at=now() - timedelta(minutes=5))
        call_ticket(ticket_id=other, agent_id=binta.agent.id, reason="x", **who)
        close_ticket(ticket_id=other, **who)
    published([60], [120])
    path = f"/t/{token_of(mine)}"
    reader.get(path)
    with CaptureQueriesContext(connection) as seen:
        page = reader.get(path)

    assert f"{people} {'person was' if people == 1 else 'people were'} called before you" in page.content.decode()
    assert len(seen) == 12, [query["sql"][:80] for query in seen]


@pytest.mark.parametrize(
    ("low_s", "high_s", "words"),
    [
        (0, 110, "< 2"), (720, 1080, "12–18"), (600, 600, "10"), (3000, 4200, "0 h 50–1 h 10"),
        (6000, 13_020, "1 h 40–3 h 37"), (20, 4000, "< 1 h 7"), (None, None, ""),
    ],
)  # fmt: skip
def test_a_wait_of_more_than_an_hour_is_told_in_hours(low_s, high_s, words):
    from smartqueue.web.public.templatetags.public import minutes

    assert minutes(low_s, high_s) == words
