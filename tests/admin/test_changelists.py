"""Every list opens with rows of two tenants, finds, filters, and asks as often for three rows as for one."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

TENANT_LISTS = {
    "tenants/membership": "membership",
    "sites/site": "site",
    "sites/counter": "counter",
    "sites/servicecategory": "servicecategory",
    "sites/service": "service",
    "sites/holidayoverride": "holidayoverride",
    "customers/customer": "customer",
    "queueing/queue": "queue",
    "queueing/agent": "agent",
    "notifications/messagetemplate": "messagetemplate",
}
ALL_LISTS = {**TENANT_LISTS, "queueing/ticket": "ticket", "journal/entry": "entry"}
BADGE_WORDS = {
    "tenants/tenant": "Active",
    "accounts/user": "Not verified",
    "tenants/membership": "Manager",
    "sites/site": "Active",
    "sites/holidayoverride": "Day off",
    "queueing/queue": "Open",
    "queueing/agent": "Paused",
    "queueing/ticket": "Waiting",
    "notifications/messagetemplate": "SMS",
    "journal/entry": "Creation",
}


def words() -> str:
    return f"w{uuid4().hex[:10]}"


def rows_of(response: Any) -> list[Any]:
    assert response.status_code == 200, response.status_code
    return list(response.context["cl"].result_list)


@pytest.mark.parametrize("path", TENANT_LISTS)
def test_a_list_shows_the_rows_of_two_tenants_and_not_what_was_not_searched(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    word = words()
    one, two, other = make_world(word), make_world(word), make_world(words())

    found = rows_of(platform.get(f"{path}/", q=word))

    assert {row.pk for row in found} == {world.rows[TENANT_LISTS[path]].pk for world in (one, two)}
    assert {row.tenant_id for row in found} == {one.tenant.id, two.tenant.id}
    assert other.tenant.id not in {row.tenant_id for row in found}


@pytest.mark.parametrize("path", ["queueing/ticket", "journal/entry"])
def test_tickets_and_facts_of_two_tenants_stand_in_one_list(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    one, two = make_world(words()), make_world(words())

    page = platform.get(f"{path}/")

    assert {one.tenant.id, two.tenant.id} <= {row.tenant_id for row in rows_of(page)}
    assert one.tenant.name in page.text
    assert two.tenant.name in page.text


@pytest.mark.parametrize("path", ALL_LISTS)
def test_a_list_can_be_narrowed_to_one_tenant(platform: Any, make_world: Callable[..., Any], path: str) -> None:
    one, _two = make_world(words()), make_world(words())

    found = rows_of(platform.get(f"{path}/", tenant__id__exact=str(one.tenant.id)))

    assert {row.tenant_id for row in found} == {one.tenant.id}


@pytest.mark.parametrize("path", ALL_LISTS)
def test_three_rows_cost_as_many_queries_as_one_and_none_on_the_application_connection(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    one, three = make_world(words(), rows=1), make_world(words(), rows=3)
    platform.get(f"{path}/")  # content types are remembered by the process

    asked = {}
    for world, rows in ((one, 1), (three, 3)):
        query = {"tenant__id__exact": str(world.tenant.id)}
        with (
            CaptureQueriesContext(connections["platform"]) as on_platform,
            CaptureQueriesContext(connections["default"]) as on_default,
        ):
            found = rows_of(platform.get(f"{path}/", **query))
        assert len(found) == rows
        assert [query["sql"] for query in on_default.captured_queries] == []
        asked[rows] = len(on_platform)

    assert asked[1] == asked[3]
    assert asked[1] <= 9


@pytest.mark.parametrize("path", ["tenants/tenant", "accounts/user"])
def test_lists_outside_tenants_cost_as_much_for_three_rows_as_for_one(
    platform: Any, make_world: Callable[..., Any], path: str
) -> None:
    single, several = words(), words()
    for word, worlds in ((single, 1), (several, 3)):
        for _ in range(worlds):
            make_world(word)
    platform.get(f"{path}/")

    asked = {}
    for word, rows in ((single, 1), (several, 3)):
        with CaptureQueriesContext(connections["platform"]) as on_platform:
            assert len(rows_of(platform.get(f"{path}/", q=word))) == rows
        asked[rows] = len(on_platform)

    assert asked[1] == asked[3]


@pytest.mark.parametrize("path", BADGE_WORDS)
def test_a_badge_says_in_a_word_what_its_colour_says(platform: Any, make_world: Callable[..., Any], path: str) -> None:
    word = words()
    world = make_world(word)
    query = {"tenant__id__exact": str(world.tenant.id)} if path in ALL_LISTS else {"q": word}

    page = platform.get(f"{path}/", **query)

    badges = [part.split("</span>")[0].split(">")[1] for part in page.text.split('<span class="sq-badge sq-')[1:]]
    assert BADGE_WORDS[path] in badges
    assert all(badges)
    assert "platform/badges.css" in page.text
    assert " style=" not in page.text


def test_divisions_and_holidays_have_their_badges(platform: Any) -> None:
    region = platform.get("sites/division/", level__exact="region")
    holidays = platform.get("sites/publicholiday/", provisional__exact="1")

    assert {row.level for row in rows_of(region)} == {"region"}
    assert ">Region</span>" in region.text
    assert {row.provisional for row in rows_of(holidays)} == {True}
    assert ">Provisional</span>" in holidays.text


def test_tickets_are_filtered_by_status_channel_priority_and_day(platform: Any, make_world: Callable[..., Any]) -> None:
    world = make_world(words())
    own = {"tenant__id__exact": str(world.tenant.id)}
    wanted = {
        "status__exact": ("waiting", "closed"),
        "channel__exact": ("kiosk", "web"),
        "priority__exact": ("0", "10"),
        "day__gte": ("2026-03-02", "2026-03-03"),
    }

    for name, (matching, other) in wanted.items():
        assert [row.pk for row in rows_of(platform.get("queueing/ticket/", **own, **{name: matching}))] == [
            world.rows["ticket"].pk
        ]
        assert rows_of(platform.get("queueing/ticket/", **own, **{name: other})) == []


def test_a_ticket_is_found_by_its_number_and_its_identifier(platform: Any, make_world: Callable[..., Any]) -> None:
    world = make_world(words())
    ticket = world.rows["ticket"]
    own = {"tenant__id__exact": str(world.tenant.id)}

    assert rows_of(platform.get("queueing/ticket/", **own, q=ticket.number.lower())) == [ticket]
    assert rows_of(platform.get("queueing/ticket/", q=str(ticket.id))) == [ticket]
    assert rows_of(platform.get("queueing/ticket/", **own, q="ZZZ")) == []


def test_a_ticket_shows_no_token(platform: Any, make_world: Callable[..., Any]) -> None:
    ticket = make_world(words()).rows["ticket"]

    listed, opened = platform.get("queueing/ticket/"), platform.get(f"queueing/ticket/{ticket.id}/change/")

    assert opened.status_code == 200
    assert ticket.number in opened.text
    assert ticket.token not in listed.text + opened.text


def test_facts_are_filtered_by_kind_and_name_and_found_by_object_and_actor(
    platform: Any, make_world: Callable[..., Any], rokhaya: Any
) -> None:
    world = make_world(words())
    own = {"tenant__id__exact": str(world.tenant.id)}
    ticket = world.rows["ticket"]
    platform.post("tenants/tenant/", action="suspend", _selected_action=str(world.tenant.id))

    def facts(**query: str) -> list[str]:
        return [row.fact for row in rows_of(platform.get("journal/entry/", **query))]

    assert facts(**own, kind__exact="create") == ["ticket.created"]
    assert facts(**own, fact="tenant.suspended") == ["tenant.suspended"]
    assert facts(q=str(ticket.id)) == ["ticket.created"]
    assert facts(q=str(rokhaya.id)) == ["tenant.suspended"]
    assert facts(q=str(uuid4())) == []


def test_a_fact_shows_its_values_over_several_lines(platform: Any, make_world: Callable[..., Any]) -> None:
    world = make_world(words())
    platform.post("tenants/tenant/", action="suspend", _selected_action=str(world.tenant.id))
    [entry] = rows_of(platform.get("journal/entry/", fact="tenant.suspended", tenant__id__exact=str(world.tenant.id)))

    page = platform.get(f"journal/entry/{entry.id}/change/")

    assert "{\n  &quot;is_active&quot;: true\n}" in page.text
    assert "{\n  &quot;is_active&quot;: false\n}" in page.text


def test_the_list_of_customers_masks_phones(platform: Any, make_world: Callable[..., Any]) -> None:
    world = make_world(words())

    page = platform.get("customers/customer/", q="771234500", tenant__id__exact=str(world.tenant.id))

    assert rows_of(page) == [world.rows["customer"]]
    assert "+221 77 *** ** 00" in page.text
    assert "+221771234500" not in page.text


def test_tenants_are_filtered_by_plan_type_and_status(platform: Any, make_tenant: Callable[..., Any]) -> None:
    word = words()
    bank = make_tenant(f"{word} bank", plan="business", type="bank")
    closed = make_tenant(f"{word} clinic", plan="starter", type="hospital", is_active=False)

    def found(**query: str) -> list[Any]:
        return rows_of(platform.get("tenants/tenant/", q=word, **query))

    assert found() == [bank, closed]
    assert found(plan__exact="business") == [bank]
    assert found(type__exact="hospital") == [closed]
    assert found(is_active__exact="0") == [closed]
    assert rows_of(platform.get("tenants/tenant/", q=bank.slug)) == [bank]
