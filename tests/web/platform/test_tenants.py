"""Organisations: list, a new one, its plan, closing and opening its doors."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connections
from django.test.utils import CaptureQueriesContext

from smartqueue.cli.processes import wait_until
from smartqueue.journal.states import AuditKind
from tests.cast import NINE, at_the_same_time

LIST = "/platform/tenants/"


@pytest.fixture
def word():
    """What only this test's organisations are called."""
    return uuid4().hex[:10]


@pytest.fixture
def three(make_tenant, word):
    return [
        make_tenant(f"Banque {word}", plan="business"),
        make_tenant(f"Clinique {word}", type="hospital", is_active=False),
        make_tenant(f"Poste {word}", type="post"),
    ]


def shown(answer):
    """The names in the list, in their order."""
    assert answer.status_code == 200
    return [row.name.split()[0] for row in answer.context["rows"]]


def test_the_list_is_searched_narrowed_and_ordered(as_rokhaya, three, word, make_tenant):
    make_tenant("Banque d'ailleurs")

    def ask(**query):
        return shown(as_rokhaya.get(LIST, {"q": word} | query))

    assert ask() == ["Banque", "Clinique", "Poste"]
    assert ask(sort="-name") == ["Poste", "Clinique", "Banque"]
    assert ask(sort="plan") == ["Clinique", "Poste", "Banque"]
    assert ask(plan="business") == ["Banque"]
    assert ask(type="post") == ["Poste"]
    assert ask(state="suspended") == ["Clinique"]
    assert ask(state="active") == ["Banque", "Poste"]
    assert ask(state="over") == []
    assert ask(q=three[2].slug) == ["Poste"]
    assert shown(as_rokhaya.get(LIST, {"q": uuid4().hex})) == []


def test_the_list_costs_the_same_for_one_row_and_for_three(as_rokhaya, make_tenant, word):
    def cost(rows):
        with (
            CaptureQueriesContext(connections["platform"]) as asked,
            CaptureQueriesContext(connections["default"]) as own,
        ):
            assert len(shown(as_rokhaya.get(LIST, {"q": word}))) == rows
        return len(asked), len(own)

    make_tenant(f"A {word}")
    one = cost(1)
    make_tenant(f"B {word}")
    make_tenant(f"C {word}")

    assert cost(3) == one == (4, 2)  # begin, count, rows, commit; session and person


def values(**changed):
    return {
        "name": "Mairie de Pikine", "slug": f"t-{uuid4().hex[:12]}", "type": "town_hall", "plan": "business",
        "locale": "fr", "time_zone": "Africa/Dakar", "admin_name": "Astou Ndao",
        "admin_email": f"{uuid4().hex[:12]}@example.sn",
    } | changed  # fmt: skip


def test_a_new_organisation_has_an_administrator_who_chooses_a_password(as_rokhaya, visit, facts_of, settings_mail):
    from smartqueue.accounts.models import User
    from smartqueue.tenants.models import Membership, Tenant

    typed = values(admin_email=f"{uuid4().hex[:8]}@Example.SN")
    answer = as_rokhaya.post(f"{LIST}new/", typed)

    tenant = Tenant.objects.get(slug=typed["slug"])
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{tenant.id}/")
    assert (tenant.name, tenant.type, tenant.plan) == ("Mairie de Pikine", "town_hall", "business")
    admin = User.objects.get(email=typed["admin_email"].lower())
    (membership,) = Membership.objects.using("platform").filter(tenant=tenant)
    assert (membership.user_id, membership.role) == (admin.id, "admin")
    assert [fact.fact for fact in facts_of(tenant.id)] == ["tenant.created", "member.role_changed"]
    assert facts_of(tenant.id, "tenant.created")[0].after["plan"] == "business"

    (letter,) = settings_mail(admin.email)
    link = re.search(r"http://testserver(/\S+)", letter.body)[1]
    stranger = visit()
    assert stranger.post(link, {"password": "Pikine-2026-Teranga"}).status_code == 302
    assert stranger.post("/sign-in/", {"email": admin.email, "password": "Pikine-2026-Teranga"}).status_code == 302
    assert stranger.get(f"/{tenant.slug}/manage/").status_code in (302, 303)


@pytest.fixture
def settings_mail():
    """The letters to one address; they are written in a thread."""

    def find(address):
        wait_until(lambda: any(address in one.to for one in mail.outbox), seconds=20)
        return [one for one in mail.outbox if address in one.to]

    return find


def test_the_address_is_made_of_the_name_when_none_is_typed(as_rokhaya):
    from smartqueue.tenants.models import Tenant

    word = uuid4().hex[:8]
    as_rokhaya.post(f"{LIST}new/", values(name=f"Hôpital Général {word}", slug=""))

    assert Tenant.objects.filter(slug=f"hopital-general-{word}").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("slug", "platform", "kept for the platform"),
        ("slug", "Pas Bon", "small letters, digits and hyphens"),
        ("admin_email", "astou", "valid email"),
        ("name", "", "required"),
        ("time_zone", "Africa/Teranga", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(as_rokhaya, field, value, said):
    typed = values(admin_name="Astou la Première", **{field: value})
    answer = as_rokhaya.post(f"{LIST}new/", typed)

    assert answer.status_code == 400
    assert [said in error for error in answer.context["form"].errors[field]] == [True]
    assert "Astou la Première" in answer.text


def test_an_address_that_is_taken_is_said_beside_its_field(as_rokhaya, bank):
    from smartqueue.accounts.models import User

    typed = values(slug=bank.slug)
    answer = as_rokhaya.post(f"{LIST}new/", typed)

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["slug"])
    assert not User.objects.filter(email=typed["admin_email"]).exists()


def test_two_who_open_the_same_address_at_once_get_one_organisation(rokhaya):
    from smartqueue.journal.actions.staff import open_tenant
    from smartqueue.journal.errors import SlugTaken
    from smartqueue.tenants.models import Membership, Tenant

    slug = f"t-{uuid4().hex[:12]}"
    told = {"name": "Mairie", "slug": slug, "type": "town_hall", "plan": "starter", "locale": "fr"}

    def open_it():
        return open_tenant(
            values=told, admin_email=f"{uuid4().hex}@example.sn", admin_name="Astou", choose=lambda user, token: token,
            sign_in="/", actor=rokhaya.actor, at=NINE,
        )  # fmt: skip

    results = at_the_same_time(open_it, open_it)

    assert {type(result) for result in results} == {Tenant, SlugTaken}
    tenant = Tenant.objects.get(slug=slug)
    assert Membership.objects.using("platform").filter(tenant=tenant).count() == 1


def test_suspending_needs_a_reason_and_closes_every_door(as_rokhaya, visit, moussa, bank, take, ticket, facts_of):
    from smartqueue.kernel.clock import now

    mine = ticket(take(at=now()))
    page, phone = f"{LIST}{bank.id}/", visit()
    assert phone.get(f"/t/{mine.token}").status_code == 200

    without = as_rokhaya.post(f"{page}suspend/", {"reason": "  "}, follow=True)
    assert "Say why" in without.text
    assert facts_of(bank.id, "tenant.suspended") == []

    answer = as_rokhaya.post(f"{page}suspend/", {"reason": "Asked by their director"}, follow=True)
    assert "is suspended" in answer.text
    (fact,) = facts_of(bank.id, "tenant.suspended")
    assert (fact.after, fact.kind) == (
        {"is_active": False, "reason": "Asked by their director"},
        AuditKind.STATUS_CHANGE,
    )
    assert {
        visit(moussa).get(f"/{bank.slug}/manage/devices/").status_code,
        phone.get(f"/{bank.slug}/").status_code,
        phone.get(f"/t/{mine.token}").status_code,
    } == {404}

    as_rokhaya.post(f"{page}resume/", {"reason": "All is well"})
    assert phone.get(f"/t/{mine.token}").status_code == 200
    assert ticket(mine.id).status == "waiting"


def test_several_are_suspended_after_one_more_question(as_rokhaya, three, facts_of):
    rows = [str(one.id) for one in three]
    asked = as_rokhaya.post(LIST, {"deed": "suspend", "row": [*rows, "nonsense", str(uuid4())]})

    assert asked.status_code == 200
    assert [one.name.split()[0] for one in asked.context["chosen"]] == ["Banque", "Poste"]
    assert {len(facts_of(one.id, "tenant.suspended")) for one in three} == {0}

    as_rokhaya.post(f"{LIST}suspend/", {"row": rows, "reason": "Trial is over"})
    assert [len(facts_of(one.id, "tenant.suspended")) for one in three] == [1, 0, 1]

    answer = as_rokhaya.post(LIST, {"deed": "resume", "row": rows}, follow=True)
    assert "3 organisations are open again." in answer.text
    assert [len(facts_of(one.id, "tenant.reactivated")) for one in three] == [1, 1, 1]


def test_another_plan_is_a_fact_and_stands_in_the_history(as_rokhaya, bank, facts_of):
    page = f"{LIST}{bank.id}/"
    as_rokhaya.post(f"{page}plan/", {"plan": "business"})
    as_rokhaya.post(f"{page}plan/", {"plan": "business"})

    (fact,) = facts_of(bank.id, "tenant.plan_changed")
    assert (fact.before, fact.after) == ({"plan": "starter"}, {"plan": "business"})
    answer = as_rokhaya.get(page)
    assert [one.plan_id for one in answer.context["subscriptions"]] == ["business", "starter"]
    assert as_rokhaya.post(f"{page}plan/", {"plan": "golden"}).status_code == 404


def test_the_page_of_one_organisation_asks_a_fixed_number_of_questions(as_rokhaya, bank, moussa, take):
    from smartqueue.billing.actions import count_usage
    from smartqueue.kernel.clock import now

    def cost():
        with CaptureQueriesContext(connections["platform"]) as asked:
            assert as_rokhaya.get(f"{LIST}{bank.id}/").status_code == 200
        return len(asked)

    take(at=now())
    count_usage(at=now(), tenant_ids=[bank.id])
    one = cost()
    for month in (1, 2, 3):
        count_usage(at=NINE.replace(month=month), tenant_ids=[bank.id])

    assert cost() == one == 11


def test_django_admin_shows_the_plan_and_leaves_it(as_rokhaya, bank):
    from tests.admin.test_writing import form_of

    class Pages:
        def get(self, path):
            return as_rokhaya.get(f"/platform/admin/{path}")

    path = f"tenants/tenant/{bank.id}/change/"
    form = form_of(Pages(), path, name="Autre nom")
    as_rokhaya.post(f"/platform/admin/{path}", form | {"plan": "enterprise"})

    bank.refresh_from_db()
    assert (bank.name, bank.plan) == ("Autre nom", "starter")
