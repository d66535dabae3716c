"""The console asks as often for three people as for one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

ALWAYS = 4  # session, person, tenant, role
INSIDE = 1  # the scope's setting


@pytest.fixture
def asked(bank, signed_in):
    """How many statements a page costs."""

    def count(person, path="", **headers):
        client = signed_in(person)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/{bank.slug}/counter/{path}", headers=headers)
        assert answer.status_code == 200
        own = [query["sql"] for query in captured.captured_queries if not is_frame(query["sql"])]
        return len(own), answer.content.decode()

    return count


def is_frame(sql):
    return sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_of_an_idle_agent(asked, binta, waiting, people):
    for _person in range(people):
        waiting(5)

    count, page = asked(binta)

    assert page.count("data-ticket=") == people
    assert count == ALWAYS + INSIDE + 6  # agent, queues, board, who is here, hand, parked


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_with_a_customer_and_parked_tickets(asked, binta, make_agent, tellers, waiting, people, press_all):
    press_all(binta, parked=people)
    for _person in range(people):
        waiting(5)

    count, page = asked(binta)

    assert page.count("data-ticket=") == page.count('id="resume-') == people
    assert count == ALWAYS + INSIDE + 8  # … the history of the visit and the colleagues


@pytest.mark.parametrize("people", [1, 3])
def test_the_line_alone(asked, binta, waiting, people):
    for _person in range(people):
        waiting(5)

    count, page = asked(binta, "line/", **{"HX-Request": "true"})

    assert page.count("data-ticket=") == people
    assert count == ALWAYS + INSIDE + 6


@pytest.fixture
def press_all(waiting, signed_in, bank):
    """Park so many tickets and have one more in hand."""

    def do(person, *, parked):
        client = signed_in(person)
        for _ticket in range(parked):
            one = waiting(20)
            client.post(f"/{bank.slug}/counter/next/", {"holding": ""})
            client.post(f"/{bank.slug}/counter/tickets/{one}/park/", {"reason": "Formulaire"})
        waiting(20)
        client.post(f"/{bank.slug}/counter/next/", {"holding": ""})

    return do


def test_rows_of_other_queues_are_not_in_my_line(asked, binta, waiting, make_queue):
    waiting(5)
    waiting(9, make_queue(name="Crédit"))

    _count, page = asked(binta)

    assert 'class="num">A001' in page
    assert 'class="num">B001' not in page


def test_who_is_here_has_a_mark(asked, binta, bank, waiting):
    """A ticket of the kiosk has it, one of the web when its owner has come, in the line and on the card."""
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.actions.tickets import check_in_ticket
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.web.shared.icons import ICONS

    def marks():
        _count, page = asked(binta)
        rest, line = page.split('id="line"')
        return line.count(ICONS["pin"]), rest.count(ICONS["pin"]) - 1  # the counter's own, in the bar

    away = waiting(9, channel="web")
    waiting(5, channel="kiosk")
    assert marks() == (1, 0)
    with in_tenant(bank.id):
        check_in_ticket(ticket_id=away, actor=SYSTEM, at=now())
    assert marks() == (2, 0)
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=None, actor=binta.actor, at=now())
    assert marks() == (1, 1)
