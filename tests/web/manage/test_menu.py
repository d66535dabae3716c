"""The sidebar: each member sees what opens to them, and every line of it leads somewhere."""

import pytest

from smartqueue.web.manage.menu import MENU

ALL = [section.name for group in MENU for section in group.sections]


@pytest.fixture
def sections(bank, visit):
    """`sections(person, path)`: the sidebar's groups on a page, each with the names of its lines."""

    def find(person, path):
        groups = visit(person).get(f"/{bank.slug}/manage/{path}").context["groups"]
        return [[section.name for section in group.sections] for group in groups]

    return find


def test_an_administrator_sees_every_line_and_each_answers(bank, visit, moussa, sections):
    from django.urls import reverse

    assert [name for group in sections(moussa, "sites/") for name in group] == ALL
    client = visit(moussa)
    assert {name: client.get(reverse(name, args=(bank.slug,))).status_code for name in ALL} == dict.fromkeys(ALL, 200)


def test_a_manager_sees_no_group_that_has_nothing_for_them(awa, sections):
    shown = sections(awa, "dashboard/")

    assert [] not in shown
    assert len(shown) < len(MENU)
    assert "manage-organisation" not in {name for group in shown for name in group}


def test_a_list_in_which_nothing_is_found_says_so_right_below_its_title(bank, visit, moussa, site):
    page = visit(moussa).get(f"/{bank.slug}/manage/sites/", {"q": "zzzzzz"}).content.decode()

    assert "<h2>Nothing found</h2>" in page
    assert "<h3" not in page
