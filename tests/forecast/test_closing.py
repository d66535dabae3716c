"""The warning that somebody may come too late."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NINE

NOON = NINE.replace(hour=12)


@pytest.fixture
def until_noon(bank, site):
    """The site closes at noon."""
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site).update(opens="08:00", closes="12:00")


@pytest.fixture
def served_queue(make_queue, make_agent):
    """A queue at whose counter somebody serves; there is no grace unless told otherwise."""

    def make(**fields):
        queue = make_queue(**{"closing_grace_s": 0} | fields)
        make_agent("Binta Ba", queue)
        return queue

    return make


@pytest.fixture
def risky(bank):
    """`risky(queues, at)`: names of those in which whoever joins may come too late, with the hour of closing."""
    from smartqueue.forecast.queries.closing import closing_risks, too_late_to_join
    from smartqueue.tenants.scope import in_tenant

    def ask(*queues, at=NINE):
        ids = [queue.id for queue in queues]
        with in_tenant(bank.id):
            found = closing_risks(ids, at=at)
            assert too_late_to_join(ids, at=at) == set(found)
        return {queue.name: found[queue.id] for queue in queues if queue.id in found}

    return ask


@pytest.mark.parametrize(
    ("p90_s", "at", "grace_s", "is_late"),
    [
        (3 * 3600, NINE, 0, False),  # exactly until closing
        (3 * 3600 + 1, NINE, 0, True),
        (3 * 3600 + 1, NINE, 600, False),  # who waits is still called for a while after closing
        (3 * 3600 + 601, NINE, 600, True),
        (3600, NOON - timedelta(minutes=59), 0, True),
        (3600, NOON + timedelta(minutes=5), 0, False),  # closed: nobody joins anyhow
    ],
)
def test_the_risk_is_a_slow_wait_against_closing_and_grace(
    served_queue, until_noon, outlook_of, risky, p90_s, at, grace_s, is_late
):
    queue = served_queue(name="Guichets", closing_grace_s=grace_s)
    outlook_of(queue, p50=[60], p90=[p90_s])

    assert risky(queue, at=at) == ({"Guichets": NOON} if is_late else {})


def test_it_is_the_place_behind_everybody_who_waits(served_queue, until_noon, outlook_of, risky, take):
    queue = served_queue(name="Guichets")
    outlook_of(queue, p50=[1800], p90=[4000])  # each place further: 4,000 s more

    assert risky(queue) == {}
    take(queue), take(queue)
    assert risky(queue) == {"Guichets": NOON}


def test_where_nothing_is_known_or_no_counter_is_open_nothing_is_claimed(
    served_queue, make_queue, until_noon, outlook_of, risky
):
    silent, none, shut = served_queue(), served_queue(), make_queue(closing_grace_s=0)
    outlook_of(none, p50=[])
    outlook_of(shut, p50=[60], p90=[20_000])  # what was published when somebody still served

    assert risky(silent, none, shut) == {}


def test_a_site_that_never_closes_is_no_risk(served_queue, outlook_of, risky):
    queue = served_queue()
    outlook_of(queue, p50=[60], p90=[90_000])

    assert risky(queue) == {}


def test_another_tenant_learns_nothing(served_queue, until_noon, outlook_of, cheikh):
    from smartqueue.forecast.queries.closing import closing_risks
    from smartqueue.tenants.scope import in_tenant

    queue = served_queue()
    outlook_of(queue, p50=[60], p90=[20_000])

    with in_tenant(cheikh.tenant.id):
        assert closing_risks([queue.id], at=NINE) == {}


def test_three_queues_are_as_many_questions_as_one(bank, served_queue, until_noon, outlook_of, risky, take):
    queues = [served_queue() for _n in range(3)]
    for queue in queues:
        outlook_of(queue, p50=[60], p90=[20_000])
        take(queue)

    asked = []
    for some in (queues[:1], queues):
        with CaptureQueriesContext(connection) as seen:
            assert len(risky(*some)) == len(some)
        asked.append(len(seen))

    assert asked[0] == asked[1], asked
