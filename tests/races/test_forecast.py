"""Several followers at once, and one that dies: every ticket is promised once, and nothing is taken in twice."""

import os
from typing import Any

import psycopg

from smartqueue.cli.processes import wait_until
from tests.cast import NINE, at_the_same_time
from tests.forecast.stream import later, number_all


def own_database() -> str:
    """The superuser's address of this worker's database."""
    from django.db import connections

    name = connections["default"].settings_dict["NAME"]
    return os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{name}?")


def promised(tenant: Any) -> list[tuple[int, str]]:
    from smartqueue.forecast.models import Estimate
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(tenant.id):
        return list(Estimate.objects.order_by("asked_at", "id").values_list("place", "ending"))


def followed(tenant: Any, queue: Any) -> int:
    from smartqueue.forecast.models import Learnt
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(tenant.id):
        return sum(Learnt.objects.filter(subject_id=queue.id).values_list("seq", flat=True))


def complaints(caplog: Any) -> list[str]:
    """A fact that the estimator hears twice cannot be, and it says so."""
    return [record.getMessage() for record in caplog.records if "cannot be" in record.getMessage()]


def test_followers_at_the_same_time_while_people_come_and_are_called(bank, tellers, binta, fatou, take, caplog):
    from smartqueue.forecast.actions.following import follow_tenant
    from smartqueue.queueing.actions import hot

    caplog.set_level("INFO", "smartqueue.forecast")

    def come() -> None:
        for n in range(30):
            take(at=later(seconds=n))

    def serve(person: Any) -> None:
        for n in range(30):
            who = {"tenant_id": bank.id, "actor": person.actor, "at": later(seconds=n)}
            ticket_id = hot.call_next_ticket(agent_id=person.agent.id, queue_id=tellers.id, **who)
            if ticket_id:
                hot.close_ticket(ticket_id=ticket_id, **who)

    def go_after() -> None:
        for n in range(12):
            number_all(later(seconds=n))
            follow_tenant(tenant_id=bank.id, at=later(seconds=31 + n))

    results = at_the_same_time(come, lambda: serve(binta), lambda: serve(fatou), go_after, go_after, go_after)
    number_all(later(minutes=1))
    follow_tenant(tenant_id=bank.id, at=later(minutes=1))
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        closed = Ticket.objects.filter(status="closed").count()
    endings = [ending for _place, ending in promised(bank)]

    assert [one for one in results if isinstance(one, Exception)] == []
    assert complaints(caplog) == []
    assert len(endings) == 30
    assert (endings.count("called"), endings.count("open")) == (closed, 30 - closed)


def test_a_second_follower_does_not_wait_for_the_first(bank, tellers, take):
    from smartqueue.forecast.actions.following import follow_tenant

    take()
    number_all(NINE)
    with psycopg.connect(own_database()) as first:
        first.execute("SELECT pg_advisory_xact_lock(hashtextextended('forecast ' || %s, 0))", [str(bank.id)])
        meanwhile = follow_tenant(tenant_id=bank.id, at=NINE)
        first.rollback()

    assert (meanwhile, follow_tenant(tenant_id=bank.id, at=NINE)) == (0, 1)


def test_a_follower_that_is_killed_in_the_middle_leaves_all_as_it_was(bank, tellers, binta, take, caplog):
    """Its connection dies while it waits to store its states; the promises that it had written are gone with it."""
    from smartqueue.forecast.actions.following import follow_tenant

    caplog.set_level("INFO", "smartqueue.forecast")
    take()
    number_all(NINE)
    follow_tenant(tenant_id=bank.id, at=NINE)
    before = followed(bank, tellers)
    take(at=later(seconds=5))
    number_all(later(seconds=6))
    with psycopg.connect(own_database()) as blocker, psycopg.connect(own_database(), autocommit=True) as killer:
        blocker.execute("LOCK TABLE forecast_learnt IN SHARE MODE")
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INTO \"forecast_learnt%'"
        )

        def kill() -> bool:
            found = killer.execute(waiting + " AND datname = current_database()").fetchall()
            return any(killer.execute("SELECT pg_terminate_backend(%s)", pid).fetchone() for pid in found)

        killed, died = at_the_same_time(
            lambda: wait_until(kill, seconds=30), lambda: follow_tenant(tenant_id=bank.id, at=later(seconds=7))
        )
        blocker.rollback()
    after = (followed(bank, tellers), promised(bank))
    again = follow_tenant(tenant_id=bank.id, at=later(seconds=8))

    assert (killed, isinstance(died, Exception)) == (True, True)
    assert after == (before, [(1, "open")])
    assert again >= 1
    assert promised(bank) == [(1, "open"), (2, "open")]
    assert complaints(caplog) == []
