"""Sites and their counters in the back office: who may, the list, the form, what PostgreSQL refuses."""

from uuid import uuid4

import pytest

from tests.cast import at_the_same_time
from tests.web.manage.ground import form_of, make, questions, stored, text_of

PAGES = [
    "sites/", "sites/new/", "sites/places/", "sites/{site}/", "sites/{site}/edit/", "sites/{site}/hours/",
    "sites/{site}/dates/", "sites/{site}/profiles/new/", "sites/{site}/counters/",
]  # fmt: skip
DEEDS = [
    "sites/{site}/switch/", "sites/{site}/delete/", "sites/{site}/holidays/", "sites/{site}/counters/many/",
    "sites/{site}/dates/{row}/remove/", "sites/{site}/profiles/{row}/take-back/", "sites/{site}/counters/{row}/",
    "sites/{site}/counters/{row}/delete/",
]  # fmt: skip


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/"


@pytest.fixture
def whole():
    """A whole form of a site, as a browser sends it."""
    form = {
        "name": "Agence Thiès", "code": "thies1", "is_active": "on", "address": "Avenue Lamine Guèye",
        "commune": "", "point": "14.7910, -16.9359", "phone": "33 951 12 12", "email": "thies@example.sn",
        "time_zone": "Africa/Dakar", "observes_holidays": "on",
    }  # fmt: skip
    return lambda **changed: form | changed


def sites_of(bank, **where):
    from smartqueue.sites.models import Site

    return stored(bank, Site, **where)


def counters(bank, site):
    from smartqueue.sites.models import Counter

    return {one.name: one for one in stored(bank, Counter, site=site)}


@pytest.mark.parametrize("path", PAGES + DEEDS)
def test_who_may(base, path, visit, bank, site, moussa, awa, binta, cheikh):
    row = next(iter(counters(bank, site).values()))
    address = base + path.format(site=site.id, row=row.id)
    nobody, strangers = visit(), [visit(person) for person in (cheikh, awa, binta)]
    for method in ("get", "post"):

        def ask(client, address=address, method=method):
            return getattr(client, method)(address)

        assert ask(nobody)["Location"] == f"/sign-in/?next={address}"
        assert [ask(client).status_code for client in strangers] == [404, 403, 403]
    if "{" in path:
        foreign = f"/{cheikh.tenant.slug}/manage/" + path.format(site=site.id, row=row.id)
        method = "get" if path in PAGES else "post"
        assert getattr(strangers[0], method)(foreign).status_code == 404
        absent = base + path.format(site=uuid4(), row=uuid4())
        assert getattr(visit(moussa), method)(absent).status_code == 404
    assert sites_of(bank)[0].name == "Agence Plateau"
    assert row.name in counters(bank, site)


def test_the_list_finds_narrows_orders_and_shows_no_stranger(visit, base, bank, site, moussa, cheikh):
    from smartqueue.sites.models import Division, Site

    commune = Division.objects.filter(level="commune", parent__parent_id="SN-TH").order_by("code").first()
    make(
        bank, Site, {"name": "Agence Thiès", "code": "TH1", "commune": commune},
        {"name": "Agence fermée", "code": "OLD", "is_active": False},
    )  # fmt: skip
    make(cheikh.tenant, Site, {"name": "Mairie", "code": "MAIRIE"})

    def names(query):
        html = text_of(visit(moussa).get(f"{base}sites/{query}"))
        every = ("Agence Plateau", "Agence Thiès", "Agence fermée", "Mairie")
        return [name for _place, name in sorted((html.find(f">{one}<"), one) for one in every) if f">{name}<" in html]

    assert names("") == ["Agence Plateau", "Agence Thiès", "Agence fermée"]
    assert names("?sort=-name") == ["Agence fermée", "Agence Thiès", "Agence Plateau"]
    assert names("?sort=code") == ["Agence Plateau", "Agence fermée", "Agence Thiès"]
    assert names("?q=thies") == ["Agence Thiès"]
    assert names(f"?q={commune.name[:5]}") == ["Agence Thiès"]
    assert names("?region=SN-TH") == ["Agence Thiès"]
    assert names("?state=off") == ["Agence fermée"]
    assert names("?state=on") == ["Agence Plateau", "Agence Thiès"]
    assert names("?q=nowhere") == []
    assert names("?state=x&region=x&page=99&sort=drop") == ["Agence Plateau", "Agence Thiès", "Agence fermée"]


def test_the_list_costs_the_same_for_one_and_for_three(visit, base, bank, site, moussa):
    from smartqueue.sites.models import Site

    client = visit(moussa)
    one = questions(client, f"{base}sites/")
    make(bank, Site, *({"name": f"Agence {n}", "code": f"A{n}"} for n in range(2)))

    assert questions(client, f"{base}sites/") == one == 13


def test_a_site_is_added_as_it_was_typed(visit, base, bank, moussa, whole):
    from smartqueue.journal.models import Entry
    from smartqueue.sites.models import Division

    commune = Division.objects.filter(level="commune").order_by("code").first()
    answer = visit(moussa).post(f"{base}sites/new/", whole(commune=commune.code))

    (site,) = sites_of(bank)
    assert (answer.status_code, answer["Location"]) == (303, f"{base}sites/{site.id}/")
    assert (site.name, site.code, site.phone, site.commune_id) == (
        "Agence Thiès", "THIES1", "+221339511212", commune.code,
    )  # fmt: skip
    assert (site.latitude, site.longitude, site.observes_holidays) == (14.791, -16.9359, True)
    assert [one.fact for one in stored(bank, Entry)] == ["site.created"]


def test_several_faults_at_once_and_nothing_typed_is_lost(visit, base, bank, moussa, site, whole):
    wrong = whole(
        name="",
        code="with space",
        point="here",
        phone="12",
        email="nobody",
        time_zone="Africa/Nowhere",
        commune="SN-XX",
    )
    for path in ("sites/new/", f"sites/{site.id}/edit/"):
        answer = visit(moussa).post(base + path, wrong)

        html = text_of(answer)
        assert answer.status_code == 400
        assert html.count('class="error"') == 7
        sent = form_of(answer)
        kept = {name: sent[name] for name in ("point", "phone", "email", "time_zone", "address", "observes_holidays")}
        assert kept == {name: wrong[name] for name in kept} | {"observes_holidays": ""}
        assert sent["code"] == "with space"
    assert [one.code for one in sites_of(bank)] == ["DKR1"]


@pytest.mark.parametrize("point", ["14.7", "14.7, x", "nan, 1", "inf, 1", "91, 0", "1, 181", "1,2,3"])
def test_a_point_that_is_none_is_refused(visit, base, bank, moussa, whole, point):
    answer = visit(moussa).post(f"{base}sites/new/", whole(point=point))

    assert (answer.status_code, sites_of(bank)) == (400, [])


def test_a_code_is_taken_once_even_when_two_type_it_at_once(visit, base, bank, moussa, whole):
    clients = [visit(moussa) for _n in range(2)]
    answers = at_the_same_time(*(lambda client=client: client.post(f"{base}sites/new/", whole()) for client in clients))

    assert sorted(answer.status_code for answer in answers) == [303, 400]
    refused = next(answer for answer in answers if answer.status_code == 400)
    assert "Another site has this code." in text_of(refused)
    assert form_of(refused)["name"] == "Agence Thiès"
    assert len(sites_of(bank)) == 1


def test_a_form_sent_back_untouched_changes_nothing(visit, base, bank, moussa, site):
    from smartqueue.journal.models import Entry

    client = visit(moussa)
    sent = form_of(client.get(f"{base}sites/{site.id}/edit/"))
    sent.pop("observes_holidays", None)
    assert client.post(f"{base}sites/{site.id}/edit/", sent | {"is_active": "on"}).status_code == 303

    assert stored(bank, Entry) == []
    client.post(f"{base}sites/{site.id}/edit/", sent | {"is_active": "on", "name": "Agence Centrale"})
    (fact,) = stored(bank, Entry)
    assert (fact.fact, fact.before, fact.after) == (
        "site.updated", {"name": "Agence Plateau"}, {"name": "Agence Centrale"},
    )  # fmt: skip


def test_places_are_cut_down_step_by_step(visit, base, bank, moussa):
    from smartqueue.sites.models import Division

    client = visit(moussa)
    commune = Division.objects.select_related("parent").filter(level="commune", parent__parent_id="SN-DK").first()

    def offered(query):
        html = text_of(client.get(f"{base}sites/places/{query}"))
        return html.count("<option"), f'value="{commune.code}" selected' in html

    departements = Division.objects.filter(parent_id="SN-DK").count()
    communes = Division.objects.filter(level="commune", parent__parent_id="SN-DK").count()
    narrow = Division.objects.filter(parent=commune.parent).count()
    assert offered("") == (17, False)
    assert offered("?region=SN-DK") == (15 + 1 + departements + 1 + communes, False)
    assert offered(f"?region=SN-DK&departement={commune.parent.code}") == (17 + departements + narrow, False)
    assert offered(f"?commune={commune.code}") == (17 + departements + narrow, True)
    assert offered(f"?region=SN-TH&departement={commune.parent.code}")[1] is False
    assert offered("?region=x&commune=x") == (17, False)


def test_a_site_in_use_is_not_deleted_but_closed_down(visit, base, bank, moussa, site, tellers):
    from smartqueue.sites.models import Site

    client = visit(moussa)
    page = client.post(f"{base}sites/{site.id}/delete/", follow=True)
    assert page.redirect_chain == [(f"{base}sites/{site.id}/", 303)]
    assert "Close it down instead" in text_of(page)

    client.post(f"{base}sites/{site.id}/switch/", {"is_active": ""})
    assert sites_of(bank)[0].is_active is False
    client.post(f"{base}sites/{site.id}/switch/", {"is_active": "1"})
    assert sites_of(bank)[0].is_active is True
    (empty,) = make(bank, Site, {"name": "Nobody was here", "code": "X"})
    assert client.post(f"{base}sites/{empty.id}/delete/")["Location"] == f"{base}sites/"
    assert [one.id for one in sites_of(bank)] == [site.id]


def test_what_is_missing_is_said_until_nothing_is(visit, base, bank, moussa, site, tellers, binta):
    from smartqueue.sites.models import OpeningHours

    client = visit(moussa)
    page = text_of(client.get(f"{base}sites/{site.id}/"))
    assert ("Ready for the first ticket" in page, page.count('class="done"')) == (True, 6)

    for row in stored(bank, OpeningHours):
        row.delete(using="platform")
    page = text_of(client.get(f"{base}sites/{site.id}/"))
    assert ("What is missing" in page, "Set the week" in page, page.count('class="done"')) == (True, True, 5)
    assert "not ready yet" in text_of(client.get(f"{base}sites/"))


def test_counters_are_added_one_by_one_and_many_at_once(visit, base, bank, moussa, site):
    client, here = visit(moussa), f"{base}sites/{site.id}/counters/"
    client.post(here, {"name": "Guichet 2"})
    client.post(f"{here}many/", {"word": "Guichet", "first": "1", "last": "12"})

    names = list(counters(bank, site))
    assert len(names) == 12
    html = text_of(client.get(here))
    assert html.index('value="Guichet 2"') < html.index('value="Guichet 10"')
    again = client.post(f"{here}many/", {"word": "Guichet", "first": "1", "last": "12"}, follow=True)
    assert "there already" in text_of(again)


def test_many_counters_by_two_people_at_once_come_once(visit, base, bank, moussa, site):
    sent = {"word": "Guichet", "first": "1", "last": "9"}
    clients = [visit(moussa) for _n in range(2)]
    answers = at_the_same_time(
        *(lambda client=client: client.post(f"{base}sites/{site.id}/counters/many/", sent) for client in clients)
    )

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(counters(bank, site)) == 9


def test_faults_of_counters_stand_in_their_own_form(visit, base, bank, moussa, site):
    client, here = visit(moussa), f"{base}sites/{site.id}/counters/"
    client.post(here, {"name": "Caisse"})
    client.post(here, {"name": "Accueil"})
    row = counters(bank, site)["Accueil"]

    twice = client.post(here, {"name": "Caisse"})
    assert (twice.status_code, form_of(twice, here)) == (400, {"name": "Caisse"})
    assert "This site has a counter of that name." in text_of(twice)
    renamed = client.post(f"{here}{row.id}/", {"name": "Caisse", "is_active": "on"})
    assert (renamed.status_code, form_of(renamed, f"{here}{row.id}/")["name"]) == (400, "Caisse")
    many = client.post(f"{here}many/", {"word": "", "first": "9", "last": "1"})
    assert (many.status_code, text_of(many).count('class="error"')) == (400, 2)
    assert form_of(many, f"{here}many/") == {"word": "", "first": "9", "last": "1"}
    assert client.post(f"{here}many/", {"word": "G", "first": "1", "last": "900"}).status_code == 400

    assert client.post(f"{here}{row.id}/", {"name": "Accueil Sud"}).status_code == 303
    assert {name: one.is_active for name, one in counters(bank, site).items()} == {
        "Caisse": True, "Accueil Sud": False,
    }  # fmt: skip


def test_a_counter_with_an_agent_stays(visit, base, bank, moussa, site, binta):
    client, here = visit(moussa), f"{base}sites/{site.id}/counters/"
    client.post(here, {"name": "Nobody"})
    taken = binta.agent.counter
    page = client.post(f"{here}{taken.id}/delete/", follow=True)
    client.post(f"{here}{counters(bank, site)['Nobody'].id}/delete/")

    assert "Take it out of use instead." in text_of(page)
    assert list(counters(bank, site)) == [taken.name]


def test_pages_of_a_site_cost_the_same_for_one_and_for_three(visit, base, bank, moussa, site, make_queue):
    from smartqueue.sites.models import Counter

    make_queue()
    make(bank, Counter, {"site": site, "name": "1"})
    client = visit(moussa)
    first = [questions(client, f"{base}sites/{site.id}/{page}") for page in ("", "counters/")]
    for n in range(2):
        make_queue()
        make(bank, Counter, {"site": site, "name": f"more {n}"})

    assert [questions(client, f"{base}sites/{site.id}/{page}") for page in ("", "counters/")] == first == [14, 9]
