"""Who came is forgotten with the tenant's retention; that somebody came is not."""

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.hot import call_next_ticket
from smartqueue.queueing.actions.retention import forget_old_visits
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.queueing.conftest import later


@pytest.fixture
def known(bank):
    """A customer, known since nine."""

    def make(phone="+221771234567"):
        from smartqueue.customers.actions import customer_by_phone
        from smartqueue.customers.models import Customer

        with in_tenant(bank.id):
            customer = customer_by_phone(tenant_id=bank.id, phone=phone, actor=SYSTEM, at=NINE)
            Customer.objects.filter(id=customer.id).update(created_at=NINE)
        return customer

    return make


@pytest.fixture
def visit(bank, take, ticket):
    """A visit of a customer that ended at an instant."""

    def make(customer, at=NINE):
        ticket_id = take(at=at, customer_id=customer.id)
        with in_tenant(bank.id):
            cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=at)
        return ticket_id

    return make


def customers(bank):
    from smartqueue.customers.models import Customer

    with in_tenant(bank.id):
        return set(Customer.objects.values_list("id", flat=True))


def test_a_visit_keeps_its_customer_for_the_retention_and_not_a_day_longer(bank, known, visit, ticket):
    demba = known()
    old = visit(demba)

    assert forget_old_visits(tenant_id=bank.id, at=later(days=30)) == 0
    assert ticket(old).customer_id == demba.id
    before = ticket(old)
    assert forget_old_visits(tenant_id=bank.id, at=later(days=30, seconds=1)) == 1
    assert forget_old_visits(tenant_id=bank.id, at=later(days=30, seconds=2)) == 0

    kept = ticket(old)
    assert (kept.customer_id, kept.number, kept.created_at, kept.version) == (
        None, before.number, before.created_at, before.version,
    )  # fmt: skip
    assert customers(bank) == set()


def test_who_came_again_is_known_by_the_latest_visit_only(bank, known, visit, ticket):
    demba = known()
    old, new = visit(demba), visit(demba, later(days=20))

    assert forget_old_visits(tenant_id=bank.id, at=later(days=31)) == 0
    assert (ticket(old).customer_id, ticket(new).customer_id) == (None, demba.id)


def test_who_is_in_the_line_or_at_a_counter_stays(bank, known, take, ticket, binta):
    demba = known()
    there = take(customer_id=demba.id)
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=None, actor=binta.actor, at=NINE)

    assert forget_old_visits(tenant_id=bank.id, at=later(days=90)) == 0
    assert ticket(there).customer_id == demba.id


def test_each_organisation_has_its_own_days_and_its_own_people(bank, cheikh, known, visit):
    from smartqueue.tenants.models import Tenant

    visit(known())
    Tenant.objects.using("platform").filter(id=bank.id).update(retention_days=365)

    assert forget_old_visits(tenant_id=bank.id, at=later(days=300)) == 0
    assert forget_old_visits(tenant_id=cheikh.tenant.id, at=later(days=300)) == 0
    assert len(customers(bank)) == 1


def test_two_runs_at_once_forget_each_person_once(bank, known, visit):
    from smartqueue.journal.models import Entry

    for n in range(6):
        visit(known(f"+22177123450{n}"))
    results = at_the_same_time(*[lambda: forget_old_visits(tenant_id=bank.id, at=later(days=31))] * 2)

    with in_tenant(bank.id):
        told = Entry.objects.filter(fact="customer.deleted").count()
    assert (sum(results), told, customers(bank)) == (6, 6, set())
