"""Services and categories in the back office."""

from uuid import uuid4

import pytest

from tests.cast import at_the_same_time
from tests.web.manage.ground import form_of, make, questions, stored, text_of

PATHS = [
    "services/", "services/new/", "services/categories/", "services/{service}/", "services/{service}/hours/",
    "services/{service}/delete/", "services/categories/{category}/", "services/categories/{category}/move/",
    "services/categories/{category}/delete/",
]  # fmt: skip


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/"


@pytest.fixture
def client(visit, moussa):
    return visit(moussa)


@pytest.fixture
def whole():
    form = {
        "name": "Virement", "code": "virement", "category": "", "description": "", "duration": "7.5",
        "wait_target": "20", "price_xof": "500", "is_active": "on", "pictogram": "cash",
    }  # fmt: skip
    return lambda **changed: form | changed


def services_of(bank, **where):
    from smartqueue.sites.models import Service

    return stored(bank, Service, **where)


@pytest.fixture
def shelf(bank):
    """`shelf("A", "B")`: categories in this order."""
    from smartqueue.sites.models import ServiceCategory

    return lambda *names: make(bank, ServiceCategory, *({"name": n, "position": p} for p, n in enumerate(names)))


def order(bank):
    from smartqueue.sites.models import ServiceCategory

    return [one.name for one in sorted(stored(bank, ServiceCategory), key=lambda one: (one.position, one.name))]


@pytest.mark.parametrize("path", PATHS)
def test_who_may(base, path, visit, bank, service, shelf, moussa, awa, binta, cheikh):
    (category,) = shelf("Caisse")
    address = base + path.format(service=service.id, category=category.id)
    nobody, strangers = visit(), [visit(person) for person in (cheikh, awa, binta)]
    for method in ("get", "post"):

        def ask(client, address=address, method=method):
            return getattr(client, method)(address)

        assert ask(nobody)["Location"] == f"/sign-in/?next={address}"
        assert [ask(client).status_code for client in strangers] == [404, 403, 403]
    if "{" in path:
        foreign = f"/{cheikh.tenant.slug}/manage/" + path.format(service=service.id, category=category.id)
        assert visit(cheikh).post(foreign, {"name": "x"}).status_code == 404
        assert visit(moussa).post(base + path.format(service=uuid4(), category=uuid4())).status_code == 404
    assert (order(bank), services_of(bank, id=service.id)[0].name) == (["Caisse"], service.name)


def test_the_list_finds_narrows_and_orders_by_category(client, base, bank, shelf, cheikh):
    from smartqueue.sites.models import Service

    second, first = shelf("Second", "First")
    with_places = {"duration_s": 300}
    make(
        bank, Service, {"name": "Virement", "code": "v", "category": second} | with_places,
        {"name": "Retrait", "code": "r", "category": first} | with_places,
        {"name": "Dépôt", "code": "d", "is_active": False, "price_xof": 2500},
    )  # fmt: skip
    make(cheikh.tenant, Service, {"name": "Mariage", "code": "m"})

    def names(query):
        html = text_of(client.get(f"{base}services/{query}"))
        every = ("Virement", "Retrait", "Dépôt", "Mariage")
        return [name for place, name in sorted((html.find(f">{one}<"), one) for one in every) if place > 0]

    assert names("") == ["Virement", "Retrait", "Dépôt"]
    assert names("?sort=name") == ["Dépôt", "Retrait", "Virement"]
    assert names("?sort=-price") == ["Dépôt", "Retrait", "Virement"]
    assert names("?q=depot") == ["Dépôt"]
    assert names(f"?category={first.id}") == ["Retrait"]
    assert names("?state=off") == ["Dépôt"]
    html = text_of(client.get(f"{base}services/"))
    assert ("2,500\xa0F\xa0CFA" in html, "5 min" in html) == (True, True)


def test_lists_cost_the_same_for_one_and_for_three(client, base, bank, service, shelf):
    from smartqueue.sites.models import Service

    (category,) = shelf("Caisse")
    pages = ("services/", "services/categories/")
    first = [questions(client, base + page) for page in pages]
    make(bank, Service, *({"name": f"S{n}", "code": f"s{n}", "category": category} for n in range(2)))
    shelf("Prêts", "Comptes")

    assert [questions(client, base + page) for page in pages] == first == [11, 8]


def test_minutes_on_the_screen_are_seconds_in_the_row(client, base, bank, whole):
    answer = client.post(f"{base}services/new/", whole())

    (service,) = services_of(bank)
    assert answer["Location"] == f"{base}services/{service.id}/"
    assert (service.duration_s, service.wait_target_s, service.price_xof, service.pictogram) == (450, 1200, 500, "cash")
    shown = form_of(client.get(f"{base}services/{service.id}/"))
    assert (shown["duration"], shown["wait_target"]) == ("7.5", "20")


def test_seconds_that_are_no_whole_minutes_stay_when_nothing_is_changed(client, base, bank):
    from smartqueue.journal.models import Entry
    from smartqueue.sites.models import Service

    (service,) = make(bank, Service, {"name": "Dépôt", "code": "d", "duration_s": 100, "wait_target_s": 1})
    page = f"{base}services/{service.id}/"
    assert client.post(page, form_of(client.get(page)) | {"is_active": "on"}).status_code == 303

    assert (services_of(bank)[0].duration_s, services_of(bank)[0].wait_target_s) == (100, 1)
    assert stored(bank, Entry) == []


def test_several_faults_at_once_and_nothing_typed_is_lost(client, base, bank, whole, service):
    wrong = whole(
        name="", code="x" * 21, duration="0", wait_target="-1", price_xof="free", category=str(uuid4()),
        pictogram="skull", description="Bring a card",
    )  # fmt: skip
    for path in ("services/new/", f"services/{service.id}/"):
        answer = client.post(base + path, wrong)
        sent = form_of(answer)
        assert (answer.status_code, text_of(answer).count('class="error"')) == (400, 7)
        kept = {name: sent[name] for name in ("code", "duration", "wait_target", "price_xof")}
        assert kept == {name: wrong[name] for name in kept}
        assert "Bring a card</textarea>" in text_of(answer)
    assert [one.name for one in services_of(bank)] == [service.name]


def test_a_code_is_taken_once_even_when_two_type_it_at_once(visit, moussa, base, bank, whole):
    clients = [visit(moussa) for _n in range(2)]
    answers = at_the_same_time(
        *(lambda client=client: client.post(f"{base}services/new/", whole()) for client in clients)
    )

    assert sorted(answer.status_code for answer in answers) == [303, 400]
    assert "Another service has this code." in text_of(next(one for one in answers if one.status_code == 400))
    assert len(services_of(bank)) == 1


def test_a_service_in_use_stays(client, base, bank, tellers, service):
    page = client.post(f"{base}services/{tellers.service_id}/delete/", follow=True)
    assert "Take it out of use instead." in text_of(page)
    assert client.post(f"{base}services/{service.id}/delete/")["Location"] == f"{base}services/"
    assert [one.id for one in services_of(bank)] == [tellers.service_id]


def test_categories_are_added_renamed_moved_and_deleted(client, base, bank, shelf):
    from smartqueue.sites.models import Service

    first, second = shelf("Caisse", "Prêts")
    make(bank, Service, {"name": "Retrait", "code": "r", "category": first})
    client.post(f"{base}services/categories/", {"name": "Conseil"})
    assert order(bank) == ["Caisse", "Prêts", "Conseil"]
    client.post(f"{base}services/categories/{second.id}/move/", {"up": "1"})
    assert order(bank) == ["Prêts", "Caisse", "Conseil"]
    client.post(f"{base}services/categories/{first.id}/move/", {"up": ""})
    assert order(bank) == ["Prêts", "Conseil", "Caisse"]
    client.post(f"{base}services/categories/{first.id}/move/", {"up": ""})
    assert order(bank) == ["Prêts", "Conseil", "Caisse"]
    client.post(f"{base}services/categories/{second.id}/", {"name": "Crédits"})
    twice = client.post(f"{base}services/categories/{first.id}/", {"name": "Conseil"})
    assert (twice.status_code, order(bank)) == (400, ["Crédits", "Conseil", "Caisse"])
    assert form_of(twice, f"{base}services/categories/{first.id}/") == {"name": "Conseil"}
    assert client.post(f"{base}services/categories/", {"name": "Conseil"}).status_code == 400
    client.post(f"{base}services/categories/{first.id}/delete/")
    assert (order(bank), services_of(bank)[0].category_id) == (["Crédits", "Conseil"], None)


def test_two_who_move_categories_at_once_lose_none(visit, moussa, base, bank, shelf):
    a, _b, c = shelf("A", "B", "C")
    one, other = visit(moussa), visit(moussa)
    answers = at_the_same_time(
        lambda: one.post(f"{base}services/categories/{a.id}/move/", {"up": ""}),
        lambda: other.post(f"{base}services/categories/{c.id}/move/", {"up": "1"}),
    )

    assert [answer.status_code for answer in answers] == [303, 303]
    assert order(bank) in (["B", "C", "A"], ["C", "A", "B"])


def test_pictures_are_tiles_drawn_as_on_kiosks_with_the_word_beside(client, base, bank, service):
    from smartqueue.sites.states import PICTOGRAMS
    from smartqueue.web.shared.pictograms import PICTOGRAMS as PATHS

    for path in ("services/new/", f"services/{service.id}/"):
        page = text_of(client.get(base + path))
        tiles = page.partition('class="pictograms"')[2].partition("</div>")[0].split("</label>")[:-1]

        drawn = {tile.partition('value="')[2].partition('"')[0]: tile for tile in tiles}
        assert drawn.keys() == PICTOGRAMS.keys()
        for name, word in PICTOGRAMS.items():
            assert f'd="{PATHS[name or "default"]}"' in drawn[name]
            assert f"<span>{word}</span>" in drawn[name]
        assert [name for name, tile in drawn.items() if " checked" in tile] == [""]
