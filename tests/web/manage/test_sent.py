"""Messages sent: found by ticket and phone, one with its life, and the month's money."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from smartqueue.kernel.clock import now
from smartqueue.notifications.models import MessageRules, MonthSpend
from smartqueue.tenants.scope import in_tenant
from tests.web.manage.ground import questions, text_of
from tests.web.manage.told import DEMBA, tell


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/sent/"


def spend(bank, cost, **rules):
    month = now().astimezone(ZoneInfo(bank.time_zone)).date().replace(day=1)
    with in_tenant(bank.id):
        MonthSpend.objects.create(tenant=bank, month=month, messages=3, parts=4, cost_xof=cost)
        MonthSpend.objects.create(tenant=bank, month=month - timedelta(days=1), messages=9, cost_xof=99_999)
        if rules:
            MessageRules.objects.create(tenant=bank, **rules)


def test_who_may(address, bank, visit, moussa, awa, binta, cheikh):
    row = tell(bank)
    for path in (address, f"{address}{row.id}/"):
        assert visit(None).get(path)["Location"].startswith("/sign-in/")
        assert visit(cheikh).get(path).status_code == 404
        assert visit(binta).get(path).status_code == 403
        assert visit(awa).get(path).status_code == visit(moussa).get(path).status_code == 200
    theirs = f"/{cheikh.tenant.slug}/manage/sent/"
    assert visit(cheikh).get(f"{theirs}{row.id}/").status_code == 404
    assert list(visit(cheikh).get(theirs).context["rows"]) == []


def test_addresses_are_masked(address, bank, visit, awa):
    row = tell(bank)
    mail = tell(bank, channel="email", address="demba@exemple.sn")
    push = tell(bank, channel="push", address='{"endpoint":"https://push.example/secret"}')
    gone = tell(bank, address="", body="")

    page = text_of(visit(awa).get(address))
    told = [text_of(visit(awa).get(f"{address}{one.id}/")) for one in (row, mail, push, gone)]

    for said in (page, *told):
        assert DEMBA not in said
        assert "demba@" not in said
        assert "push.example" not in said
    assert "+221 77 *** ** 21" in page
    assert "d…@exemple.sn" in page
    assert "The words are erased." in told[3]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "{number}"}, ["ticket"]), ({"q": "+221 77 *** ** 21"}, ["phone"]), ({"q": "771234521"}, ["phone"]),
        ({"q": "exemple.sn"}, []), ({"q": "@exemple"}, ["mail"]), ({"channel": "email"}, ["mail"]),
        ({"kind": "missed"}, ["ticket"]), ({"status": "failed"}, ["phone"]), ({"q": "((("}, []), ({"q": "%"}, []),
        ({"since": "{tomorrow}"}, []), ({"until": "{yesterday}"}, ["old"]),
        ({"since": "{yesterday}"}, ["mail", "phone", "ticket"]),
    ],
)  # fmt: skip
def test_what_is_found(address, bank, visit, awa, take, ticket, asked, found):
    mine = ticket(take())
    tell(bank, body="old", address="+221780000001", at=now() - timedelta(days=3))
    tell(bank, body="ticket", ticket=mine, kind="missed", address="+221780000000")
    tell(bank, body="phone", status="failed", why_not="expired")
    tell(bank, body="mail", channel="email", address="demba@exemple.sn")
    day = now().astimezone(ZoneInfo(bank.time_zone)).date()
    words = {
        "number": mine.number, "tomorrow": day + timedelta(days=1), "yesterday": day - timedelta(days=1)
    }  # fmt: skip

    shown = visit(awa).get(address, {name: value.format(**words) for name, value in asked.items()}).context["rows"]

    assert [row.body for row in shown] == found


def test_one_message_tells_its_life(address, bank, visit, awa):
    at = now()
    history = [
        {"at": at.isoformat(), "what": "reserved", "parts": 2, "xof": 40},
        {"at": at.isoformat(), "status": "retry", "provider": "twilio_sms", "outcome": "busy", "said": "20429"},
        {"at": at.isoformat(), "status": "failed", "why_not": "given_up"},
        {"at": "", "status": "something new", "outcome": "42"},
    ]  # fmt: skip
    row = tell(bank, status="failed", why_not="given_up", history=history, tries=2, parts=2, is_simulated=False,
               provider="twilio_sms", provider_id="SM42")  # fmt: skip

    page = text_of(visit(awa).get(f"{address}{row.id}/"))

    for words in ("Every try failed.", "The provider is busy and asks to try again later.", "20429", "SM42",
                  "SMS by Twilio", "Price reserved", "something new"):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("cost", "rules", "level"),
    [
        (0, {}, ""), (79_999, {}, ""), (80_000, {}, "warn"), (100_000, {}, "late"),
        (500, {"budget_xof": 500, "cap_xof": 1_000}, "warn"), (499, {"budget_xof": 500, "cap_xof": 1_000}, ""),
        (0, {"cap_xof": 0}, "late"),
    ],
)  # fmt: skip
def test_the_months_money(address, bank, visit, awa, cost, rules, level):
    spend(bank, cost, **rules)

    shown = visit(awa).get(address).context["spend"]

    assert (shown["level"], shown["spend"].cost_xof, shown["spend"].messages) == (level, cost, 3)


def test_a_manager_finds_the_list_and_an_administrator_the_tabs(address, bank, visit, awa, moussa):
    assert "manage-sent" in {one.name for group in visit(awa).get(address).context["groups"] for one in group.sections}
    assert visit(awa).get(address).context["tabs"] == []
    labels = [str(one["label"]) for one in visit(moussa).get(address).context["tabs"]]
    assert labels == ["Wordings", "Sent", "Rules", "Outbox", "Integrations"]
    for one in visit(moussa).get(address).context["tabs"]:
        answer = visit(moussa).get(one["address"])
        assert [tab["label"] for tab in answer.context["tabs"] if tab["is_here"]] == [one["label"]]


def test_it_asks_the_same_for_one_message_and_for_three(address, bank, visit, awa, take, ticket):
    tell(bank, ticket=ticket(take()))
    one = questions(visit(awa), address)
    for _person in range(2):
        tell(bank, ticket=ticket(take()))

    assert one == questions(visit(awa), address) == 12
