"""What staff change, and the fact that each change leaves, in the same transaction."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.cast import NINE


def entries_of(tenant: Any, *facts: str) -> list[Any]:
    from smartqueue.journal.models import Entry

    return list(Entry.objects.using("platform").filter(tenant_id=tenant.id, fact__in=facts).order_by("id"))


def facts_about(row: Any) -> list[Any]:
    from smartqueue.journal.models import Entry

    return list(Entry.objects.using("platform").filter(object_id=row.pk).order_by("id"))


def select(platform: Any, action: str, *tenants: Any) -> Any:
    chosen = [str(tenant.id) for tenant in tenants]
    return platform.post("tenants/tenant/", action=action, _selected_action=chosen)


def form_of(platform: Any, path: str, **changes: Any) -> dict[str, Any]:
    """The values that the page's form has now, and other ones for some."""
    page = platform.get(path)
    assert page.status_code == 200, page.status_code
    form = page.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in {**values, **changes}.items() if value not in (None, False, "")}


def test_suspending_and_reactivating_tenants_are_facts(
    platform: Any, rokhaya: Any, make_tenant: Callable[..., Any]
) -> None:
    from smartqueue.journal.states import AuditKind

    one, two, untouched = make_tenant(), make_tenant(), make_tenant()

    assert select(platform, "suspend", one, two).status_code == 302
    for tenant in (one, two, untouched):
        tenant.refresh_from_db()
    assert [one.is_active, two.is_active, untouched.is_active] == [False, False, True]
    select(platform, "reactivate", one)

    suspended, reactivated = entries_of(one, "tenant.suspended", "tenant.reactivated")
    assert (suspended.fact, suspended.kind) == ("tenant.suspended", AuditKind.STATUS_CHANGE)
    assert (suspended.before, suspended.after) == ({"is_active": True}, {"is_active": False})
    assert (suspended.actor_kind, suspended.actor_id, suspended.actor_label) == ("user", rokhaya.id, "Rokhaya Sow")
    assert (suspended.ip, suspended.endpoint) == ("127.0.0.1", "POST /platform/admin/tenants/tenant/")
    assert (suspended.object_type, suspended.object_id) == ("tenant", one.id)
    assert (reactivated.fact, reactivated.after) == ("tenant.reactivated", {"is_active": True})
    assert entries_of(untouched, "tenant.suspended") == []


def test_suspending_twice_is_one_fact(platform: Any, make_tenant: Callable[..., Any]) -> None:
    tenant = make_tenant()

    select(platform, "suspend", tenant)
    select(platform, "suspend", tenant)

    assert len(entries_of(tenant, "tenant.suspended")) == 1


def test_a_suspended_tenant_lets_nobody_in(platform: Any, api: Any, moussa: Any, bank: Any) -> None:
    from smartqueue.tenants.queries import enter

    assert enter(slug=bank.slug, user_id=moussa.user.id) is not None

    select(platform, "suspend", bank)

    assert enter(slug=bank.slug, user_id=moussa.user.id) is None


def test_staff_who_may_only_look_cannot_suspend(
    pages: Any, make_account: Callable[..., Any], make_tenant: Callable[..., Any]
) -> None:
    tenant = make_tenant()
    browser = pages(with_rights(make_account(is_staff=True), "tenants.view_tenant"))

    select(browser, "suspend", tenant)

    assert browser.get("tenants/tenant/").status_code == 200
    assert entries_of(tenant, "tenant.suspended") == []


def test_the_fact_and_the_suspension_stand_or_fall_together(make_tenant: Callable[..., Any]) -> None:
    from django.db import DataError

    from smartqueue.journal.actions.platform import suspend_tenant
    from smartqueue.journal.states import Actor

    tenant = make_tenant()
    with pytest.raises(DataError):  # a name longer than its column
        suspend_tenant(tenant_id=tenant.id, actor=Actor(label="x" * 200), at=NINE)

    tenant.refresh_from_db()
    assert tenant.is_active


def test_a_tenant_made_here_is_a_fact_and_its_address_stays(platform: Any) -> None:
    from smartqueue.tenants.models import Tenant

    slug = f"t-{uuid4().hex[:12]}"
    values = {"name": "Poste", "type": "post", "plan": "starter", "locale": "fr", "time_zone": "Africa/Dakar"}
    answer = platform.post("tenants/tenant/add/", slug=slug, retention_days=30, **values)
    assert answer.status_code == 302
    tenant = Tenant.objects.get(slug=slug)

    path = f"tenants/tenant/{tenant.id}/change/"
    platform.post(path, **form_of(platform, path, name="La Poste", slug="other"))

    tenant.refresh_from_db()
    assert (tenant.name, tenant.slug) == ("La Poste", slug)
    created, updated = entries_of(tenant, "tenant.created", "tenant.updated")
    assert created.after["slug"] == slug
    assert (updated.before, updated.after) == ({"name": "Poste"}, {"name": "La Poste"})


def test_a_time_zone_that_does_not_exist_is_refused(platform: Any, make_tenant: Callable[..., Any]) -> None:
    path = f"tenants/tenant/{make_tenant().id}/change/"

    answer = platform.post(path, **form_of(platform, path, time_zone="Africa/Teranga"))

    assert "There is no such time zone." in answer.text


def test_a_correction_of_a_site_is_a_fact_on_the_platform_connection(
    platform: Any, make_world: Callable[..., Any]
) -> None:
    world = make_world("Plateau")
    path = f"sites/site/{world.rows['site'].id}/change/"
    values = form_of(platform, path, address="12 avenue Pompidou")

    with CaptureQueriesContext(connections["default"]) as on_default:
        assert platform.post(path, **values).status_code == 302

    assert on_default.captured_queries == []
    [updated] = entries_of(world.tenant, "site.updated")
    assert (updated.before, updated.after) == ({"address": ""}, {"address": "12 avenue Pompidou"})


def test_saving_a_form_without_a_change_is_no_fact(platform: Any, make_world: Callable[..., Any]) -> None:
    world = make_world("Plateau")
    path = f"sites/counter/{world.rows['counter'].id}/change/"

    assert platform.post(path, **form_of(platform, path)).status_code == 302

    assert entries_of(world.tenant, "counter.updated") == []


def test_a_code_that_the_tenant_uses_already_is_refused_in_the_form(
    platform: Any, make_world: Callable[..., Any]
) -> None:
    world, other = make_world("Plateau", rows=2), make_world("Ailleurs", rows=3)
    path = f"sites/site/{world.rows['site'].id}/change/"
    assert other.rows["site"].code == "S2"

    refused = platform.post(path, **form_of(platform, path, code="S0"))
    taken_elsewhere = platform.post(path, **form_of(platform, path, code="S2"))

    assert refused.status_code == 200
    assert "already exists" in refused.text
    assert taken_elsewhere.status_code == 302


def test_the_first_administrator_of_a_tenant_is_made_here(
    platform: Any, make_tenant: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    from smartqueue.tenants.models import Membership

    tenant, account = make_tenant(), make_account()
    values = {"organisation": str(tenant.id), "user": str(account.id), "role": "admin"}

    assert platform.post("tenants/membership/add/", **values).status_code == 302
    again = platform.post("tenants/membership/add/", **values)

    membership = Membership.objects.using("platform").get(tenant=tenant, user=account)
    [entry] = entries_of(tenant, "member.role_changed")
    assert (membership.role, entry.after["role"]) == ("admin", "admin")
    assert again.status_code == 200
    assert "already exists" in again.text


def test_another_role_is_a_change_of_permission(platform: Any, make_world: Callable[..., Any]) -> None:
    from smartqueue.journal.states import AuditKind

    world = make_world("Plateau")
    path = f"tenants/membership/{world.rows['membership'].id}/change/"

    platform.post(path, **form_of(platform, path, role="admin"))

    [entry] = entries_of(world.tenant, "member.role_changed")
    assert (entry.kind, entry.before, entry.after) == (
        AuditKind.PERMISSION_CHANGE,
        {"role": "manager"},
        {"role": "admin"},
    )


def test_deleting_memberships_is_a_fact_for_each(platform: Any, make_world: Callable[..., Any]) -> None:
    from smartqueue.tenants.models import Membership

    world = make_world("Plateau", rows=2)
    memberships = Membership.objects.using("platform").filter(tenant=world.tenant)
    first, second = memberships
    with CaptureQueriesContext(connections["default"]) as on_default:
        platform.post(f"tenants/membership/{first.id}/delete/", post="yes")
        platform.post(
            "tenants/membership/", action="delete_selected", _selected_action=str(second.id), post="yes"
        )  # fmt: skip

    assert not memberships.all().exists()
    assert on_default.captured_queries == []
    assert {entry.object_id for entry in entries_of(world.tenant, "membership.deleted")} == {first.id, second.id}


def test_a_date_is_announced_and_the_fact_belongs_to_no_tenant(platform: Any) -> None:
    from smartqueue.journal.models import Entry
    from smartqueue.sites.models import PublicHoliday

    name = f"Korité {uuid4().hex[:6]}"
    holiday = PublicHoliday.objects.using("platform").create(
        date=date(2031, 1, 5), name_fr=name, name_en=name, provisional=True
    )
    path = f"sites/publicholiday/{holiday.id}/change/"

    assert platform.post(path, **form_of(platform, path, provisional=False, date="2031-01-06")).status_code == 302

    entry = Entry.objects.using("platform").filter(fact="publicholiday.updated", data__id=holiday.id).get()
    assert (entry.tenant_id, entry.object_id) == (None, None)
    assert entry.after == {"date": "2031-01-06", "provisional": False}


def test_a_person_is_added_with_the_password_twice(platform: Any) -> None:
    from smartqueue.accounts.models import User

    name = uuid4().hex[:12]
    values = {"email": f"{name}@Example.SN", "full_name": "Demba", "language": "fr", "password1": "Ndar-2026-Saint"}

    differing = platform.post("accounts/user/add/", **values, password2="Ndar-2026-Louis")
    added = platform.post("accounts/user/add/", **values, password2="Ndar-2026-Saint")

    assert differing.status_code == 200
    assert differing.context["adminform"].form.errors.keys() == {"password2"}
    assert added.status_code == 302
    user = User.objects.get(email=f"{name}@example.sn")
    assert user.check_password("Ndar-2026-Saint")
    [entry] = facts_about(user)
    assert (entry.fact, entry.tenant_id) == ("user.created", None)
    assert name not in str(entry.after)
    assert "Demba" not in str(entry.after)
    assert "pbkdf2" not in str(entry.after)


def test_a_password_is_never_shown_not_even_as_a_hash(platform: Any, make_account: Callable[..., Any]) -> None:
    account = make_account()

    page = platform.get(f"accounts/user/{account.id}/change/")

    algorithm, _iterations, salt, digest = account.password.split("$")
    assert [word for word in (algorithm, salt, digest) if word in page.text] == []
    assert salt[:6] not in page.text
    assert ">Set</span>" in page.text


def test_another_password_ends_the_sign_ins_of_that_person(platform: Any, make_account: Callable[..., Any]) -> None:
    from smartqueue.accounts.actions import issue_tokens
    from smartqueue.accounts.models import RefreshToken

    account = make_account()
    issue_tokens(
        user=account, tenant_id=None, role=None, scopes=[], ip=None, user_agent="", at=datetime.now(UTC)
    )  # fmt: skip

    answer = platform.post(
        f"accounts/user/{account.id}/password/",
        password1="Gor-2026-Ee",
        password2="Gor-2026-Ee",
        usable_password="true",
    )

    assert answer.status_code == 302
    account.refresh_from_db()
    assert account.check_password("Gor-2026-Ee")
    assert not RefreshToken.objects.filter(user=account, revoked_at=None).exists()
    [entry] = facts_about(account)
    assert (entry.fact, entry.before, entry.after) == ("user.password_changed", None, None)


def test_ones_own_password_is_changed_with_the_old_one(platform: Any, rokhaya: Any) -> None:
    from tests.admin.conftest import PASSWORD

    new = {"new_password1": "Gor-2026-Ee", "new_password2": "Gor-2026-Ee"}

    assert platform.post("password_change/", old_password="wrong", **new).status_code == 200
    assert platform.post("password_change/", old_password=PASSWORD, **new).status_code == 302

    assert platform.get("").status_code == 200
    assert [entry.fact for entry in facts_about(rokhaya)] == ["user.password_changed"]


def test_only_a_super_admin_makes_staff(pages: Any, make_account: Callable[..., Any], platform: Any) -> None:
    from smartqueue.journal.states import AuditKind

    clerk = with_rights(make_account(is_staff=True), "accounts.view_user", "accounts.change_user")
    account = make_account()
    path = f"accounts/user/{account.id}/change/"

    browser = pages(clerk)
    answer = browser.post(path, **form_of(browser, path, full_name="Awa", is_superuser="on", is_staff="on"))
    account.refresh_from_db()
    assert answer.status_code == 302
    assert (account.full_name, account.is_staff, account.is_superuser) == ("Awa", False, False)

    platform.post(path, **form_of(platform, path, is_staff="on"))
    account.refresh_from_db()
    assert (account.is_staff, account.is_superuser) == (True, False)
    named, promoted = facts_about(account)
    assert (named.kind, named.after) == (AuditKind.UPDATE, {"full_name": "…"})
    assert (promoted.kind, promoted.after) == (AuditKind.PERMISSION_CHANGE, {"is_staff": True})


def test_staff_do_not_take_over_a_super_admin(pages: Any, make_account: Callable[..., Any], rokhaya: Any) -> None:
    clerk = pages(with_rights(make_account(is_staff=True), "accounts.view_user", "accounts.change_user"))
    new = {"password1": "Gor-2026-Ee", "password2": "Gor-2026-Ee", "usable_password": "true"}

    assert clerk.get(f"accounts/user/{rokhaya.id}/change/").status_code == 200
    assert clerk.post(f"accounts/user/{rokhaya.id}/change/", email="me@example.sn").status_code == 403
    assert clerk.post(f"accounts/user/{rokhaya.id}/password/", **new).status_code == 403


def test_only_a_super_admin_changes_what_a_group_may_do(
    pages: Any, make_account: Callable[..., Any], platform: Any
) -> None:
    from django.contrib.auth.models import Group, Permission

    from smartqueue.journal.models import Entry
    from smartqueue.journal.states import AuditKind

    group = Group.objects.create(name=f"Support {uuid4().hex[:8]}")
    right = Permission.objects.get(content_type__app_label="accounts", codename="change_user")
    clerk = pages(with_rights(make_account(is_staff=True), "auth.view_group", "auth.change_group", "auth.add_group"))
    path = f"auth/group/{group.id}/change/"
    values = {"name": group.name, "permissions": [str(right.id)]}

    assert [clerk.get(path).status_code, clerk.post(path, **values).status_code] == [403, 403]
    assert clerk.post("auth/group/add/", **values).status_code == 403
    assert platform.post(path, **values).status_code == 302

    [entry] = Entry.objects.using("platform").filter(fact="group.updated", data={"id": group.id})
    assert (entry.kind, entry.after) == (AuditKind.PERMISSION_CHANGE, {"permissions": [str(right.id)]})


def test_a_phone_that_cannot_exist_is_refused(platform: Any, make_account: Callable[..., Any]) -> None:
    account = make_account()
    path = f"accounts/user/{account.id}/change/"

    assert platform.post(path, **form_of(platform, path, phone="12")).status_code == 200
    assert platform.post(path, **form_of(platform, path, phone="77 123 45 67")).status_code == 302

    account.refresh_from_db()
    assert account.phone == "+221771234567"


def with_rights(account: Any, *rights: str) -> Any:
    from django.contrib.auth.models import Permission

    for right in rights:
        room, name = right.split(".")
        account.user_permissions.add(Permission.objects.get(content_type__app_label=room, codename=name))
    return account
