"""What is forgotten, and what stays."""

from datetime import timedelta
from uuid import uuid4

from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.notifications.models import Conversation, Notification, ProviderEvent, PushSubscription
from smartqueue.notifications.tasks import cleanup_old_notifications
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.tenants.scope import in_tenant
from tests.notifications.routing import messages


def message(tenant, age_days, **fields):
    at = now() - timedelta(days=age_days)
    with in_tenant(tenant.id):
        return Notification.objects.create(**{
            "tenant": tenant, "cause": f"test:{uuid4()}", "kind": "urgent", "channel": "sms", "language": "fr",
            "address": "+221771234567", "subject": "s", "body": "x", "link": "l", "values": {"news": "x"},
            "status": "delivered", "sent_at": at, "provider": "twilio_sms", "provider_id": "SM1", "cost_xof": 25,
            "history": [{"at": at.isoformat(), "status": "sent", "said": "+221771234567"}],
            "created_at": at, "due_at": at, "expires_at": at,
        } | fields)  # fmt: skip


def test_words_and_addresses_go_after_a_week_and_the_message_after_the_retention(make_tenant):
    bank, strict = make_tenant(retention_days=30), make_tenant(retention_days=10)
    for tenant in (bank, strict):
        for age in (1, 6, 8, 12, 31):
            message(tenant, age)

    cleanup_old_notifications()

    assert [bool(row.address) for row in messages(bank)] == [True, True, False, False]
    assert [bool(row.address) for row in messages(strict)] == [True, True, False]
    erased = messages(bank)[-1]
    assert (erased.subject, erased.body, erased.link, erased.values, erased.provider_id) == ("", "", "", {}, "")
    assert [sorted(line) for line in erased.history] == [["at", "status"]]
    assert (erased.status, erased.cost_xof, erased.provider) == ("delivered", 25, "twilio_sms")
    kept = messages(bank)[0]
    assert (kept.body, kept.history[0]["said"]) == ("x", "+221771234567")


def test_what_waits_to_be_sent_keeps_its_words(bank):
    message(bank, 8, status="pending", sent_at=None)

    cleanup_old_notifications()

    assert [row.body for row in messages(bank)] == ["x"]


def test_days_can_be_given_and_it_can_run_twice(bank):
    message(bank, 2)
    message(bank, 4)

    cleanup_old_notifications(days=3)
    cleanup_old_notifications(days=3)

    assert len(messages(bank)) == 1


def test_more_than_a_batch_goes_batch_by_batch(bank, monkeypatch):
    monkeypatch.setattr("smartqueue.notifications.actions.cleaning.BATCH", 2)
    monkeypatch.setattr("smartqueue.notifications.tasks.BATCH", 2)
    for age in (8, 9, 10, 11, 12, 40, 41, 42, 43, 44):
        message(bank, age)

    cleanup_old_notifications()

    assert [row.address for row in messages(bank)] == [""] * 5


def test_traces_of_talks_reports_and_browsers_go_in_their_time(bank, take):
    live, ended = take(at=now()), take(at=now())
    with in_tenant(bank.id):
        cancel_ticket(ticket_id=ended, agent_id=None, reason="", actor=SYSTEM, at=now() + timedelta(seconds=1))
        for name, days in (("old", 2), ("new", 0)):
            at = now() - timedelta(days=days)
            Conversation.objects.create(
                tenant=bank, channel="ussd", address="+221771234567", session=name, started_at=at, touched_at=at
            )
        for name, days in (("old", 31), ("new", 29)):
            ProviderEvent.objects.create(
                tenant=bank, provider="twilio_sms", event_id=name, at=now() - timedelta(days=days)
            )
        for ticket_id in (live, ended):
            PushSubscription.objects.create(
                tenant=bank, endpoint="https://push.example/1", provider="webpush", ticket_id=ticket_id,
                created_at=now(),
            )  # fmt: skip

    cleanup_old_notifications()
    with in_tenant(bank.id):
        assert [one.session for one in Conversation.objects.all()] == ["new"]
        assert [one.event_id for one in ProviderEvent.objects.all()] == ["new"]
        assert {one.ticket_id for one in PushSubscription.objects.all()} == {live, ended}, "ended only a moment ago"
        from smartqueue.notifications.actions.cleaning import delete_traces

        delete_traces(tenant_id=bank.id, at=now() + timedelta(days=1, minutes=1))
        assert {one.ticket_id for one in PushSubscription.objects.all()} == {live}
