"""How long it will take, in the messages that say where somebody stands."""

import pytest

from tests.cast import NINE
from tests.notifications.routing import hear, make_customer, messages


@pytest.fixture
def demba(bank):
    return make_customer(bank, email="demba@example.sn", full_name="Demba Fall", language="fr")


def test_the_first_message_says_the_range_of_the_own_place(bank, take, demba, tellers, binta, outlook_of):
    outlook_of(tellers, p50=[60, 725], p90=[120, 1081])
    take()
    take(customer_id=demba.id, channel="web", language="fr")

    hear(bank)

    [row] = messages(bank)
    assert (row.values["people_ahead"], row.values["wait_low_min"], row.values["wait_high_min"]) == (1, 12, 19)
    assert "1 devant vous, 12 à 19 min" in row.body


def test_when_the_turn_is_near_the_range_is_that_of_the_place_now(bank, take, tellers, binta, outlook_of):
    from smartqueue.queueing.actions.hot import call_next_ticket

    line = [take(customer_id=make_customer(bank, f"+22177000{n:04}").id) for n in range(5)]
    hear(bank)
    outlook_of(tellers, p50=[60, 120, 180, 240], p90=[90, 180, 270, 375])
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE)
    hear(bank)

    [row] = messages(bank, kind="position_reached")
    assert row.ticket_id == line[4]
    assert (row.values["people_ahead"], row.values["wait_low_min"], row.values["wait_high_min"]) == (3, 4, 7)


@pytest.mark.parametrize("known", ["nobody serves", "nothing is published"])
def test_where_nothing_may_be_claimed_no_minutes_are_named(
    bank, take, demba, make_queue, make_agent, outlook_of, known
):
    queue = make_queue()
    if known == "nobody serves":
        outlook_of(queue, p50=[60], p90=[120])
    else:
        make_agent("Binta Ba", queue)
    take(queue, customer_id=demba.id, channel="web", language="fr")

    hear(bank)

    [row] = messages(bank)
    assert "wait_low_min" not in row.values
    assert "0 devant vous. Suivez" in row.body


@pytest.mark.parametrize(
    ("low_s", "high_s", "minutes"),
    [(725, 1081, (12, 19)), (300, 300, (4, 5)), (0, 0, (0, 1)), (59, 60, (0, 1)), (4000, 6000, (66, 100))],
)
def test_a_range_is_never_one_number_twice(low_s, high_s, minutes):
    from smartqueue.notifications.queries.tickets import wait_values

    assert tuple(wait_values(low_s, high_s).values()) == minutes
