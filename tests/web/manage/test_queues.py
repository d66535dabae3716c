"""Queues in the back office: the list with who waits, the form, opened and closed."""

from uuid import uuid4

import pytest

from smartqueue.kernel.clock import now
from tests.cast import at_the_same_time
from tests.web.manage.ground import form_of, questions, stored, text_of

PATHS = [
    "queues/", "queues/new/", "queues/{queue}/", "queues/{queue}/open/", "queues/{queue}/pause/",
    "queues/{queue}/close/", "queues/{queue}/delete/",
]  # fmt: skip


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/"


@pytest.fixture
def client(visit, awa):
    """A manager: queues are hers, settings are not."""
    return visit(awa)


def queues_of(bank, **where):
    from smartqueue.queueing.models import Queue

    return stored(bank, Queue, **where)


@pytest.fixture
def whole(site, service):
    form = {
        "site": str(site.id), "service": str(service.id), "name": "", "letters": "", "kind": "normal",
        "is_active": "on", "shown_at_kiosk": "on", "capacity": "", "strategy": "fifo", "wait_target": "",
        "elevated_target": "10", "urgent_target": "5", "elevated_rate": "2.0", "urgent_rate": "4.0",
        "recall_gap_s": "10", "no_show_grace_s": "30", "closing_grace": "60", "max_deferrals": "3",
    }  # fmt: skip
    return lambda **changed: form | changed


@pytest.mark.parametrize("path", PATHS)
def test_who_may(base, path, visit, bank, tellers, awa, binta, cheikh):
    address = base + path.format(queue=tellers.id)
    nobody, strangers = visit(), [visit(person) for person in (cheikh, binta)]
    for method in ("get", "post"):

        def ask(client, address=address, method=method):
            return getattr(client, method)(address)

        assert ask(nobody)["Location"] == f"/sign-in/?next={address}"
        assert [ask(client).status_code for client in strangers] == [404, 403]
    if "{" in path:
        assert visit(cheikh).post(f"/{cheikh.tenant.slug}/manage/" + path.format(queue=tellers.id)).status_code == 404
        assert visit(awa).post(base + path.format(queue=uuid4())).status_code == 404
    assert [(one.status, one.name) for one in queues_of(bank)] == [("open", "Guichets")]


def test_the_list_finds_narrows_orders_and_counts(client, base, bank, site, tellers, make_queue, take, binta, cheikh):
    make_queue(name="Crédit", kind="vip", status="paused")
    make_queue(name="Ancienne", is_active=False)
    for _n in range(2):
        take(at=now())

    def names(query):
        html = text_of(client.get(f"{base}queues/{query}"))
        every = {"Guichets": "A", "Crédit": "B", "Ancienne": "C"}
        places = sorted((html.find(f">{letter} · {name}<"), name) for name, letter in every.items())
        return [name for place, name in places if place > 0]

    assert names("") == ["Ancienne", "Crédit", "Guichets"]
    assert names("?sort=-waiting") == ["Guichets", "Ancienne", "Crédit"]
    assert names("?q=credit") == ["Crédit"]
    assert names("?kind=vip") == names("?status=paused") == names("?q=b") == ["Crédit"]
    assert names("?status=off") == ["Ancienne"]
    assert names(f"?service={tellers.service_id}&site={site.id}") == ["Guichets"]
    assert names(f"?site={uuid4()}") == ["Ancienne", "Crédit", "Guichets"]  # no such site: not a filter
    html = text_of(client.get(f"{base}queues/?q=Guichets"))
    assert html.count('<td class="right">2</td>') == 1
    assert text_of(client.get(f"{base}queues/")).count("nobody</span>") == 2  # of three, Binta serves one


def test_the_list_costs_the_same_for_one_and_for_three(client, base, bank, tellers, make_queue, take, binta):
    one = questions(client, f"{base}queues/")
    for _n in range(2):
        take(make_queue(), at=now())

    assert questions(client, f"{base}queues/") == one == 11


def test_what_is_left_empty_is_proposed(client, base, bank, whole, service):
    answer = client.post(f"{base}queues/new/", whole())

    (queue,) = queues_of(bank)
    assert answer["Location"] == f"{base}queues/{queue.id}/"
    assert (queue.name, queue.prefix, queue.wait_target_s, queue.shown_at_kiosk) == (service.name, "A", 900, True)
    client.post(f"{base}queues/new/", whole(kind="vip", name="Salon", wait_target="2.5"))
    salon = queues_of(bank)[1]
    assert (salon.name, salon.prefix, salon.kind, salon.wait_target_s) == ("Salon", "B", "vip", 150)


def test_the_only_site_and_service_are_chosen_already(client, base, bank, site, service):
    sent = form_of(client.get(f"{base}queues/new/"))

    assert (sent["site"], sent["service"]) == (str(site.id), str(service.id))


def test_a_form_sent_back_untouched_changes_nothing(client, base, bank, make_queue):
    from smartqueue.journal.models import Entry

    queue = make_queue(wait_target_s=100, urgent_target_s=7, elevated_rate=1.25)
    page = f"{base}queues/{queue.id}/"
    sent = form_of(client.get(page)) | {"is_active": "on", "shown_at_kiosk": "on"}
    assert client.post(page, sent).status_code == 303
    assert stored(bank, Entry) == []

    client.post(page, sent | {"letters": " zz ", "strategy": "sla", "capacity": "40", "urgent_first": "on"})
    (row,) = queues_of(bank)
    assert (row.prefix, row.strategy, row.capacity, row.urgent_first, row.wait_target_s) == ("ZZ", "sla", 40, True, 100)
    assert [one.fact for one in stored(bank, Entry)] == ["queue.updated"]


def test_several_faults_at_once_and_nothing_typed_is_lost(client, base, bank, whole, tellers):
    wrong = whole(
        letters="É1", kind="slow", capacity="0", wait_target="2000", elevated_rate="0", urgent_rate="inf",
        recall_gap_s="-1", max_deferrals="many", name="x" * 81,
    )  # fmt: skip
    for path in ("queues/new/", f"queues/{tellers.id}/"):
        answer = client.post(base + path, wrong)
        sent = form_of(answer)
        assert (answer.status_code, text_of(answer).count('class="error"')) == (400, 9)
        kept = {name: sent[name] for name in ("capacity", "wait_target", "elevated_rate", "max_deferrals", "name")}
        assert kept == {name: wrong[name] for name in kept}
    assert [one.name for one in queues_of(bank)] == ["Guichets"]


def test_letters_and_kind_are_taken_once(client, base, bank, whole, tellers):
    answer = client.post(f"{base}queues/new/", whole(service=str(tellers.service_id), letters="a"))

    html = text_of(answer)
    assert answer.status_code == 400
    assert ("This site has a queue of this kind" in html, "Another queue of this site has these letters" in html) == (
        True, True,
    )  # fmt: skip
    assert client.post(f"{base}queues/new/", whole(site=str(uuid4()))).status_code == 400
    assert len(queues_of(bank)) == 1


def test_two_who_add_the_same_queue_at_once_add_one(visit, awa, base, bank, whole):
    clients = [visit(awa) for _n in range(2)]
    answers = at_the_same_time(
        *(lambda client=client: client.post(f"{base}queues/new/", whole(letters="A")) for client in clients)
    )

    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert sorted(answer.status_code for answer in answers)[1] in (400, 409)
    assert len(queues_of(bank)) == 1


def test_a_queue_is_opened_paused_and_closed(client, base, bank, tellers, take):
    page = f"{base}queues/{tellers.id}/"
    assert 'id="close"' not in text_of(client.get(page))  # nobody waits: no need to ask
    take(at=now())
    assert 'id="close"' in text_of(client.get(page))
    for verb, status in (("pause", "paused"), ("close", "closed"), ("open", "open")):
        assert client.post(f"{page}{verb}/")["Location"] == page
        assert [one.status for one in queues_of(bank)] == [status]


def test_several_queues_are_closed_at_once_and_no_strangers(client, base, bank, tellers, make_queue, cheikh):
    second, third = make_queue(), make_queue()
    sent = {"deed": "close", "row": [str(tellers.id), str(second.id), str(uuid4()), "x"]}
    answer = client.post(f"{base}queues/?sort=name", sent, follow=True)

    assert answer.redirect_chain == [(f"{base}queues/?sort=name", 303)]
    assert "2 queues are closed." in text_of(answer)
    assert {one.id: one.status for one in queues_of(bank)} == {
        tellers.id: "closed", second.id: "closed", third.id: "open",
    }  # fmt: skip


def test_a_queue_with_tickets_stays(client, base, bank, tellers, make_queue, take):
    take()
    empty = make_queue()
    page = client.post(f"{base}queues/{tellers.id}/delete/", follow=True)
    assert "Take it out of use instead" in text_of(page)
    assert client.post(f"{base}queues/{empty.id}/delete/")["Location"] == f"{base}queues/"
    assert [one.id for one in queues_of(bank)] == [tellers.id]


def test_a_kiosk_has_only_what_is_meant_for_kiosks_and_a_display_has_all(bank, site, tellers, make_queue):
    from smartqueue.devices.models import Device
    from smartqueue.devices.queries import queues_of as queues_of_device
    from smartqueue.tenants.scope import in_tenant

    hidden = make_queue(shown_at_kiosk=False)
    with in_tenant(bank.id):
        devices = [Device(tenant=bank, site=site, kind=kind) for kind in ("kiosk", "display")]
        shown = [{queue.id for queue in queues_of_device(one)} for one in devices]
    assert shown == [{tellers.id}, {tellers.id, hidden.id}]
