import pytest
from django.db import IntegrityError

from smartqueue.customers.actions import change_customer, customer_by_phone, forget_customer, register_customer
from smartqueue.customers.errors import PhoneTaken
from smartqueue.customers.models import Customer
from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def register(bank):
    def run(**values):
        with in_tenant(bank.id):
            return register_customer(tenant_id=bank.id, values=values, actor=SYSTEM, at=NINE)

    return run


def facts_of(customer_id):
    return list(Entry.objects.filter(object_id=customer_id).order_by("id"))


def test_a_phone_is_kept_as_e164(register):
    assert register(full_name="Demba Ka", phone="77 123 45 67").phone == "+221771234567"


def test_one_number_is_one_customer_of_a_tenant(register):
    register(phone="77 123 45 67")

    with pytest.raises(PhoneTaken):
        register(phone="+221 77 123 45 67")


def test_another_tenant_may_know_the_same_number(register, cheikh):
    register(phone="771234567")

    with in_tenant(cheikh.tenant.id):
        other = register_customer(tenant_id=cheikh.tenant.id, values={"phone": "771234567"}, actor=SYSTEM, at=NINE)

    assert other.phone == "+221771234567"


def test_any_number_of_customers_have_no_phone(register):
    assert register().id != register().id


@pytest.mark.parametrize(
    "values",
    [{"phone": "123"}, {"preferences": {"pigeon": True}}, {"preferences": {"sms": "yes"}}, {"preferences": {"sms": 1}}],
)
def test_values_that_cannot_be_are_refused(register, values):
    with pytest.raises(Invalid):
        register(**values)


def test_postgresql_refuses_a_phone_that_is_not_e164(bank):
    with pytest.raises(IntegrityError), in_tenant(bank.id):
        Customer.objects.create(tenant=bank, phone="77 123 45 67")


def test_the_journal_hears_of_a_customer_but_keeps_no_name_and_no_number(register, bank):
    customer = register(
        full_name="Aïssatou Ndiaye", phone="771234567", email="aissatou@example.sn", notes="Fauteuil", metadata={"a": 1}
    )
    with in_tenant(bank.id):
        change_customer(customer=customer, values={"full_name": "Aïssatou Sow"}, actor=SYSTEM, at=NINE)
        customer_id = customer.id
        forget_customer(customer=customer, actor=SYSTEM, at=NINE)

        created, updated, deleted = facts_of(customer_id)

    assert [created.fact, updated.fact, deleted.fact] == ["customer.created", "customer.updated", "customer.deleted"]
    assert (updated.before, updated.after) == ({"full_name": "A. N."}, {"full_name": "A. S."})
    kept = str([created.after, updated.before, updated.after, deleted.before])
    assert not any(word in kept for word in ("ssatou", "Ndiaye", "1234567", "aissatou@", "Fauteuil"))


def test_a_change_to_the_same_values_writes_nothing(register, bank):
    customer = register(phone="771234567", preferences={"sms": True})
    with in_tenant(bank.id):
        change_customer(
            customer=customer, values={"phone": "77 123 45 67", "preferences": {"sms": True}}, actor=SYSTEM, at=NINE
        )

        assert len(facts_of(customer.id)) == 1


def test_a_change_to_a_taken_number_is_refused(register, bank):
    register(phone="771234567")
    other = register(phone="771234568")

    with pytest.raises(PhoneTaken), in_tenant(bank.id):
        change_customer(customer=other, values={"phone": "771234567"}, actor=SYSTEM, at=NINE)


def test_a_phone_finds_its_customer_or_makes_one(bank):
    with in_tenant(bank.id):
        first, again = (
            customer_by_phone(tenant_id=bank.id, phone=phone, language="wo", actor=SYSTEM, at=NINE)
            for phone in ("771234567", "00221 77 123 45 67")
        )

        assert (again.id, again.language) == (first.id, "wo")
        assert [entry.fact for entry in facts_of(first.id)] == ["customer.created"]


def test_one_phone_at_eight_keypads_at_once_is_one_customer(bank):
    def dial():
        with in_tenant(bank.id):
            return customer_by_phone(tenant_id=bank.id, phone="771234567", actor=SYSTEM, at=NINE).id

    ids = at_the_same_time(*[dial] * 8)

    with in_tenant(bank.id):
        assert len(set(ids)) == 1
        assert Customer.objects.count() == 1
        assert len(facts_of(ids[0])) == 1


def test_a_phone_that_is_none_makes_nobody(bank):
    with pytest.raises(Invalid), in_tenant(bank.id):
        customer_by_phone(tenant_id=bank.id, phone="17", actor=SYSTEM, at=NINE)
