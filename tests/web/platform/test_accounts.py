"""One person's account, seen and helped by super-admins."""

import pytest
from django.core import mail
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from smartqueue.cli.processes import wait_until
from smartqueue.kernel.clock import now
from tests.accounts.phone import Phone
from tests.cast import NINE, at_the_same_time

LIST = "/platform/accounts/"
WHY = {"reason": "Lost the phone, called back"}


@pytest.fixture
def page(moussa):
    return f"{LIST}{moussa.user.id}/"


@pytest.fixture
def said(facts_of):
    """`said(tenant_id, user)`: facts about an account with what was recorded, in one log."""

    def find(tenant_id, user):
        return [(one.fact, one.before, one.after) for one in facts_of(tenant_id) if one.object_id == user.id]

    return find


def fresh(user):
    user.refresh_from_db()
    return user


def test_a_person_is_found_by_the_whole_address_and_by_nothing_less(as_rokhaya, moussa, page):
    email = moussa.user.email

    assert as_rokhaya.post(LIST, {"email": email.upper()})["Location"] == page
    for less in (email[1:], "nobody@smartqueue.example"):
        answer = as_rokhaya.post(LIST, {"email": less})
        assert (answer.status_code, "Nobody has an account" in answer.text) == (400, True)


def test_the_page_tells_where_a_person_belongs_and_what_keeps_them_out(as_rokhaya, bank, moussa, page):
    from smartqueue.accounts.actions.tallies import count_failure
    from smartqueue.accounts.states import TallyKind

    Phone(moussa.user, at=now())
    for _n in range(20):
        count_failure(kind=TallyKind.SIGN_IN_FAILED, email=moussa.user.email, at=now())

    answer = as_rokhaya.get(page)

    assert [one.tenant_id for one in answer.context["memberships"]] == [bank.id]
    assert [str(lock["words"]) for lock in answer.context["locks"]] == ["Too many wrong passwords"]
    assert (answer.context["codes_left"], bool(answer.context["since"])) == (10, True)
    assert all(words in answer.text for words in (bank.name, "10 recovery codes left", "Turn the second factor off"))


def test_a_lost_second_factor_is_turned_off_with_a_letter_and_in_both_logs(as_rokhaya, bank, moussa, page, said):
    from smartqueue.accounts.actions.letters import SECOND_FACTOR_TAKEN_AWAY
    from smartqueue.accounts.queries import has_second_factor, recovery_codes_left

    Phone(moussa.user, at=now())

    assert "Say why" in as_rokhaya.post(f"{page}second-factor/", follow=True).text
    assert has_second_factor(moussa.user.id)
    done = as_rokhaya.post(f"{page}second-factor/", WHY, follow=True)

    assert "The second factor is off." in done.text
    assert (has_second_factor(moussa.user.id), recovery_codes_left(moussa.user.id)) == (False, 0)
    with override(moussa.user.language):
        subject, body = map(str, SECOND_FACTOR_TAKEN_AWAY)
    letter = ([moussa.user.email], subject, body)
    assert wait_until(lambda: letter in [(one.to, one.subject, one.body) for one in mail.outbox], seconds=30)
    told = [("user.second_factor_off", None, WHY)]
    assert (said(None, moussa.user), said(bank.id, moussa.user)) == (told, told)
    assert "It is so already" in as_rokhaya.post(f"{page}second-factor/", WHY, follow=True).text


def test_every_sign_in_ends(as_rokhaya, visit, bank, moussa, page, said):
    theirs = visit(moussa)
    office = f"/{bank.slug}/manage/sites/"
    assert theirs.get(office).status_code == 200

    as_rokhaya.post(f"{page}sign-out/", WHY)

    assert theirs.get(office)["Location"].startswith("/sign-in/")
    told = [("user.signed_out_everywhere", None, WHY)]
    assert (said(None, moussa.user), said(bank.id, moussa.user)) == (told, told)


def test_an_account_is_closed_and_opened_again(as_rokhaya, visit, bank, moussa, page, said):
    theirs = visit(moussa)
    office = f"/{bank.slug}/manage/sites/"

    as_rokhaya.post(f"{page}close/", WHY)

    assert not fresh(moussa.user).is_active
    assert theirs.get(office)["Location"].startswith("/sign-in/")
    assert "Closed" in as_rokhaya.get(page).text
    as_rokhaya.post(f"{page}reopen/", WHY)
    assert fresh(moussa.user).is_active
    assert theirs.get(office)["Location"].startswith("/sign-in/")  # a session of before does not come back
    assert visit(moussa).get(office).status_code == 200
    assert said(bank.id, moussa.user) == [
        ("user.deactivated", {"is_active": True}, {"is_active": False} | WHY),
        ("user.reactivated", {"is_active": False}, {"is_active": True} | WHY),
    ]


def test_nobody_does_it_to_themselves(as_rokhaya, rokhaya):
    Phone(rokhaya.user, at=now())
    own = f"{LIST}{rokhaya.user.id}/"

    assert "own account" in as_rokhaya.get(own).text
    for deed in ("second-factor", "sign-out", "close", "reopen"):
        assert "This is your own account" in as_rokhaya.post(f"{own}{deed}/", WHY, follow=True).text
    assert fresh(rokhaya.user).is_active


def test_two_super_admins_who_close_each_other_at_once_leave_one_open(make_super):
    from smartqueue.journal.actions.people import set_account_open

    one, other = make_super("Rokhaya Sow"), make_super("Ibrahima Gueye")
    results = at_the_same_time(
        *(
            lambda asks=asks, meant=meant: set_account_open(
                user_id=meant.user.id, is_open=False, reason="x", actor=asks.actor, at=NINE
            )
            for asks, meant in ((one, other), (other, one))
        )
    )

    assert sorted(type(result).__name__ for result in results) == ["Forbidden", "User"]
    assert sorted([fresh(one.user).is_active, fresh(other.user).is_active]) == [False, True]


def test_two_who_turn_a_second_factor_off_at_once_note_it_once(make_super, moussa, said):
    from smartqueue.journal.actions.people import take_second_factor_away

    Phone(moussa.user, at=now())
    staff = [make_super("Rokhaya Sow"), make_super("Ibrahima Gueye")]
    results = at_the_same_time(
        *(
            lambda one=one: take_second_factor_away(user_id=moussa.user.id, reason="x", actor=one.actor, at=NINE)
            for one in staff
        )
    )

    assert sorted(type(result).__name__ for result in results) == ["AlreadyDone", "User"]
    assert len(said(None, moussa.user)) == 1


def test_the_page_costs_the_same_for_one_membership_and_for_three(as_rokhaya, moussa, make_tenant, page):
    from smartqueue.tenants.models import Membership

    def cost(memberships):
        with CaptureQueriesContext(connections["platform"]) as asked:
            assert len(as_rokhaya.get(page).context["memberships"]) == memberships
        return len(asked)

    one = cost(1)
    for name in ("Poste", "Hôpital"):
        tenant = make_tenant(name)
        Membership.objects.using("platform").create(tenant=tenant, user=moussa.user, role="agent")

    assert cost(3) == one == 10
