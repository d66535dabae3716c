"""Remembered answers are kept for two days: no client retries later than that."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from smartqueue.journal.actions import claim_key, remember_answer
from smartqueue.journal.actions.relay import forget_answers
from smartqueue.journal.models import RememberedAnswer
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

# Long ago, so that no other test's answers are touched.
AT = NINE - timedelta(days=3650)


def remember(tenant: Any, at: datetime) -> Any:
    with in_tenant(tenant.id):
        row_id, _ = claim_key(tenant_id=tenant.id, caller="user:x", key=uuid4().hex, fingerprint=b"x" * 32, at=at)
        remember_answer(row_id=row_id, status=201, body=b"{}")
    return row_id


def test_answers_older_than_two_days_are_forgotten_in_every_tenant(bank, cheikh):
    forget_answers(at=AT + timedelta(days=30))
    old, other_old = remember(bank, AT), remember(cheikh.tenant, AT - timedelta(days=1))
    kept = remember(bank, AT + timedelta(seconds=1))

    forgotten = forget_answers(at=AT + timedelta(days=2, milliseconds=1))

    left = RememberedAnswer.objects.using("platform").filter(id__in=[old, other_old, kept])
    assert (forgotten, [row.id for row in left]) == (2, [kept])


def test_forgetting_twice_forgets_nothing_more(bank):
    remember(bank, AT)
    forget_answers(at=AT + timedelta(days=3))

    assert forget_answers(at=AT + timedelta(days=3)) == 0


def test_a_key_that_was_forgotten_stands_for_a_new_request(bank):
    with in_tenant(bank.id):
        claim_key(tenant_id=bank.id, caller="user:x", key="again", fingerprint=b"1" * 32, at=AT)
    forget_answers(at=AT + timedelta(days=3))

    with in_tenant(bank.id):
        _, answer = claim_key(tenant_id=bank.id, caller="user:x", key="again", fingerprint=b"2" * 32, at=AT)

    assert answer is None
