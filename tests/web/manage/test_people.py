"""People: invited, changed, put out, let go; and what nobody learns of an address."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.journal.models import Entry
from smartqueue.tenants.models import Membership
from smartqueue.tenants.scope import in_tenant
from tests.cast import at_the_same_time


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/people/"


@pytest.fixture
def letters():
    """The letters to an address, once they are written: a thread posts them."""
    from smartqueue.cli.processes import wait_until

    def to(address, count=1):
        wait_until(lambda: len(_to(address)) >= count, seconds=30)
        return _to(address)

    def _to(address):
        return [letter for letter in mail.outbox if letter.to == [address]]

    return to


@pytest.fixture
def invitation(tellers):
    return lambda **changed: {
        "full_name": "Ndeye Sy", "email": f"{uuid4().hex[:12]}@example.sn", "role": "agent", "language": "en",
        f"queue-{tellers.id}": "3",
    } | changed  # fmt: skip


def text_of(answer):
    return answer.content.decode()


def member(bank, person):
    with in_tenant(bank.id):
        return Membership.objects.filter(user=person.user).first()


def facts(bank, *names):
    with in_tenant(bank.id):
        return list(Entry.objects.filter(fact__in=names).order_by("id"))


PATHS = ["", "invite/", "{id}/", "{id}/deactivate/", "{id}/reactivate/", "{id}/remove/", "{id}/invite/"]


@pytest.mark.parametrize("path", PATHS)
def test_who_may(base, path, visit, bank, moussa, awa, binta, cheikh):
    address = base + path.format(id=binta.membership.id)
    for method in ("get", "post"):

        def ask(person, method=method):
            return getattr(visit(person), method)(address)

        nobody = ask(None)
        assert (nobody.status_code, nobody["Location"]) == (302, f"/sign-in/?next={address}")
        assert ask(cheikh).status_code == 404
        assert ask(awa).status_code == 403
    if "{id}" in path:
        foreign = address.replace(bank.slug, cheikh.tenant.slug)
        assert visit(cheikh).post(foreign, {"full_name": "x", "role": "agent"}).status_code == 404
    assert member(bank, binta).is_active


def test_the_list_shows_members_of_this_organisation_only(base, visit, moussa, awa, binta, cheikh):
    page = text_of(visit(moussa).get(base))

    assert all(name in page for name in ("Moussa Diop", "Awa Sarr", "Binta Ba", "Agence Plateau"))
    assert "Cheikh Fall" not in page


def test_search_filters_and_order_stand_in_the_address(base, visit, moussa, awa, binta, fatou):
    def names(query):
        return re.findall(r'/people/[0-9a-f-]{36}/">([^<]+)</a>', text_of(visit(moussa).get(base + query)))

    assert names("") == ["Awa Sarr", "Binta Ba", "Fatou Ndiaye", "Moussa Diop"]
    assert names("?sort=-name") == ["Moussa Diop", "Fatou Ndiaye", "Binta Ba", "Awa Sarr"]
    assert names("?role=agent") == ["Binta Ba", "Fatou Ndiaye"]
    assert names("?q=fatou") == ["Fatou Ndiaye"]
    assert names(f"?q={binta.user.email}") == ["Binta Ba"]
    assert names("?state=invited&sort=name")[:1] == ["Awa Sarr"]
    assert names("?role=nonsense&sort=nonsense&page=99") == ["Awa Sarr", "Binta Ba", "Fatou Ndiaye", "Moussa Diop"]


def test_as_many_queries_for_three_as_for_one(base, visit, moussa, make_agent, tellers):
    def asked():
        person = visit(moussa)
        person.get(base)
        with CaptureQueriesContext(connection) as queries:
            assert person.get(base).status_code == 200
        return len(queries)

    make_agent("Binta Ba", tellers)
    one = asked()
    make_agent("Fatou Ndiaye", tellers)
    make_agent("Ousmane Sow", tellers)

    assert asked() == one
    assert one <= 13


def test_somebody_new_is_invited_chooses_a_password_and_comes_in(
    base, bank, visit, moussa, tellers, invitation, letters
):
    form = invitation()

    answer = visit(moussa).post(base + "invite/", form)

    assert (answer.status_code, answer["Location"]) == (303, base), text_of(answer)
    (letter,) = letters(form["email"])
    assert bank.name in letter.subject
    link = re.search(r"http://testserver(/\S+)", letter.body)[1]
    guest = visit()
    assert "Choose your password" in text_of(guest.get(link))
    weak = guest.post(link, {"password": "12345678"})
    assert (weak.status_code, "id_password_error" in text_of(weak)) == (400, True)
    assert guest.post(link, {"password": "teranga-2026-ndeye"}).status_code == 302
    assert guest.get(link).status_code == 410
    assert guest.post(link, {"password": "another-one-2026"}).status_code == 410
    signed = guest.post("/sign-in/", {"email": form["email"], "password": "teranga-2026-ndeye"})
    assert signed.status_code in (200, 302)
    (admitted,) = facts(bank, "member.admitted")
    assert (admitted.kind, admitted.after) == ("create", {"role": "agent", "name": "Ndeye Sy"})
    (queues,) = facts(bank, "agent.queues_changed")
    assert queues.after["weights"] == {str(tellers.id): 3}


def test_an_address_with_an_account_elsewhere_looks_like_a_new_one(
    base, bank, visit, moussa, cheikh, invitation, letters
):
    answers, pages = [], []
    for email in (cheikh.user.email, f"{uuid4().hex[:12]}@example.sn"):
        person = visit(moussa)
        answers.append(person.post(base + "invite/", invitation(email=email, role="manager", full_name="Xx Yy")))
        page = text_of(person.get(f"{base}?q={email}"))
        pages.append(re.sub(r"[0-9a-f-]{36}|[0-9a-f]{12}|csrf\S+ value=\S+|\{&quot.*?\}|hx-headers='[^']*'", "", page))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert pages[0] == pages[1]
    assert "Cheikh Fall" not in pages[0]
    (told,) = letters(cheikh.user.email)
    assert ("/sign-in/" in told.body, "/welcome/" in told.body) == (True, False)


def test_somebody_who_belongs_here_is_not_invited_again(base, visit, moussa, awa, invitation):
    answer = visit(moussa).post(base + "invite/", invitation(email=awa.user.email.upper()))

    assert answer.status_code == 409
    assert "already belongs" in text_of(answer)
    assert 'value="Ndeye Sy"' in text_of(answer)


def test_of_two_who_invite_the_same_person_at_once_one_is_told(base, bank, visit, moussa, invitation):
    form, windows = invitation(), [visit(moussa), visit(moussa)]

    answers = at_the_same_time(*[lambda one=one: one.post(base + "invite/", form) for one in windows])

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    with in_tenant(bank.id):
        assert Membership.objects.filter(user__email=form["email"]).count() == 1


def test_a_fourth_letter_within_a_quarter_of_an_hour_is_refused(base, bank, visit, moussa, invitation, letters):
    form, person = invitation(), visit(moussa)
    person.post(base + "invite/", form)
    with in_tenant(bank.id):
        invited = Membership.objects.get(user__email=form["email"])

    for _n in range(3):
        person.post(f"{base}{invited.id}/invite/")

    page = person.get(base)
    assert page.status_code == 200
    assert len(letters(form["email"], 3)) == 3


def test_two_administrators_who_demote_each_other_leave_one(base, bank, visit, moussa, make_person):
    other = make_person(bank, "admin", "Coumba Fall")
    pairs = [(visit(moussa), other), (visit(other), moussa)]
    form = {"full_name": "Xx", "role": "manager"}

    answers = at_the_same_time(
        *[lambda me=me, him=him: me.post(f"{base}{him.membership.id}/", form) for me, him in pairs]
    )

    roles = sorted(member(bank, person).role for person in (moussa, other))
    assert roles == ["admin", "manager"]
    assert sorted(answer.status_code for answer in answers) in ([303, 403], [303, 409])


def test_nobody_changes_the_own_role_or_shuts_the_own_door(base, bank, visit, moussa, make_person):
    make_person(bank, "admin", "Coumba Fall")
    me, mine = visit(moussa), f"{base}{moussa.membership.id}/"

    assert me.post(mine, {"full_name": "Moussa", "role": "agent"}).status_code == 303
    assert me.post(f"{mine}deactivate/").status_code == 303
    assert me.post(f"{mine}remove/").status_code == 303
    me.post(base, {"deed": "deactivate", "row": [str(moussa.membership.id)]})

    left = member(bank, moussa)
    assert (left.role, left.is_active, left.name) == ("admin", True, "Moussa")


def test_a_deactivated_agent_is_out_at_once_and_the_seat_is_free(base, bank, visit, moussa, binta, api, tellers):
    from smartqueue.queueing.models import Agent

    binta_page, binta_api = visit(binta), api(binta)
    assert binta_page.get(f"/{bank.slug}/counter/").status_code == 200

    visit(moussa).post(f"{base}{binta.membership.id}/deactivate/")

    assert binta_page.get(f"/{bank.slug}/counter/").status_code == 404
    assert binta_api.get(f"tenants/{bank.slug}/queues/").status_code == 404
    with in_tenant(bank.id):
        agent = Agent.objects.get(id=binta.agent.id)
        assert (agent.is_active, agent.status, agent.counter_id) == (False, "offline", None)

    visit(moussa).post(f"{base}{binta.membership.id}/reactivate/")

    assert binta_page.get(f"/{bank.slug}/counter/").status_code == 200
    with in_tenant(bank.id):
        assert Agent.objects.get(id=binta.agent.id).is_active
    assert [fact.fact for fact in facts(bank, "member.deactivated", "member.reactivated")] == [
        "member.deactivated", "member.reactivated",
    ]  # fmt: skip


def test_who_has_a_customer_at_the_counter_is_not_put_out(base, bank, visit, moussa, binta, take, api, tellers):
    take()
    called = api(binta).post(f"tenants/{bank.slug}/agents/me/call-next/", json={"queue_id": str(tellers.id)})
    assert called.status_code == 200

    person = visit(moussa)
    person.post(f"{base}{binta.membership.id}/deactivate/")

    assert "already a customer" in text_of(person.get(base))
    assert member(bank, binta).is_active


def test_somebody_removed_is_gone_and_can_be_invited_again(base, bank, visit, moussa, binta, invitation, tellers):
    person = visit(moussa)

    answer = person.post(f"{base}{binta.membership.id}/remove/")

    assert answer["Location"] == base
    assert member(bank, binta) is None
    assert visit(binta).get(f"/{bank.slug}/counter/").status_code == 404
    assert person.post(base + "invite/", invitation(email=binta.user.email)).status_code == 303
    assert visit(binta).get(f"/{bank.slug}/counter/").status_code == 200


def test_several_are_deactivated_or_none(base, bank, visit, moussa, binta, fatou, take, api, tellers, cheikh):
    def press(*people):
        visit(moussa).post(base, {"deed": "deactivate", "row": [str(one.membership.id) for one in people] + ["x"]})

    take()
    api(fatou).post(f"tenants/{bank.slug}/agents/me/call-next/", json={"queue_id": str(tellers.id)})
    press(binta, fatou)
    assert member(bank, binta).is_active

    press(binta, cheikh)
    assert not member(bank, binta).is_active
    assert member(cheikh.tenant, cheikh).is_active


def test_role_name_and_queues_change_and_what_was_typed_wrong_is_kept(base, bank, visit, moussa, binta, make_queue):
    from smartqueue.queueing.models import Eligibility

    other, address, person = make_queue(name="Prêts"), f"{base}{binta.membership.id}/", visit(moussa)

    wrong = person.post(address, {"full_name": "", "role": "king", f"queue-{other.id}": "11"})
    assert wrong.status_code == 400
    assert all(f'id="id_{name}_error"' in text_of(wrong) for name in ("full_name", "role", f"queue-{other.id}"))

    saved = person.post(address, {"full_name": "Binta B.", "role": "manager", "serves": "on", f"queue-{other.id}": "5"})
    assert saved.status_code == 303
    with in_tenant(bank.id):
        assert list(Eligibility.objects.values_list("agent_id", "queue_id", "weight")) == [
            (binta.agent.id, other.id, 5)
        ]
    (changed,) = facts(bank, "member.role_changed")
    assert (changed.before, changed.after) == (
        {"role": "agent", "name": ""}, {"role": "manager", "name": "Binta B."},
    )  # fmt: skip
    page = text_of(person.get(address))
    assert '<option value="5" selected>' in page
