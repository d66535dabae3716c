"""The daily report by e-mail: who wants it, and its sending, once for each member and day."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import formatdate
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from smartqueue.forecast.queries.calibration import alarms
from smartqueue.journal.actions import add, change, record, remove
from smartqueue.journal.states import SYSTEM, Actor, AuditKind
from smartqueue.kernel.ids import uuid7
from smartqueue.reporting.models import DailyLetter, DailyWish
from smartqueue.reporting.queries.daily import DailySummary, daily_summary
from smartqueue.reporting.states import lasted
from smartqueue.tenants.errors import MemberNotFound
from smartqueue.tenants.models import Membership, Tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Scope

logger = logging.getLogger(__name__)

SENT_FROM, SENT_UNTIL = 7, 12
"""Local hours: from seven on; what could not be sent by noon is no morning letter any more."""

LEASE = timedelta(minutes=10)
MOST_LETTERS = 50
"""In one run for one tenant; the next run goes on."""

MOST_QUEUES = 20
NOTHING = "–"


def choose_daily_report(
    *, tenant_id: UUID, user_id: UUID, site_id: UUID | None, address: str, actor: Actor, at: datetime
) -> DailyWish:
    """This member wants the letter, of one site or of all. Inside the tenant's scope.

    Args:
        address: of the reports page, complete, for the letter's link.

    Raises:
        MemberNotFound: the person is no member; support is none.
    """
    with transaction.atomic():
        member = _locked_member(user_id)
        wish = DailyWish.objects.filter(member=member).first()
        if wish is None:
            wish = DailyWish(tenant_id=tenant_id, member=member, site_id=site_id, address=address)
            return add(wish, actor=actor, at=at)
        return change(wish, {"site_id": site_id, "address": address}, actor=actor, at=at)


def refuse_daily_report(*, user_id: UUID, actor: Actor, at: datetime) -> None:
    """No letter any more; nothing to do where there was none.

    Raises:
        MemberNotFound.
    """
    with transaction.atomic():
        for wish in DailyWish.objects.filter(member=_locked_member(user_id)):
            remove(wish, actor=actor, at=at)


def _locked_member(user_id: UUID) -> Membership:
    """Locked, so that two of a person's presses come one after the other."""
    member = Membership.objects.select_for_update(no_key=True).filter(user_id=user_id).first()
    if member is None:
        raise MemberNotFound
    return member


@dataclass(frozen=True)
class Due:
    """A letter that this run has leased."""

    id: UUID
    wish: DailyWish
    day: date


def send_daily_reports(*, tenant_id: UUID, at: datetime) -> int:
    """Send what is due of one tenant. Enters the scope itself.

    A letter is leased in a transaction and sent outside of it. Two runs at once never lease the same; one that dies
    before sending is followed by another when the lease is over. One that dies between sending and noting sends
    again, with the same Message-ID, by which mail programs know it.

    Returns:
        How many letters were sent.
    """
    sent = 0
    with in_tenant(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
        taken = [due for wish in _wishes(tenant, at) if (due := _leased(wish, tenant, at))][:MOST_LETTERS]
    for due in taken:
        with in_tenant(tenant_id):
            letter = _letter(due, tenant, at)
        try:
            letter.send()
        except OSError as error:  # only its kind: a mail server's words quote the address
            logger.error("a daily report of tenant %s was not sent: %s", tenant_id, type(error).__name__)
            continue
        sent += 1
        with in_tenant(tenant_id):
            _note(due, tenant, at)
    return sent


def _wishes(tenant: Tenant, at: datetime) -> list[DailyWish]:
    """Of members who may read reports, where it is morning, and whose letter has not been sent."""
    wishes = DailyWish.objects.filter(member__is_active=True, member__user__is_active=True)
    found = [
        wish
        for wish in wishes.select_related("member__user", "site").order_by("id")
        if Scope.READ_REPORTS in wish.member.scopes and SENT_FROM <= _local(wish, tenant, at).hour < SENT_UNTIL
    ]
    days = {wish.member_id: _yesterday(wish, tenant, at) for wish in found}
    done = DailyLetter.objects.filter(member_id__in=days, sent_at__isnull=False, day__in=set(days.values()))
    over = set(done.values_list("member_id", "day"))
    return [wish for wish in found if (wish.member_id, days[wish.member_id]) not in over][:MOST_LETTERS]


def _local(wish: DailyWish, tenant: Tenant, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(wish.site.time_zone if wish.site else tenant.time_zone))


def _yesterday(wish: DailyWish, tenant: Tenant, at: datetime) -> date:
    return _local(wish, tenant, at).date() - timedelta(days=1)


LEASED = """
INSERT INTO reporting_dailyletter AS l (id, tenant_id, member_id, day, leased_until)
VALUES (%(id)s, %(tenant)s, %(member)s, %(day)s, %(until)s)
ON CONFLICT (tenant_id, member_id, day) DO UPDATE SET leased_until = excluded.leased_until
WHERE l.sent_at IS NULL AND l.leased_until <= %(at)s
RETURNING l.id
"""


def _leased(wish: DailyWish, tenant: Tenant, at: datetime) -> Due | None:
    """The letter, if nobody has sent it or is sending it."""
    day = _yesterday(wish, tenant, at)
    values: dict[str, Any] = {
        "id": uuid7(),
        "tenant": tenant.id,
        "member": wish.member_id,
        "day": day,
        "until": at + LEASE,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(LEASED, values)
        row = cursor.fetchone()
    return Due(row[0], wish, day) if row else None


def _note(due: Due, tenant: Tenant, at: datetime) -> None:
    DailyLetter.objects.filter(id=due.id).update(sent_at=at)
    record(
        "daily_report.sent", kind=AuditKind.SEND, tenant_id=tenant.id, object_type="membership",
        object_id=due.wish.member_id, actor=SYSTEM, at=at, data={"day": f"{due.day}"},
    )  # fmt: skip


def _letter(due: Due, tenant: Tenant, at: datetime) -> EmailMultiAlternatives:
    """In the member's language; inside the scope."""
    user, site = due.wish.member.user, due.wish.site
    summary = daily_summary(tenant.id, due.day, site.id if site else None)
    untrue = alarms(tenant_id=tenant.id, at=at, site_id=site.id if site else None)
    with translation.override(user.language):
        where = f"{site.name}, {tenant.name}" if site else tenant.name
        title = _("{place}: {day}").format(place=where, day=date_format(due.day, "l j F"))
        told = {
            "title": title,
            "figures": _figures(summary),
            "queues": _queues(summary),
            "untrue": [one.name for one in untrue[:MOST_QUEUES]],
            "link": f"{due.wish.address}?period=yesterday" + (f"&site={site.id}" if site else ""),
            "language": user.language,
        }
        text, page = (render_to_string(f"reporting/daily.{kind}", told) for kind in ("txt", "html"))
    headers = {"Message-ID": f"<{due.id}@daily.smartqueue>", "Date": formatdate(localtime=False)}
    letter = EmailMultiAlternatives(title, text, to=[user.email], headers=headers)
    letter.attach_alternative(page, "text/html")
    return letter


def _figures(summary: DailySummary) -> list[dict[str, str]]:
    now, before = summary.waits, summary.week_before
    return [
        {"label": label, "value": words(getattr(now, name)), "before": words(getattr(before, name))}
        for label, name, words in (
            (_("Tickets"), "issued", _count),
            (_("People served"), "served", _count),
            (_("Average wait"), "wait_average_s", _lasted),
            (_("Wait of nine in ten"), "wait_p90_s", _lasted),
            (_("In target"), "in_target", _share),
        )
    ] + [{"label": _("Lost, share"), "value": _share(summary.dropoff.dropped_share), "before": NOTHING}]


def _queues(summary: DailySummary) -> list[dict[str, Any]]:
    return [
        {
            "name": part.name,
            "words": _("{tickets} tickets, average wait {wait}, in target {share}").format(
                tickets=_count(part.figures.issued), wait=_lasted(part.figures.wait_average_s),
                share=_share(part.figures.in_target),
            ),
        }
        for part in summary.queues[:MOST_QUEUES]
    ]  # fmt: skip


def _count(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


def _lasted(seconds: float | None) -> str:
    return NOTHING if seconds is None else lasted(seconds)


def _share(share: float | None) -> str:
    return NOTHING if share is None else _("{percent} %").format(percent=number_format(round(100 * share, 1)))
