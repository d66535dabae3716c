from datetime import date, time

import pytest

from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.sites.actions import add_exception, remove_exception
from smartqueue.sites.errors import HoursOverlap
from smartqueue.sites.models import OpeningException
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

TABASKI = date(2026, 5, 27)
CLOSED = (None, None)


@pytest.fixture
def add(bank, site):
    def run(opens, closes, day=TABASKI):
        with in_tenant(bank.id):
            return add_exception(
                tenant_id=bank.id, site=site, date=day, opens=opens, closes=closes, actor=SYSTEM, at=NINE
            )

    return run


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CLOSED, CLOSED),
        (CLOSED, (time(9), time(10))),
        ((time(9), time(10)), CLOSED),
        ((time(9), time(11)), (time(10), time(12))),
        ((time(9), time(11)), (time(9), time(10))),
        ((time(22), time(2)), (time(23), time(23, 30))),
    ],
)
def test_a_date_is_closed_or_has_intervals_apart(add, first, second):
    add(*first)

    with pytest.raises(HoursOverlap):
        add(*second)


def test_intervals_apart_and_other_dates_are_welcome(add, bank, site):
    add(time(9), time(10))
    add(time(10), time(11))
    add(None, None, day=date(2026, 5, 28))

    with in_tenant(bank.id):
        assert OpeningException.objects.filter(site=site).count() == 3


def test_adding_and_removing_are_written_down(add, bank):
    exception = add(None, None)
    with in_tenant(bank.id):
        remove_exception(exception=exception, actor=SYSTEM, at=NINE)

        facts = list(Entry.objects.filter(object_id=exception.pk).order_by("id").values_list("fact", flat=True))
        gone = Entry.objects.filter(tenant=bank, fact__startswith="openingexception").order_by("id")
        gone = list(gone.values_list("fact", flat=True))

    assert facts == gone == ["openingexception.created", "openingexception.deleted"]
