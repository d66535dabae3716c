"""What providers report: twice, late, in any order, too early, and about what is not ours."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from smartqueue.journal.models import Entry
from smartqueue.notifications.actions.statuses import apply_reading, catch_up
from smartqueue.notifications.models import Integration, Notification, ProviderEvent
from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import Inbound, Reading, Report
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.notifications.routing import make_customer, messages

LATER = NINE + timedelta(seconds=9)
SENT, DELIVERED, FAILED = (
    lambda name, has_arrived=has_arrived: Report(f"{name}:{has_arrived}", name, has_arrived)
    for has_arrived in (None, True, False)
)


@pytest.fixture
def gateway(bank):
    with in_tenant(bank.id):
        return Integration.objects.create(tenant=bank, provider="twilio_sms")


@pytest.fixture
def message(bank, gateway):
    """One that was handed over under this name; '' for one that is still under way."""

    def make(name="SM1", **fields):
        status = {"status": "sent", "sent_at": NINE} if name else {"status": "pending"}
        values = {
            "tenant": bank, "cause": f"test:{uuid4()}", "kind": "urgent", "channel": "sms", "language": "fr",
            "address": "+221771234567", "body": "x", "provider": gateway.provider, "provider_id": name,
            "created_at": NINE, "due_at": NINE, "expires_at": NINE + timedelta(minutes=5),
        }  # fmt: skip
        with in_tenant(bank.id):
            return Notification.objects.create(**values | status | fields)

    return make


def hear(integration, *reports, inbound=()):
    with in_tenant(integration.tenant_id):
        return apply_reading(integration=integration, reading=Reading(reports, inbound), at=LATER)


def state(row):
    with in_tenant(row.tenant_id):
        return Notification.objects.get(id=row.id)


def facts(tenant):
    with in_tenant(tenant.id):
        return list(Entry.objects.filter(object_type="notification").order_by("id").values_list("fact", flat=True))


def test_a_delivery_is_noted_once_however_often_it_is_reported(bank, gateway, message):
    row = message()

    for _n in range(3):
        hear(gateway, DELIVERED("SM1"))

    now = state(row)
    assert (now.status, now.delivered_at, [line["status"] for line in now.history]) == (
        "delivered", LATER, ["delivered"],
    )  # fmt: skip
    assert facts(bank) == ["message.delivered"]


@pytest.mark.parametrize("order", list(permutations([SENT, DELIVERED, FAILED])))
def test_in_whatever_order_reports_come_what_was_delivered_stays_so(gateway, message, order):
    row = message()

    for report in order:
        hear(gateway, report("SM1"))

    assert (state(row).status, state(row).why_not) == ("delivered", "")


def test_a_failure_says_why_and_the_next_channel_is_tried(bank, gateway, message):
    demba = make_customer(bank, email="demba@example.sn")
    row = message(customer=demba)

    hear(gateway, Report("e", "SM1", False, "30003 unreachable", Outcome.RECIPIENT_GONE))
    hear(gateway, Report("e2", "SM1", False, "", Outcome.THEIR_TROUBLE))

    failed, second = messages(bank)
    assert (failed.id, failed.status, failed.why_not) == (row.id, "failed", "recipient_gone")
    assert failed.history == [
        {"at": LATER.isoformat(), "status": "failed", "provider": "twilio_sms", "said": "30003 unreachable"}
    ]
    assert (second.channel, second.address, second.cause, second.status) == (
        "email", "demba@example.sn", row.cause, "pending",
    )  # fmt: skip
    assert facts(bank) == ["message.failed"]


def test_after_the_last_channel_and_after_its_time_nothing_follows(bank, gateway, message):
    message("SM1", customer=make_customer(bank))
    message("SM2", customer=make_customer(bank, "+221770000001", email="a@example.sn"), expires_at=LATER)

    hear(gateway, FAILED("SM1"), FAILED("SM2"))

    assert [row.status for row in messages(bank)] == ["failed", "failed"]


def test_reports_about_unknown_names_and_about_another_tenants_have_no_effect(bank, gateway, message, cheikh):
    row = message()
    with in_tenant(cheikh.tenant.id):
        theirs = Integration.objects.create(tenant=cheikh.tenant, provider="twilio_sms")

    hear(theirs, FAILED("SM1"), Report("x", "SM1", False, notification_id=row.id))
    hear(gateway, FAILED("nobody"))

    assert state(row).status == "sent"
    assert facts(bank) == facts(cheikh.tenant) == []


def test_a_report_that_overtakes_the_answer_finds_the_message_by_our_own_name(bank, gateway, message):
    row = message("")

    hear(gateway, Report("e", "SM9", True, notification_id=row.id))

    now = state(row)
    assert (now.status, now.sent_at, now.provider_id) == ("delivered", LATER, "")
    assert [line["status"] for line in now.history] == ["sent", "delivered"]
    assert facts(bank) == ["message.sent", "message.delivered"]


def test_one_that_overtakes_it_without_our_name_is_kept_until_the_sender_knows_theirs(bank, gateway, message):
    row = message("")
    hear(gateway, DELIVERED("SM9"), SENT("SM9"))
    assert state(row).status == "pending"

    noted(row, "SM9")

    assert state(row).status == "delivered"
    with in_tenant(bank.id):
        assert not ProviderEvent.objects.filter(early__isnull=False).exists()


def noted(row, name):
    with in_tenant(row.tenant_id):
        kept = Notification.objects.select_for_update().get(id=row.id)
        kept.status, kept.sent_at, kept.provider_id = "sent", NINE, name
        kept.save()
        catch_up(notification=kept, at=LATER)


def test_the_answer_and_the_report_at_the_same_moment_do_not_miss_each_other(gateway, message):
    rows = [message("") for _n in range(12)]
    doings = []
    for n, row in enumerate(rows):
        doings += [
            lambda row=row, n=n: noted(row, f"SM{n}"),
            lambda n=n: hear(gateway, DELIVERED(f"SM{n}")) and None,
        ]

    assert [one for one in at_the_same_time(*doings) if one] == []
    assert [state(row).status for row in rows] == ["delivered"] * 12


def test_two_reports_of_one_event_at_once_have_one_effect(bank, gateway, message):
    row = message()

    at_the_same_time(*[lambda: hear(gateway, FAILED("SM1"))] * 6)

    assert state(row).status == "failed"
    assert facts(bank) == ["message.failed"]


def test_what_people_write_is_given_once(gateway):
    said = [Inbound("m1", "+221771234567", "INFO"), Inbound("m2", "+221771234567", "STOP")]

    assert hear(gateway, inbound=[*said, said[0]]) == said
    assert hear(gateway, inbound=said) == []


def test_a_name_of_any_length_is_told_apart(gateway):
    long = "x" * 900
    said = [Inbound(long + "1", "+221771234567", "a"), Inbound(long + "2", "+221771234567", "b")]

    assert hear(gateway, inbound=said) == said
    assert hear(gateway, inbound=said) == []
