"""Who may: super-admins; nobody else learns that these pages exist."""

from uuid import uuid4

import pytest

from smartqueue.web.platform.urls import urlpatterns

POSTS_ONLY = {
    "platform-tenants-suspend", "platform-tenant-plan", "platform-tenant-suspend", "platform-tenant-resume",
    "platform-support-enter", "platform-support-leave", "platform-person-remove", "platform-account-second-factor",
    "platform-account-sign-out", "platform-account-close", "platform-account-reopen",
}  # fmt: skip


def addresses(bank, person):
    """Every address of the audience, with an example in each place."""
    from django.urls import reverse

    for one in urlpatterns:
        examples = {"id": person.user.id if "account" in one.name else bank.id, "name": "starter"}
        words = {name: examples[name] for name in one.pattern.converters}
        yield one.name, reverse(one.name, kwargs=words)


def test_every_address_by_every_role(visit, rokhaya, moussa, awa, binta, cheikh, bank):
    nobody, members = visit(), [visit(person) for person in (moussa, awa, binta, cheikh)]
    boss = visit(rokhaya)
    for name, address in addresses(bank, moussa):
        for method in ("get", "post"):
            sent_away = getattr(nobody, method)(address)
            assert (sent_away.status_code, sent_away["Location"]) == (302, f"/sign-in/?next={address}"), address
            assert {getattr(member, method)(address).status_code for member in members} == {404}, address
        shown = boss.get(address).status_code
        assert shown == (405 if name in POSTS_ONLY else 303 if name == "platform" else 200), address


def test_a_super_admin_lands_on_the_organisations(as_rokhaya):
    assert as_rokhaya.get("/sign-in/")["Location"] == "/platform/"
    assert as_rokhaya.get("/platform/")["Location"] == "/platform/tenants/"


def test_rights_that_were_taken_away_end_with_the_next_request(as_rokhaya, rokhaya):
    type(rokhaya.user).objects.filter(id=rokhaya.user.id).update(is_superuser=False)

    assert as_rokhaya.get("/platform/tenants/").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["tenants/{id}/", "tenants/{id}/suspend/", "tenants/{id}/plan/", "tenants/{id}/support/", "accounts/{id}/",
     "accounts/{id}/second-factor/", "accounts/{id}/sign-out/", "accounts/{id}/close/", "accounts/{id}/reopen/"],
)  # fmt: skip
def test_what_is_not_there_is_a_404(as_rokhaya, path):
    method = as_rokhaya.get if path in {"tenants/{id}/", "accounts/{id}/"} else as_rokhaya.post

    assert method(f"/platform/{path.format(id=uuid4())}", {"reason": "x", "plan": "business"}).status_code == 404
    assert as_rokhaya.get("/platform/plans/golden/").status_code == 404


def test_pages_are_never_kept_by_the_browser(as_rokhaya):
    assert "no-store" in as_rokhaya.get("/platform/tenants/")["Cache-Control"]
