"""OSRM and Valhalla: asked as they want it, doubted when they answer oddly, done without when they are silent.

Nothing here was tried on a real engine.
"""

import socket

import pytest
from django.test import override_settings

from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.states import Mode, Point
from tests.cast import NINE
from tests.travel.engines import KM, engines, osrm, standing, valhalla
from tests.travel.test_ways import PLATEAU, SAM_NOTAIRE, TUESDAY, hour

__all__ = ["engines"]

pytestmark = pytest.mark.usefixtures("engines")
NIGHT = hour(TUESDAY, 2)


@pytest.fixture
def ways(bank, moussa):
    """`ways(engine, url, mode=…)`: from Plateau, by this engine, on Tuesday at two in the night unless told."""
    from smartqueue.travel.actions.rules import save_travel_rules
    from smartqueue.travel.queries.ways import roads

    def ask(engine, url, *places, mode=Mode.CAR, at=NIGHT, **options):
        with in_tenant(bank.id):
            values = {"engine": engine, "engine_url": url}
            save_travel_rules(tenant_id=bank.id, values=values, actor=moussa.actor, at=NINE)
            known = roads()
        return known.ways(origin=PLATEAU, destinations=places or [SAM_NOTAIRE], mode=mode, at=at, **options)

    return ask


@pytest.mark.parametrize(("engine", "say"), [("osrm", osrm), ("valhalla", valhalla)])
def test_empty_roads_of_the_engine_are_gone_in_the_traffic_of_the_hour(ways, engine, say):
    with standing(say) as stand:
        (night,) = ways(engine, stand.url)
        (peak,) = ways(engine, f"{stand.url}/", at=hour(TUESDAY, 17))

    assert (night.source, night.distance_km) == (engine, KM)
    assert night.minutes == pytest.approx(4 + 20)
    assert peak.minutes == pytest.approx(4 + 20 * 38 / 12, rel=0.001)
    assert peak.p80_minutes == pytest.approx(peak.minutes * 1.4)
    assert len(stand.asked) == 1, "the second time it is remembered: empty roads have no hours"


@pytest.mark.parametrize(("engine", "say"), [("osrm", osrm), ("valhalla", valhalla)])
def test_many_places_are_one_question_and_each_gets_its_own_answer(ways, engine, say):
    no_way, walked = Point(15.5, -16.4), Point(PLATEAU.latitude + 0.001, PLATEAU.longitude)
    with standing(say) as stand:
        found = ways(engine, stand.url, SAM_NOTAIRE, no_way, walked)

    assert [one.source for one in found] == [engine, "table", "table"]
    assert len(stand.asked) == 1


def test_a_car_server_is_not_asked_about_walkers_and_buses(ways):
    with standing(osrm) as stand:
        for mode in (Mode.WALK, Mode.TRANSIT, Mode.MOTO, Mode.TER):
            assert ways("osrm", stand.url, mode=mode)[0].source == "table"
    assert stand.asked == []


@pytest.mark.parametrize("engine", ["osrm", "valhalla"])
@pytest.mark.parametrize(
    "said",
    [
        (500, b"{}"), (400, b'{"code":"TooBig"}'), b"", b"<html>", b"[]", b"null", {"code": "NoSegment"},
        {"code": "Ok", "durations": [[]], "distances": [[]]}, {"code": "Ok", "durations": [["x"]], "distances": [[1]]},
        {"code": "Ok", "durations": [[-1]], "distances": [[1]]},
        {"code": "Ok", "durations": [[1e30]], "distances": [[1]]},
        {"code": "Ok", "durations": [[1, 2]], "distances": [[1, 2]]},
        {"sources_to_targets": []}, {"sources_to_targets": [[{"to_index": 4, "time": 1, "distance": 1}]]},
        {"sources_to_targets": [[{"to_index": 0, "time": "soon", "distance": 1}]]}, (302, b""), b"x" * 70_000,
    ],
)  # fmt: skip
def test_an_odd_answer_is_none(ways, engine, said):
    with standing(lambda _path, _body: said) as stand:
        (found,) = ways(engine, stand.url)
    assert found.source == "table"
    assert round(found.minutes) == 33
    assert len(stand.asked) == 1


def test_who_is_silent_holds_nobody_long_and_nobody_twice(ways):
    import time

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        (first,) = ways("osrm", url)
        took = time.monotonic() - began
        listener.accept()[0].close()
        (second,) = ways("osrm", url)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody knocked again
            listener.accept()

    assert first.source == second.source == "table"
    assert 1.3 < took < 10
    with standing(osrm) as stand:  # whoever presses the test button asks all the same
        ways("osrm", stand.url)
        stand.say = lambda _path, _body: (500, b"")
        elsewhere = Point(14.7, -17.4)
        assert ways("osrm", stand.url, elsewhere)[0].source == "table"
        stand.say = osrm
        assert ways("osrm", stand.url, elsewhere)[0].source == "table"
        assert ways("osrm", stand.url, elsewhere, fresh=True)[0].source == "osrm"


def test_nobodys_exact_position_goes_to_an_engine(ways):
    with standing(osrm) as stand:
        ways("osrm", stand.url)
    assert f"{PLATEAU.longitude:.5f}" not in stand.asked[0]
    assert f"{SAM_NOTAIRE.longitude:.5f}" in stand.asked[0]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"engine": "osrm", "engine_url": ""}, "engine_url"), ({"engine": "google"}, "engine"),
        ({"engine": "osrm", "engine_url": "http://routes.example.sn"}, "engine_url"),
        ({"engine": "osrm", "engine_url": "https://10.0.0.8"}, "engine_url"),
        ({"engine": "osrm", "engine_url": "https://u:p@routes.example.sn"}, "engine_url"),
        ({"engine": "osrm", "engine_url": "https://routes.example.sn/?x=1"}, "engine_url"),
        ({"engine_url": "file:///etc/passwd"}, "engine_url"), ({"margin_min": 61}, "margin_min"),
        ({"near_m": 29}, "near_m"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be(bank, moussa, values, field):
    from smartqueue.kernel.errors import Invalid
    from smartqueue.travel.actions.rules import save_travel_rules
    from smartqueue.travel.models import TravelRules

    with override_settings(OUTBOUND_LOOPBACK=False), in_tenant(bank.id):
        with pytest.raises(Invalid) as refused:
            save_travel_rules(tenant_id=bank.id, values=values, actor=moussa.actor, at=NINE)
        assert list(refused.value.facts["errors"]) == [field]
        assert not TravelRules.objects.exists()


def test_two_who_save_rules_at_once_make_one_row(bank, moussa):
    from smartqueue.travel.actions.rules import save_travel_rules
    from smartqueue.travel.models import TravelRules
    from tests.cast import at_the_same_time

    def save(margin):
        with in_tenant(bank.id):
            return save_travel_rules(tenant_id=bank.id, values={"margin_min": margin}, actor=moussa.actor, at=NINE)

    results = at_the_same_time(*[lambda n=n: save(n) for n in range(4)])

    assert not [one for one in results if isinstance(one, Exception)]
    with in_tenant(bank.id):
        assert TravelRules.objects.count() == 1
