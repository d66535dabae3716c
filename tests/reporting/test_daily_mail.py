"""The letter of each morning: at seven on the site's clock, once for each member and day, in the member's language."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import override_settings

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.forecast.promises import promises

__all__ = ["promises"]

SEVEN = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
"""The morning after NINE; Dakar is at UTC."""


@pytest.fixture(autouse=True)
def letters():
    """What is sent, in this process."""
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


@pytest.fixture
def wish(bank, awa):
    """`wish(person=awa, site=None)`: this member wants the letter."""
    from smartqueue.reporting.actions.letters import choose_daily_report

    def make(person=awa, site=None):
        with in_tenant(bank.id):
            return choose_daily_report(
                tenant_id=bank.id, user_id=person.user.id, site_id=site.id if site else None,
                address=f"https://queue.example/{bank.slug}/manage/reports/", actor=person.actor, at=NINE,
            )  # fmt: skip

    return make


@pytest.fixture
def send(bank):
    """`send(at)`: one run of the task for the bank; returns how many letters were sent."""
    from smartqueue.reporting.actions.letters import send_daily_reports

    return lambda at=SEVEN: send_daily_reports(tenant_id=bank.id, at=at)


def facts(bank):
    from smartqueue.journal.models import Entry

    with in_tenant(bank.id):
        return [
            (one.fact, one.data) for one in Entry.objects.filter(fact__startswith="daily").order_by("id")
        ]  # fmt: skip


def test_yesterdays_figures_in_the_members_language(bank, awa, wish, send, letters, take):
    from smartqueue.reporting.actions import calculate_queue_metrics

    for at in (NINE, NINE, NINE - timedelta(days=7)):
        take(at=at)
    calculate_queue_metrics(at=SEVEN)
    awa.user.language = "en"
    awa.user.save()
    wish()

    assert send() == 1

    (letter,) = letters
    ((page, kind),) = letter.alternatives
    assert letter.to == [awa.user.email]
    assert letter.subject == f"{bank.name}: Monday 2 March"
    assert "Tickets: 2 (1)" in letter.body
    assert "Average wait: – (–)" in letter.body
    assert "- Guichets: 2 tickets, average wait –, in target –" in letter.body
    assert f"https://queue.example/{bank.slug}/manage/reports/?period=yesterday" in letter.body
    assert kind == "text/html"
    assert f'<a href="https://queue.example/{bank.slug}/manage/reports/?period=yesterday">' in page
    assert facts(bank)[-1] == ("daily_report.sent", {"day": "2026-03-02"})


def test_of_one_site_only(bank, site, wish, send, letters, take):
    wish(site=site)
    send()

    assert letters[0].subject.startswith(f"{site.name}, {bank.name}")
    assert f"&site={site.id}" in letters[0].body


def test_once_for_each_day_however_often_the_task_runs(wish, send, letters):
    wish()

    sent = [send(SEVEN + timedelta(minutes=minutes)) for minutes in (0, 5, 60, 24 * 60, 24 * 60 + 5)]

    assert sent == [1, 0, 0, 1, 0]


def test_two_runs_at_once_send_one_letter(bank, wish, send, letters):
    wish()

    assert sorted(at_the_same_time(*[send] * 4)) == [0, 0, 0, 1]
    assert len(letters) == 1


def test_who_comes_while_a_letter_is_on_its_way_sends_no_second(wish, send, letters, monkeypatch):
    from django.core.mail.backends.locmem import EmailBackend

    really, meanwhile = EmailBackend.send_messages, []

    def send_slowly(self, messages):
        meanwhile.append(send(SEVEN + timedelta(minutes=5)))
        return really(self, messages)

    wish()
    monkeypatch.setattr(EmailBackend, "send_messages", send_slowly)

    assert send() == 1
    assert meanwhile == [0]
    assert len(letters) == 1


def test_a_run_that_dies_is_followed_by_another_with_the_same_message_id(wish, send, letters, monkeypatch):
    from django.core.mail.backends.locmem import EmailBackend

    def die(self, messages):
        raise ConnectionRefusedError

    wish()
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", die)
        assert send() == 0
    assert send(SEVEN + timedelta(minutes=5)) == 0  # still leased

    assert send(SEVEN + timedelta(minutes=10)) == 1
    assert letters[0].extra_headers["Message-ID"].endswith("@daily.smartqueue>")


@pytest.mark.parametrize(("at", "sent"), [("06:59", 0), ("07:00", 1), ("11:59", 1), ("12:00", 0)])
def test_in_the_morning_and_not_before(wish, send, letters, at, sent):
    wish()

    assert send(datetime.fromisoformat(f"2026-03-03T{at}+00:00")) == sent


def test_the_morning_is_that_of_the_site(bank, site, wish, send, letters):
    with in_tenant(bank.id):
        site.time_zone = "Asia/Tokyo"
        site.save()
    wish(site=site)

    assert send(SEVEN) == 0
    assert send(datetime(2026, 3, 2, 22, 0, tzinfo=UTC)) == 1
    assert facts(bank)[-1][1] == {"day": "2026-03-02"}


def test_who_may_not_read_reports_any_more_gets_none(bank, awa, moussa, binta, wish, send, letters):
    for person in (awa, moussa, binta):
        wish(person)
    awa.membership.is_active = False
    moussa.user.is_active = False
    with in_tenant(bank.id):
        awa.membership.save()
    moussa.user.save()

    assert send() == 0


def test_a_choice_is_changed_and_taken_back(bank, awa, site, wish, send, letters):
    from smartqueue.reporting.actions.letters import refuse_daily_report
    from smartqueue.reporting.queries.letters import daily_wish

    wish()
    wish(site=site)
    with in_tenant(bank.id):
        assert daily_wish(awa.user.id).site_id == site.id
        refuse_daily_report(user_id=awa.user.id, actor=awa.actor, at=NINE)
        refuse_daily_report(user_id=awa.user.id, actor=awa.actor, at=NINE)
        assert daily_wish(awa.user.id) is None

    assert send() == 0
    assert [fact for fact, _data in facts(bank)] == ["dailywish.created", "dailywish.updated", "dailywish.deleted"]


def test_two_presses_at_once_are_one_choice(bank, wish):
    from smartqueue.reporting.models import DailyWish

    chosen = at_the_same_time(*[wish] * 4)

    assert [type(one) for one in chosen] == [DailyWish] * 4
    with in_tenant(bank.id):
        assert DailyWish.objects.count() == 1


def test_nobody_outside_has_a_choice_here(bank, cheikh, wish):
    from smartqueue.tenants.errors import MemberNotFound

    with pytest.raises(MemberNotFound):
        wish(cheikh)


def test_promises_that_were_not_kept_are_told_of_the_letters_own_site(
    bank, awa, wish, send, letters, tellers, promises
):
    from smartqueue.sites.models import Site

    awa.user.language = "en"
    awa.user.save()
    promises(tellers, 49, asked_at=NINE - timedelta(days=1), wait_s=1500, p90_s=900)
    wish()
    send()
    promises(tellers, 1, asked_at=NINE - timedelta(days=1), wait_s=1500, p90_s=900)
    send(at=SEVEN + timedelta(days=1))
    with in_tenant(bank.id):
        wish(site=Site.objects.create(tenant=bank, name="Ailleurs", code="AIL1"))
    send(at=SEVEN + timedelta(days=2))

    told = "cannot be trusted now in these queues: Guichets"
    assert [told in letter.body for letter in letters] == [False, True, False]
    assert "Guichets</strong></p>" in letters[1].alternatives[0][0]
