"""Entering an organisation as support: for an hour, with a reason, seen on every page and in both logs."""

from datetime import timedelta

import pytest

from smartqueue.journal.states import SUPPORT, AuditKind
from tests.cast import NINE


@pytest.fixture
def enter(as_rokhaya):
    return lambda tenant, **typed: as_rokhaya.post(f"/platform/tenants/{tenant.id}/support/", typed)


LEAVE = "/platform/support/leave/"


def test_support_sees_what_an_administrator_sees_and_says_so(as_rokhaya, bank, enter, facts_of):
    devices = f"/{bank.slug}/manage/devices/"
    assert as_rokhaya.get(devices).status_code == 404

    assert enter(bank, reason="Their kiosk prints nothing")["Location"] == f"/{bank.slug}/manage/"

    shown = as_rokhaya.get(devices)
    assert shown.status_code == 200
    assert f"You are in {bank.name} as support" in shown.text
    assert LEAVE in shown.text
    (entered,) = facts_of(bank.id, "support.entered")
    assert (entered.kind, entered.after) == (AuditKind.PERMISSION_CHANGE, {"reason": "Their kiosk prints nothing"})
    assert (entered.actor_label, entered.ip) == ("Rokhaya Sow", "127.0.0.1")

    assert as_rokhaya.post(LEAVE)["Location"] == "/platform/tenants/"
    assert as_rokhaya.get(devices).status_code == 404
    assert [fact.fact for fact in facts_of(bank.id)] == ["support.entered", "support.left"]


def test_what_support_does_carries_its_name(as_rokhaya, rokhaya, bank, enter):
    from smartqueue.journal.models import Entry
    from smartqueue.journal.queries import platform_entries
    from smartqueue.tenants.routers import as_platform
    from smartqueue.web.shared.pages import MemberPage

    enter(bank, reason="Help")
    seen = []

    class Anything(MemberPage):
        def get(self, request, slug):
            from django.http import HttpResponse

            seen.append((self.actor.label, self.actor.user_id, self.role, self.is_support))
            return HttpResponse("")

    request = as_rokhaya.get(f"/{bank.slug}/manage/devices/").wsgi_request
    Anything.as_view()(request, slug=bank.slug)

    assert seen == [(SUPPORT, rokhaya.user.id, "admin", True)]
    Entry.objects.using("platform").create(
        tenant=bank, at=NINE, kind="update", fact="site.updated", object_type="site", actor_kind="user",
        actor_id=rokhaya.user.id, actor_label=SUPPORT,
    )  # fmt: skip
    with as_platform():
        assert [one.fact for one in platform_entries().filter(tenant=bank).order_by("id")] == [
            "support.entered", "site.updated",
        ]  # fmt: skip


def test_without_a_reason_nobody_enters(as_rokhaya, bank, enter, facts_of):
    assert enter(bank)["Location"] == f"/platform/tenants/{bank.id}/"
    assert as_rokhaya.get(f"/{bank.slug}/manage/devices/").status_code == 404
    assert facts_of(bank.id) == []


def test_one_organisation_at_a_time(as_rokhaya, bank, cheikh, enter, facts_of):
    enter(bank, reason="One")
    enter(cheikh.tenant, reason="Two")

    assert [fact.fact for fact in facts_of(bank.id)] == ["support.entered", "support.left"]
    assert as_rokhaya.get(f"/{bank.slug}/manage/devices/").status_code == 404
    assert as_rokhaya.get(f"/{cheikh.tenant.slug}/manage/devices/").status_code == 200


def test_a_suspended_organisation_is_entered_by_nobody(bank, enter, facts_of):
    type(bank).objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert enter(bank, reason="Help").status_code == 404
    assert facts_of(bank.id) == []


def test_leaving_twice_writes_once(as_rokhaya, bank, enter, facts_of):
    enter(bank, reason="Help")
    as_rokhaya.post(LEAVE)
    as_rokhaya.post(LEAVE)

    assert len(facts_of(bank.id, "support.left")) == 1


def test_it_ends_after_an_hour_and_with_the_rights(as_rokhaya, rokhaya, bank, enter):
    from smartqueue.kernel.clock import now
    from smartqueue.web.shared.support import supports

    enter(bank, reason="Help")
    request = as_rokhaya.get(f"/{bank.slug}/manage/devices/").wsgi_request

    assert supports(request, bank.id, at=now())
    assert not supports(request, bank.id, at=now() + timedelta(hours=1))
    type(rokhaya.user).objects.filter(id=rokhaya.user.id).update(is_superuser=False)
    assert as_rokhaya.get(f"/{bank.slug}/manage/devices/").status_code == 404
