"""Super-admins: who becomes one, who stops being one, and that one is always left."""

from uuid import uuid4

from django.core import mail
from django.db import connections
from django.test.utils import CaptureQueriesContext

from smartqueue.cli.processes import wait_until
from smartqueue.kernel.errors import Forbidden
from tests.cast import NINE, at_the_same_time

LIST = "/platform/people/"


def rights_of(user):
    user.refresh_from_db()
    return user.is_superuser, user.is_staff


def facts_about(user):
    from smartqueue.journal.models import Entry

    entries = Entry.objects.using("platform").filter(object_type="user", object_id=user.id).order_by("id")
    return [(one.fact, one.kind, one.tenant_id, one.after) for one in entries]


def test_somebody_known_becomes_one_and_keeps_what_they_have(as_rokhaya, visit, moussa):
    typed = {"email": moussa.user.email.upper(), "name": "Another name"}
    assert as_rokhaya.post(f"{LIST}new/", typed)["Location"] == LIST
    as_rokhaya.post(f"{LIST}new/", typed)

    assert rights_of(moussa.user) == (True, True)
    assert moussa.user.full_name == "Moussa Diop"
    assert facts_about(moussa.user) == [("user.updated", "permission_change", None, {"is_superuser": True})]
    assert visit(moussa).get(LIST).status_code == 200


def test_somebody_new_gets_a_letter(as_rokhaya):
    from smartqueue.accounts.models import User

    email = f"{uuid4().hex[:12]}@smartqueue.example"
    as_rokhaya.post(f"{LIST}new/", {"email": email, "name": "Ibrahima Gueye"})

    user = User.objects.get(email=email)
    assert (rights_of(user), user.has_usable_password()) == ((True, True), False)
    assert wait_until(lambda: any(email in one.to for one in mail.outbox), seconds=20)


def test_what_is_no_address_is_refused(as_rokhaya):
    answer = as_rokhaya.post(f"{LIST}new/", {"email": "ibrahima", "name": "Ibrahima Gueye"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["email"])
    assert "Ibrahima Gueye" in answer.text


def test_one_is_removed_and_not_oneself(as_rokhaya, rokhaya, make_super, visit):
    other = make_super("Ibrahima Gueye")
    theirs = visit(other)
    assert theirs.get(LIST).status_code == 200

    answer = as_rokhaya.post(f"{LIST}{rokhaya.user.id}/remove/", follow=True)
    assert "You cannot take your own rights away." in answer.text
    assert rights_of(rokhaya.user) == (True, True)

    as_rokhaya.post(f"{LIST}{other.user.id}/remove/")
    assert rights_of(other.user) == (False, False)
    assert theirs.get(LIST).status_code == 404
    again = as_rokhaya.post(f"{LIST}{other.user.id}/remove/", follow=True)
    assert "no super-admin any more" in again.text
    assert [fact for fact, *_rest in facts_about(other.user)] == ["user.updated"]


def test_two_who_remove_each_other_at_once_leave_one(make_super):
    from smartqueue.journal.actions.staff import remove_super_admin

    one, other = make_super("Rokhaya Sow"), make_super("Ibrahima Gueye")
    results = at_the_same_time(
        lambda: remove_super_admin(user_id=other.user.id, actor=one.actor, at=NINE),
        lambda: remove_super_admin(user_id=one.user.id, actor=other.actor, at=NINE),
    )

    assert sorted(type(result).__name__ for result in results) == ["Forbidden", "User"]
    assert sorted([rights_of(one.user)[0], rights_of(other.user)[0]]) == [False, True]


def test_who_is_no_super_admin_any_more_makes_none(make_super, moussa):
    from smartqueue.journal.actions.staff import make_super_admin, remove_super_admin

    one, other = make_super("Rokhaya Sow"), make_super("Ibrahima Gueye")
    remove_super_admin(user_id=one.user.id, actor=other.actor, at=NINE)
    (refused,) = at_the_same_time(lambda: make_super_admin(email=moussa.user.email, name="", actor=one.actor, at=NINE))

    assert isinstance(refused, Forbidden)
    assert rights_of(moussa.user) == (False, False)


def test_the_list_costs_the_same_for_one_row_and_for_three(as_rokhaya, make_super):
    word = uuid4().hex[:10]

    def cost(rows):
        with CaptureQueriesContext(connections["platform"]) as asked:
            assert len(as_rokhaya.get(LIST, {"q": word}).context["rows"]) == rows
        return len(asked)

    make_super(f"A {word}")
    one = cost(1)
    make_super(f"B {word}")
    make_super(f"C {word}")

    assert cost(3) == one == 4
