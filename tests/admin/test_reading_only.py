"""Only queueing moves a ticket, and the journal is never written by hand: those pages refuse."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

READ_ONLY = [
    "queueing/ticket",
    "queueing/queue",
    "queueing/agent",
    "customers/customer",
    "journal/entry",
    "sites/division",
]
NOT_MADE_HERE = [
    "sites/site",
    "sites/counter",
    "sites/service",
    "sites/servicecategory",
    "notifications/messagetemplate",
]


def row_of(path: str, world: Any) -> Any:
    from smartqueue.journal.models import Entry
    from smartqueue.sites.models import Division

    if path == "journal/entry":
        return Entry.objects.using("platform").filter(tenant_id=world.tenant.id).latest("id")
    if path == "sites/division":
        return Division.objects.earliest("code")
    return world.rows[path.rpartition("/")[2]]


@pytest.mark.parametrize("path", READ_ONLY)
def test_a_row_is_shown_and_cannot_be_changed_added_or_deleted(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    row = row_of(path, make_world(f"w{uuid4().hex[:8]}"))

    assert platform.get(f"{path}/{row.pk}/change/").status_code == 200
    assert platform.post(f"{path}/{row.pk}/change/", status="closed", name="x").status_code == 403
    assert platform.get(f"{path}/add/").status_code == 403
    assert platform.post(f"{path}/add/", name="x").status_code == 403
    assert platform.get(f"{path}/{row.pk}/delete/").status_code == 403
    assert platform.post(f"{path}/{row.pk}/delete/", post="yes").status_code == 403


@pytest.mark.parametrize("path", READ_ONLY)
def test_the_list_has_no_action_that_deletes(platform: Any, make_world: Callable[..., Any], path: str) -> None:
    row = row_of(path, make_world(f"w{uuid4().hex[:8]}"))

    platform.post(f"{path}/", action="delete_selected", _selected_action=str(row.pk), post="yes")

    assert type(row).objects.using("platform").filter(pk=row.pk).exists()


@pytest.mark.parametrize("path", NOT_MADE_HERE)
def test_what_a_tenant_makes_itself_is_neither_added_nor_deleted(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    row = row_of(path, make_world(f"w{uuid4().hex[:8]}"))

    assert platform.get(f"{path}/{row.pk}/change/").status_code == 200
    assert platform.get(f"{path}/add/").status_code == 403
    assert platform.post(f"{path}/{row.pk}/delete/", post="yes").status_code == 403


@pytest.mark.parametrize("path", ["tenants/tenant", "accounts/user"])
def test_tenants_and_people_are_closed_rather_than_deleted(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    world = make_world(f"w{uuid4().hex[:8]}")
    row = world.tenant if path == "tenants/tenant" else world.rows["user"]

    assert platform.post(f"{path}/{row.pk}/delete/", post="yes").status_code == 403
