"""Waiting elsewhere through the API: who may, what is refused, what is answered."""

import pytest

from tests.forecast.journeys import AWAY, journey, mapped

__all__ = ["journey", "mapped"]

HERE = {"latitude": AWAY[0], "longitude": AWAY[1]}


@pytest.fixture
def mine(take, mapped):
    from smartqueue.kernel.clock import now

    return take(channel="web", at=now())


@pytest.fixture
def way(mine, ticket):
    return f"public/tickets/{ticket(mine).token}/journey/"


@pytest.fixture
def phone(api):
    """Nobody has signed in: the token in the address is the key."""
    return api()


def test_minutes_are_answered_with_when_to_leave(phone, way, outlook_of, tellers, binta):
    outlook_of(tellers, p10=[3600], p50=[4200], p90=[5400])
    assert phone.get(way).json()["code"] == "journey_not_found"

    planned = phone.post(way, json={"mode": "taxi", "minutes": 20}).json()

    assert phone.get(way).json().keys() == planned.keys()
    assert (planned["mode"], planned["stage"], planned["is_due"], planned["may_use_position"]) == (
        "taxi", "later", False, False,
    )  # fmt: skip
    assert (planned["travel_low_min"], planned["travel_high_min"]) == (20, 25)
    assert planned["leave_at"] < planned["turn_from"] < planned["turn_to"]


def test_a_position_follows_only_where_it_was_agreed_to_and_is_never_given_back(phone, way, mine, journey):
    codes = [phone.post(f"{way}position/", json=HERE).json()["code"]]
    phone.post(way, json={"mode": "pied", "minutes": 5})
    codes.append(phone.post(f"{way}position/", json=HERE).json()["code"])
    assert (codes, journey(mine).latitude) == (["journey_not_found", "consent_missing"], None)

    phone.post(way, json={"mode": "pied", "agrees": True})
    answer = phone.post(f"{way}position/", json=HERE | {"accuracy_m": 12.5})
    assert (answer.status_code, answer.json()["may_use_position"]) == (200, True)
    assert journey(mine).latitude == AWAY[0]
    assert "latitude" not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ({"latitude": 91, "longitude": 0}, {"latitude"}),
        ({"latitude": -90.5, "longitude": 181}, {"latitude", "longitude"}),
        ({"latitude": "14.7", "longitude": True}, {"latitude", "longitude"}),
        ({"longitude": 0}, {"latitude"}),
        ({"latitude": 0, "longitude": 0, "accuracy_m": -1}, {"accuracy_m"}),
        (HERE | {"altitude": 3}, {"altitude"}),
    ],
)
def test_what_is_no_place_is_refused_by_field(phone, way, mine, journey, place, fields):
    phone.post(way, json={"mode": "pied", "agrees": True})
    answer = phone.post(f"{way}position/", json=place)

    assert (answer.status_code, set(answer.json()["errors"])) == (400, fields)
    assert journey(mine).latitude is None


def test_setting_out_and_taking_it_back(phone, way, mine, journey):
    assert phone.post(f"{way}set-out/").json()["code"] == "journey_not_found"
    phone.post(way, json={"mode": "pied", "minutes": 5})
    assert phone.post(f"{way}set-out/").json()["stage"] == "on_the_way"
    assert phone.delete(way).status_code == 204
    assert (phone.delete(way).status_code, journey(mine)) == (404, None)


def test_a_visit_that_is_over_and_a_wrong_key(phone, way, mine):
    phone.post(way, json={"mode": "pied", "agrees": True})
    phone.post(way.replace("journey", "cancel"), json={})
    over = [phone.post(way, json={"mode": "pied", "minutes": 5}), phone.post(f"{way}position/", json=HERE)]

    assert [(answer.status_code, answer.json()["code"]) for answer in over] == [(409, "illegal_move")] * 2
    assert over[0].json()["ticket"]["status"] == "cancelled"
    nowhere = "public/tickets/xxxxxxxxxxxxxxxxxxxxxx/journey/"
    assert [ask(nowhere).status_code for ask in (phone.get, phone.post, phone.delete)] == [404] * 3
    assert phone.post(f"{nowhere}position/", json=HERE).status_code == 404


def test_the_audit_log_has_no_place_and_no_key(phone, way, mine, bank, ticket):
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    phone.post(way, json={"mode": "pied", "agrees": True})
    phone.post(f"{way}position/", json=HERE)
    with in_tenant(bank.id):
        entries = list(Entry.objects.filter(object_id=mine))
        words = "".join(str([entry.data, entry.before, entry.after, entry.endpoint]) for entry in entries)

    assert "journey" in words
    assert [trace for trace in (str(AWAY[0]), "latitude", ticket(mine).token) if trace in words] == []
