"""Divisions and holidays: for everyone, without sign-in."""

import pytest


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("parent=SN-DK", ["Dakar", "Guédiawaye", "Keur Massar", "Pikine", "Rufisque"]),
        ("parent=SN-DK&level=commune", []),
    ],
)
def test_divisions_are_listed_below_their_parent(api, query, names):
    answer = api().get(f"divisions/?{query}")

    assert [division["name"] for division in answer.json()["results"]] == names


def test_a_division_says_where_it_is(api):
    first = api().get("divisions/?level=region&limit=1").json()["results"][0]

    assert first == {
        "code": "SN-DB",
        "level": "region",
        "name": "Diourbel",
        "parent": None,
        "latitude": 14.64792,
        "longitude": -16.24363,
    }


def test_all_communes_come_page_by_page(api):
    path, seen = "divisions/?level=commune&limit=200", []

    for _page in range(3):
        page = api().get(path).json()
        seen += [division["code"] for division in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]

    assert (len(set(seen)), path) == (553, "")


def test_the_holidays_of_a_year_are_listed_in_order(api):
    holidays = api().get("holidays/?country=SN&year=2026").json()["results"]

    assert len(holidays) == 14
    assert holidays[1] == {
        "country": "SN",
        "date": "2026-03-20",
        "name_fr": "Journée de la Korité",
        "name_en": "Eid al-Fitr",
        "provisional": True,
    }


def test_a_bad_sign_in_does_not_matter(api):
    assert api().get("holidays/", headers={"Authorization": "Bearer nonsense"}).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["divisions/?level=village", "divisions/?x=1", "holidays/?year=soon", "holidays/?year=0", "holidays/?year="],
)
def test_a_parameter_that_cannot_be_is_refused(api, query):
    assert api().get(query).status_code == 400
