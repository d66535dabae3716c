"""The page "Wait elsewhere" and the panel on the ticket, as bytes: with forms alone."""

from datetime import timedelta

import pytest

from tests.cast import at_the_same_time
from tests.forecast.journeys import AWAY, NEAR, hear, journey, mapped

__all__ = ["hear", "journey", "mapped"]

BY_BUS = {"mode": "transport", "minutes": "20", "by": "minutes"}
SEEN = {"mode": "transport", "by": "position", "latitude": AWAY[0], "longitude": AWAY[1], "accuracy_m": "20"}


@pytest.fixture
def now():
    from smartqueue.kernel.clock import now

    return now()


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


@pytest.fixture
def taken(take, mapped, now):
    return take(channel="web", at=now, language="en")


@pytest.fixture
def mine(taken, token_of):
    return f"/t/{token_of(taken)}"


@pytest.fixture
def long_wait(outlook_of, tellers, now, binta):
    outlook_of(tellers, p10=[3 * 3600], p50=[3 * 3600 + 600], p90=[4 * 3600], at=now)


def stage(page):
    words = page.content.decode()
    return words.split('data-stage="')[1].split('"')[0] if "data-stage" in words else None


def clock(instant):
    return f"{instant:%H:%M}"


def test_the_ticket_offers_it_and_the_page_asks_how_and_says_the_rule(reader, mine):
    ticket, page = reader.get(mine).content.decode(), reader.get(f"{mine}/journey/")
    words = page.content.decode()

    assert f'href="{mine}/journey/"' in ticket
    assert "ticket-leave" not in ticket, "nobody who has not asked for it pays for it"
    assert page.status_code == 200
    assert words.count('type="radio"') == 4
    assert ("By bus" in words, "On foot" in words, "By TER" in words) == (True, True, False)
    assert "the next person goes first, at most 5 times. When you arrive you get your place back." in words
    assert (page["Cache-Control"], page["Referrer-Policy"], page.cookies) == ("private, no-cache", "no-referrer", {})


def test_minutes_alone_are_enough_to_know_when_to_leave_and_why(reader, mine, taken, long_wait, journey, now):
    answer = reader.client.post(f"{mine}/journey/", BY_BUS)
    page = reader.get(mine).content.decode()

    assert (answer.status_code, answer["Location"]) == (303, mine)
    assert "Leave at about " in page
    leave = page.split("Leave at about ")[1][:5]
    assert clock(now + timedelta(minutes=180 - 33)) <= leave <= clock(now + timedelta(minutes=180 - 32))
    assert "You said that you are about 20 minutes away." in page
    assert "Your turn comes between " in page
    assert (journey(taken).consented_at, journey(taken).said_min) == (None, 20)
    assert f'action="{mine}/journey/set-out/"' in page


def test_with_a_position_the_way_is_said_and_the_position_is_not(reader, mine, long_wait):
    reader.client.post(f"{mine}/journey/", SEEN)
    page = reader.get(mine).content.decode()

    assert stage(reader.get(mine)) == "later"
    assert "By bus, the way takes about " in page
    assert 'data-where="1"' in page
    assert str(AWAY[0]) not in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"by": "minutes", "mode": "transport"}, "Say how many minutes you are away"),
        ({"by": "minutes", "mode": "transport", "minutes": "0"}, "minutes-error"),
        ({"by": "minutes", "mode": "transport", "minutes": "x"}, "minutes-error"),
        ({"by": "minutes", "mode": "rocket", "minutes": "5"}, "How do you come?"),
        ({}, "How do you come?"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(reader, mine, taken, journey, form, said):
    answer = reader.client.post(f"{mine}/journey/", form)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert journey(taken) is None


def test_a_site_that_is_on_no_map_asks_for_minutes_only(browser, take, token_of, now):
    reader, mine = browser(**{"accept-language": "en"}), f"/t/{token_of(take(channel='web', at=now))}"
    words = reader.get(f"{mine}/journey/").content.decode()

    assert ("Use my position" in words, "How far are you?" in words) == (False, True)
    assert reader.client.post(f"{mine}/journey/", {"mode": "pied", "by": "position"}).status_code == 409


def test_every_position_is_answered_with_the_panel_as_it_is_now(reader, mine, taken, long_wait, journey):
    reader.client.post(f"{mine}/journey/", {"mode": "transport", "by": "position"})
    before = reader.get(f"{mine}/journey/?part=1")
    said = reader.client.post(
        f"{mine}/journey/position/", {"latitude": AWAY[0], "longitude": AWAY[1], "accuracy_m": "15"}
    )

    assert (stage(before), stage(said)) == ("unknown_way", "later")
    assert "<html" not in said.content.decode()
    assert journey(taken).latitude == AWAY[0]


@pytest.mark.parametrize(
    "place", [{}, {"latitude": "91", "longitude": "0"}, {"latitude": "nan", "longitude": "0"}, {"latitude": "14"}]
)
def test_a_place_that_is_none_is_refused(reader, mine, place, taken, journey):
    reader.client.post(f"{mine}/journey/", {"mode": "transport", "by": "position"})

    assert reader.client.post(f"{mine}/journey/position/", place).status_code == 400
    assert journey(taken).latitude is None


def test_a_position_without_agreement_or_plan_is_refused(reader, mine, taken, journey):
    place = {"latitude": AWAY[0], "longitude": AWAY[1]}
    nothing = reader.client.post(f"{mine}/journey/position/", place)
    reader.client.post(f"{mine}/journey/", BY_BUS)

    assert (nothing.status_code, reader.client.post(f"{mine}/journey/position/", place).status_code) == (404, 409)
    assert journey(taken).latitude is None


def test_two_positions_at_once_are_one(browser, mine, taken, journey):
    browser().client.post(f"{mine}/journey/", {"mode": "transport", "by": "position"})
    places = [{"latitude": AWAY[0] + n / 8, "longitude": AWAY[1]} for n in range(2)]

    answers = at_the_same_time(*[lambda p=p: browser().client.post(f"{mine}/journey/position/", p) for p in places])

    assert [answer.status_code for answer in answers] == [200, 200]
    assert journey(taken).latitude in [place["latitude"] for place in places]


def test_setting_out_and_staying_after_all(reader, mine, taken, long_wait, journey):
    assert reader.client.post(f"{mine}/journey/set-out/").status_code == 404
    reader.client.post(f"{mine}/journey/", BY_BUS)
    out = reader.client.post(f"{mine}/journey/set-out/")
    assert (out.status_code, stage(reader.get(mine))) == (303, "on_the_way")

    stays = reader.client.post(f"{mine}/journey/forget/")
    assert (stays.status_code, stage(reader.get(mine)), journey(taken)) == (303, None, None)
    assert reader.client.post(f"{mine}/journey/forget/").status_code == 404


def test_whoever_has_arrived_is_here_and_the_panel_is_gone(reader, mine, taken, ticket, journey, long_wait, hear, bank):
    from smartqueue.forecast.models import Journey
    from smartqueue.tenants.scope import in_tenant

    reader.client.post(f"{mine}/journey/", SEEN)
    with in_tenant(bank.id):  # that position was eleven seconds ago
        Journey.objects.filter(ticket_id=taken).update(position_at=journey(taken).position_at - timedelta(seconds=11))
    arrived = reader.client.post(
        f"{mine}/journey/position/", {"latitude": NEAR[0], "longitude": NEAR[1], "accuracy_m": "15"}
    )

    assert (arrived.status_code, arrived.content) == (200, b"")
    assert "You are here since" in reader.get(mine).content.decode()
    assert ticket(taken).here_at is not None


def test_a_kiosks_ticket_may_go_away_too_and_is_not_here_then(reader, take, mapped, now, token_of, ticket):
    taken = take(channel="kiosk", at=now)
    reader.client.post(f"/t/{token_of(taken)}/journey/", BY_BUS)

    assert ticket(taken).here_at is None
    assert "I am here" in reader.get(f"/t/{token_of(taken)}").content.decode()


def test_a_visit_that_is_over_has_no_way(reader, mine, taken, journey):
    reader.client.post(f"{mine}/leave/")
    asked = reader.get(f"{mine}/journey/")

    assert (asked.status_code, asked["Location"]) == (303, mine)
    assert reader.client.post(f"{mine}/journey/", BY_BUS).status_code == 409
    assert journey(taken) is None


@pytest.mark.parametrize("way", ["journey/", "journey/position/", "journey/set-out/", "journey/forget/"])
def test_a_wrong_token_finds_nothing_and_no_get_changes_anything(reader, mine, taken, journey, way):
    assert reader.client.post(f"/t/{'x' * 22}/{way}", SEEN).status_code == 404
    reader.client.post(f"{mine}/journey/", BY_BUS)
    before = journey(taken)
    assert reader.get(f"{mine}/{way}").status_code == (200 if way == "journey/" else 405)

    assert (journey(taken).set_out_at, journey(taken).id) == (before.set_out_at, before.id)


@pytest.mark.parametrize("people", [1, 3])
def test_the_panel_asks_as_often_for_one_as_for_three(reader, take, token_of, mapped, long_wait, now, people):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    mine = [f"/t/{token_of(take(channel='web', at=now))}" for _ in range(people)]
    for address in mine:
        reader.client.post(f"{address}/journey/", BY_BUS)
    with CaptureQueriesContext(connection) as asked:
        reader.get(f"{mine[-1]}/journey/?part=1")

    said = [query["sql"] for query in asked.captured_queries]
    assert len([sql for sql in said if sql.upper().startswith("SELECT") and "set_config" not in sql]) == 6, said
