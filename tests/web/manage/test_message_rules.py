"""Rules of messages: read, changed, refused beside their fields."""

import pytest

from smartqueue.notifications.models import MessageRules
from smartqueue.tenants.scope import in_tenant
from tests.web.manage.ground import stored, text_of

WHOLE = {
    "kinds": ["ticket_joined", "position_reached", "your_turn", "called_again", "missed", "queue_news", "urgent"],
    "near_at": "5", "quiet_from": "20:00", "quiet_to": "07:30", "budget_xof": "5000", "cap_xof": "9000",
    "countries": "221, +223", "fold_accents": "on",
}  # fmt: skip


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/messages/rules/"


def test_who_may(address, bank, visit, awa, cheikh):
    for method in ("get", "post"):
        assert getattr(visit(None), method)(address, WHOLE)["Location"].startswith("/sign-in/")
        assert getattr(visit(cheikh), method)(address, WHOLE).status_code == 404
        assert getattr(visit(awa), method)(address, WHOLE).status_code == 403
    assert stored(bank, MessageRules) == []


def test_the_defaults_stand_there_and_a_change_is_kept(address, bank, visit, moussa):
    form = visit(moussa).get(address).context["form"]
    assert (form["near_at"].value(), form["countries"].value(), len(form["kinds"].value())) == (3, "221", 8)

    answer = visit(moussa).post(address, WHOLE)

    assert answer.status_code == 303
    (row,) = stored(bank, MessageRules)
    assert (row.kinds_off, row.near_at, row.countries) == (["thanks"], 5, ["221", "223"])
    assert (row.quiet_from.hour, row.quiet_to.minute, row.budget_xof, row.cap_xof) == (20, 30, 5000, 9000)
    visit(moussa).post(address, WHOLE | {"budget_xof": "", "fold_accents": "", "kinds": []})
    (row,) = stored(bank, MessageRules)
    assert (row.budget_xof, row.fold_accents, len(row.kinds_off)) == (None, False, 8)


def test_what_the_page_does_not_ask_for_stays_off(address, bank, visit, moussa):
    with in_tenant(bank.id):
        MessageRules.objects.create(tenant=bank, kinds_off=["appointment", "thanks"])

    visit(moussa).post(address, WHOLE | {"kinds": [*WHOLE["kinds"], "thanks"]})

    assert stored(bank, MessageRules)[0].kinds_off == ["appointment"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"near_at": "0"}, "near_at"), ({"near_at": "51"}, "near_at"), ({"quiet_from": "25:00"}, "quiet_from"),
        ({"cap_xof": "4999"}, "cap_xof"), ({"cap_xof": ""}, "cap_xof"), ({"budget_xof": "-1"}, "budget_xof"),
        ({"countries": "221, 000"}, "countries"), ({"countries": "Mali"}, "countries"),
        ({"kinds": ["pigeon"]}, "kinds"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field(address, bank, visit, moussa, wrong, field):
    answer = visit(moussa).post(address, WHOLE | wrong)

    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in text_of(answer)
    assert stored(bank, MessageRules) == []
