import pytest
from django.db import connection

from smartqueue.customers.models import Customer
from smartqueue.customers.queries import find_customers
from smartqueue.tenants.scope import in_tenant

PEOPLE = [
    ("Aïssatou Ndiaye", "+221771234567", "aissatou@example.sn"),
    ("Mamadou Sow", "+221781112233", ""),
    ("Moussa Diop", "+221701112234", ""),
    ("Modou Fall", "", "modou.fall@example.sn"),
    ("Ndèye Coumba Sène", "", ""),
]


@pytest.fixture
def people(bank, cheikh):
    """The bank's customers; the same people are known to the town hall too, and must not appear."""
    for tenant in (bank, cheikh.tenant):
        with in_tenant(tenant.id):
            Customer.objects.bulk_create(
                Customer(tenant=tenant, full_name=name, phone=phone, email=email) for name, phone, email in PEOPLE
            )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("aissatou", ["Aïssatou Ndiaye"]),
        ("AISSATU NDIAY", ["Aïssatou Ndiaye"]),
        ("ndiaye aïssatou", ["Aïssatou Ndiaye"]),
        ("  Aïssatou   ", ["Aïssatou Ndiaye"]),
        ("sene", ["Ndèye Coumba Sène"]),
        ("mamdou", ["Mamadou Sow"]),
        ("moussa", ["Moussa Diop"]),
        ("123 45", ["Aïssatou Ndiaye"]),
        ("77 123 45 67", ["Aïssatou Ndiaye"]),
        ("+221 77 123-45-67", ["Aïssatou Ndiaye"]),
        ("00221771234567", ["Aïssatou Ndiaye"]),
        ("modou.fall@", ["Modou Fall"]),
        ("4567", ["Aïssatou Ndiaye"]),
        ("Zxqw", []),
        ("%", []),
        ("%%%", []),
        ("___", []),
        ("\\", []),
        ("a", []),
        ("", []),
        ("12", []),
        ("'; DROP TABLE customers_customer; --", []),
    ],
)
def test_people_are_found_without_accents_with_a_typo_and_by_a_piece_of_their_number(bank, people, text, names):
    with in_tenant(bank.id):
        found = find_customers(text)

        assert [customer.full_name for customer in found] == names
        assert {customer.tenant_id for customer in found} <= {bank.id}


def test_the_best_match_comes_first(bank, people):
    with in_tenant(bank.id):
        Customer.objects.create(tenant=bank, full_name="Aissata Ndiaye")
        ranked = [(customer.full_name, customer.rank) for customer in find_customers("Aïssatou Ndiaye")]

    assert [name for name, _rank in ranked] == ["Aïssatou Ndiaye", "Aissata Ndiaye"]
    assert ranked[0][1] == 1000 > ranked[1][1]


def test_nobody_is_found_outside_a_scope(people):
    assert list(find_customers("aissatou")) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_matching('aissatou')")
        assert cursor.fetchall() == []


def test_the_function_that_searches_past_the_policy_gives_only_ids_of_the_scope(bank, people):
    with in_tenant(bank.id), connection.cursor() as cursor:
        cursor.execute("SELECT customers_matching('aissatou')")
        ids = {row[0] for row in cursor.fetchall()}

        assert ids == {Customer.objects.get(full_name="Aïssatou Ndiaye").id}


def test_the_search_reads_a_few_rows_of_the_index_although_the_policy_stands_before_it(bank):
    """5,000 customers: without the function's rights, each of them would be compared."""
    with in_tenant(bank.id), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customer (id, tenant_id, full_name, phone, email, language, preferences, metadata,"
            " notes, created_at) SELECT gen_random_uuid(), %s, 'Client ' || md5(i::text), '', '', 'fr', '{}', '{}', '',"
            " now() FROM generate_series(1, 5000) i",
            [bank.id],
        )
        read_by_index = "SELECT pg_stat_get_xact_tuples_returned('customer_search'::regclass)"
        cursor.execute(f"{read_by_index}, pg_stat_get_xact_numscans('customer_search'::regclass)")
        rows_before, scans_before = cursor.fetchone()
        list(find_customers("aissatou ndiaye"))
        cursor.execute(f"{read_by_index}, pg_stat_get_xact_numscans('customer_search'::regclass)")
        rows_after, scans_after = cursor.fetchone()
        Customer.objects.all().delete()

    assert scans_after > scans_before
    assert rows_after - rows_before < 100
