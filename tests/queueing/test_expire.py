"""What a closed site leaves over."""

from datetime import time

from smartqueue.queueing.actions import tickets
from smartqueue.sites.models import OpeningHours
from smartqueue.tenants.scope import in_tenant
from tests.queueing.conftest import later


def expire(bank, at):
    return tickets.expire_leftovers(tenant_id=bank.id, at=at)


def open_until_ten(bank, site):
    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site).exclude(weekday=1).delete()
        OpeningHours.objects.filter(site=site).update(opens=time(8), closes=time(10))


def test_people_in_line_are_still_served_for_an_hour_after_closing(bank, site, take, line):
    waiting = take()
    open_until_ten(bank, site)

    assert expire(bank, later(hours=1, minutes=59)) == 0
    assert line() == [waiting]


def test_then_whoever_is_left_expires_once(bank, site, take, ticket, facts):
    waiting = take()
    open_until_ten(bank, site)

    assert (expire(bank, later(hours=2, minutes=1)), expire(bank, later(hours=2, minutes=2))) == (1, 0)
    assert ticket(waiting).status == "expired"
    assert facts(waiting) == ["created", "expired"]


def test_a_parked_ticket_expires_too_but_not_one_at_the_counter(bank, site, serving, move, ticket, take):
    parked = take()
    open_until_ten(bank, site)
    assert expire(bank, later(hours=3)) == 1
    assert (ticket(serving).status, ticket(parked).status) == ("serving", "expired")

    move(tickets.pause_ticket, serving, reason="", at=later(hours=3))
    assert expire(bank, later(hours=3)) == 1


def test_a_ticket_forgotten_at_the_counter_ends_after_a_day(bank, called, ticket):
    assert expire(bank, later(hours=24)) == 0
    assert expire(bank, later(hours=24, seconds=1)) == 1
    assert ticket(called).status == "expired"


def test_a_site_that_never_closes_leaves_nobody_over(bank, take):
    take()
    assert expire(bank, later(hours=20)) == 0


def test_another_tenants_line_is_left_alone(cheikh, site, bank, take, line):
    waiting = take()
    open_until_ten(bank, site)

    assert expire(cheikh.tenant, later(hours=5)) == 0
    assert line() == [waiting]
