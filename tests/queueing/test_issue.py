"""Taking a ticket: numbers, the local day, and who is turned away."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing import errors
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.actions.queues import set_queue_status
from smartqueue.queueing.states import QueueStatus
from smartqueue.sites.models import OpeningHours
from smartqueue.tenants.scope import in_tenant
from tests.cast import at_the_same_time
from tests.queueing.conftest import later


def test_numbers_follow_one_another_and_carry_the_queues_letters(take, ticket):
    assert [ticket(take()).number for _ in range(3)] == ["A001", "A002", "A003"]


def test_numbers_begin_anew_on_each_local_day(take, ticket):
    late, early = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC)

    numbers = [ticket(take(at=at)).number for at in (late, early, late)]

    assert numbers == ["A001", "A001", "A002"]


def test_the_day_is_the_sites_and_not_the_servers(bank, site, take, ticket):
    with in_tenant(bank.id):
        site.time_zone = "Pacific/Auckland"
        site.save(update_fields=["time_zone"])

    assert str(ticket(take(at=datetime(2026, 3, 2, 12, 30, tzinfo=UTC))).day) == "2026-03-03"


def test_twenty_takers_at_once_get_twenty_numbers(take, ticket):
    taken = at_the_same_time(*[take] * 20)

    assert sorted(ticket(ticket_id).sequence for ticket_id in taken) == list(range(1, 21))


@pytest.mark.parametrize(
    ("status", "refusal"), [(QueueStatus.CLOSED, errors.QueueClosed), (QueueStatus.PAUSED, errors.QueuePaused)]
)
def test_a_queue_that_is_not_open_gives_no_ticket(moussa, tellers, take, status, refusal):
    with in_tenant(moussa.tenant.id):
        set_queue_status(queue_id=tellers.id, status=status, actor=moussa.actor, at=later())

    with pytest.raises(refusal):
        take()


def test_a_site_that_is_closed_gives_no_ticket(bank, site, take):
    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site, weekday=1).update(opens="10:00", closes="12:00")

    with pytest.raises(errors.SiteClosed):
        take(at=later())
    take(at=later(hours=1))


def test_a_full_queue_gives_no_ticket_until_someone_is_called(make_queue, make_agent, take):
    from smartqueue.queueing.actions.hot import call_next_ticket

    queue = make_queue(capacity=2)
    ousmane = make_agent("Ousmane Sow", queue)
    take(queue), take(queue)

    with pytest.raises(errors.QueueFull):
        take(queue)
    call_next_ticket(tenant_id=queue.tenant_id, agent_id=ousmane.agent.id, queue_id=queue.id, actor=SYSTEM, at=later())
    take(queue)


def test_another_tenants_queue_does_not_exist(cheikh, tellers):
    with pytest.raises(errors.QueueNotFound):
        issue_ticket(tenant_id=cheikh.tenant.id, queue_id=tellers.id, channel="web", actor=SYSTEM, at=later())


def test_a_queue_that_nobody_made_does_not_exist(bank):
    with pytest.raises(errors.QueueNotFound):
        issue_ticket(tenant_id=bank.id, queue_id=uuid4(), channel="web", actor=SYSTEM, at=later())
