"""Pages about messages as people meet them: full lists, the narrow phone, and an outbox that fills while it is open."""

from datetime import timedelta

import pytest

from smartqueue.kernel.clock import now
from smartqueue.notifications.models import Integration, MessageRules, MonthSpend
from smartqueue.tenants.scope import in_tenant
from tests.web.manage.ground import make
from tests.web.manage.test_first_ticket import CALM, faults, picture, press, walk
from tests.web.manage.told import DEMBA, tell
from tests.web.shared.browser import DESK, PHONE

__all__ = ["picture", "walk"]

LONG = (
    "Bonjour Demba, votre tour approche à l'agence Plateau : 3 personnes devant vous. https://sq.example/t/Zk3vN8qLr2"
)


@pytest.fixture
def busy(bank, take, ticket):
    """A month of messages on every channel, two accounts of which one fails, and a budget nearly used."""
    mine = ticket(take(at=now()))
    month = now().date().replace(day=1)
    make(bank, MonthSpend, {"month": month, "messages": 212, "parts": 298, "cost_xof": 46_300})
    make(bank, MessageRules, {"budget_xof": 40_000, "cap_xof": 50_000})
    make(
        bank, Integration,
        {"provider": "twilio_sms", "settings": {"account_sid": "AC1"}, "price_xof": 25, "failures": 6,
         "broken_until": now() + timedelta(minutes=4)},
        {"provider": "orange_sms", "rank": 2, "price_xof": 18, "last_test_result": "ok"},
        {"provider": "smtp", "last_test_result": "refused_login", "settings": {"host": "mail.example.sn", "port": 587}},
    )  # fmt: skip
    ways = [("sms", DEMBA), ("whatsapp", "+221781234567"), ("email", "demba.fall.de.la.mediina@exemple-long.sn"),
            ("push", '{"endpoint":"https://push.example/x"}')]  # fmt: skip
    states = [("delivered", ""), ("sent", ""), ("failed", "over_cap"), ("pending", ""), ("failed", "recipient_gone")]
    for n in range(200):
        channel, to = ways[n % 4]
        status, why = states[n % 5]
        tell(
            bank, channel=channel, address=to, status=status, why_not=why, subject="Votre tour approche", body=LONG,
            is_simulated=n % 3 == 0, cost_xof=25, ticket=mine, language=("fr", "wo", "en")[n % 3], link="/t/x",
            kind=("your_turn", "position_reached", "thanks")[n % 3], at=now() - timedelta(minutes=200 - n),
        )  # fmt: skip
    history = [
        {"at": now().isoformat(), "what": "reserved", "parts": 1, "xof": 25},
        {"at": now().isoformat(), "status": "retry", "provider": "twilio_sms", "outcome": "busy", "said": "20429"},
        {"at": now().isoformat(), "status": "sent", "provider": "orange_sms"},
    ]
    return tell(bank, history=history, status="sent", is_simulated=False, provider="orange_sms", tries=2, cost_xof=18)


@pytest.mark.parametrize(
    ("viewport", "language", "scheme"), [(DESK, "fr", "light"), (PHONE, "wo", "dark")], ids=["desk", "phone"]
)
def test_pages_of_messages_are_calm(walk, picture, bank, tellers, moussa, busy, viewport, language, scheme):
    page = walk(f"/{bank.slug}/manage/integrations/", moussa, language=language, viewport=viewport, color_scheme=scheme)
    size = "phone" if viewport == PHONE else "desk"
    origin = page.url.partition(f"/{bank.slug}/")[0]
    for path in ("integrations/", "integrations/twilio_sms/", "integrations/http_sms/", "messages/", "messages/rules/",
                 "outbox/", "sent/", f"sent/{busy.id}/", f"dashboard/queues/{tellers.id}/announce/"):  # fmt: skip
        page.goto(f"{origin}/{bank.slug}/manage/{path}")
        name = path.replace(str(busy.id), "one").replace(str(tellers.id), "one").strip("/").replace("/", "-")
        picture(page, f"messages-{name}-{size}-{language}", full=not name.startswith("outbox"))
        assert (path, faults(page)) == (path, CALM)


def test_an_outbox_fills_while_somebody_looks_and_a_line_is_told(walk, picture, bank, tellers, take, moussa):
    from smartqueue.customers.models import Customer

    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, phone=DEMBA)
        MessageRules.objects.create(tenant=bank, quiet_from="00:00", quiet_to="00:00")
    take(at=now(), customer_id=demba.id)
    page = walk(f"/{bank.slug}/manage/outbox/", moussa)
    page.get_by_text("No message yet").wait_for()
    picture(page, "messages-outbox-0-desk-en")
    assert faults(page) == CALM

    tell(bank, body="Votre tour : Guichet 3. https://sq.example/t/abc")
    page.get_by_text("Guichet 3").wait_for()
    assert page.get_by_role("link", name="https://sq.example/t/abc").count() == 1
    picture(page, "messages-outbox-1-desk-en")

    page.goto(f"{page.url.partition('outbox/')[0]}dashboard/queues/{tellers.id}/")
    page.get_by_role("link", name="Tell everybody in this line").click()
    page.get_by_label("What you announce").fill("Le guichet 3 ouvre à 15 heures.")
    press(page, "See who is told")
    page.get_by_role("button", name="Send to 1 person").wait_for()
    picture(page, "messages-announce-sure-desk-en")
    assert faults(page) == CALM
    press(page, "Send to 1 person")
    page.get_by_text("1 person is told.").wait_for()
