"""What programs are told of the wait: who was called before, and whether it is too late to join."""

from datetime import timedelta

import pytest

from smartqueue.kernel.clock import now
from tests.live.conftest import token_of

__all__ = ["token_of"]


@pytest.fixture
def overtaken(take, token_of, binta, bank):
    """The token of a waiting ticket that somebody who came later has been called before."""
    from smartqueue.queueing.actions.hot import call_ticket

    at = now()
    mine, other = take(at=at - timedelta(minutes=9), language="en"), take(at=at - timedelta(minutes=5))
    call_ticket(
        tenant_id=bank.id, ticket_id=other, agent_id=binta.agent.id, reason="Madame est enceinte", actor=binta.actor,
        at=at,
    )  # fmt: skip
    return token_of(mine)


def test_the_owner_of_a_ticket_is_told_why_somebody_went_first_and_not_for_what_reason(api, overtaken):
    answer = api(None).get(f"public/tickets/{overtaken}/", headers={"Accept-Language": "en"})

    assert answer.json()["overtaken"] == {
        "people": 1, "rule": "chosen", "sentence": "1 person was called before you: an agent chose that person.",
    }  # fmt: skip
    assert "enceinte" not in answer.content.decode()


def test_nobody_overtaken_is_null_and_so_it_is_after_the_end(api, take, token_of):
    token = token_of(take())

    assert api(None).get(f"public/tickets/{token}/").json()["overtaken"] is None
    left = api(None).post(f"public/tickets/{token}/cancel/", json={})
    assert (left.status_code, left.json()["overtaken"]) == (200, None)


def test_the_figures_of_a_queue_say_when_it_is_too_late_to_join(
    api, awa, bank, site, make_queue, make_agent, outlook_of
):
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    queue = make_queue(closing_grace_s=0)
    make_agent("Binta Ba", queue)
    opens, closes = now() - timedelta(hours=1), (now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site).delete()
        OpeningHours.objects.create(
            tenant=bank, site=site, weekday=opens.isoweekday(), opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}"
        )
    path = f"tenants/{bank.slug}/queues/{queue.id}/stats/"

    outlook_of(queue, p50=[600], p90=[900], at=now())
    early = api(awa).get(path).json()
    outlook_of(queue, p50=[6000], p90=[9000], at=now())
    late = api(awa).get(path).json()

    assert (early["closing_risk"], early["closes_at"]) == (False, None)
    assert (late["closing_risk"], late["closes_at"]) == (True, f"{closes:%Y-%m-%dT%H:%M:%S+00:00}")
    assert (late["eta_low_seconds"], late["eta_high_seconds"]) == (6000, 9000)
