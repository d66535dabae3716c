"""Reading what people said: one visit that may be rated, lists for the inbox, and the sums above them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from smartqueue.feedback.errors import AlreadyAnswered, FeedbackNotFound, TooLate, VisitNotOver
from smartqueue.feedback.models import Feedback
from smartqueue.feedback.states import ENDED, OPEN_FOR, PASSIVE_FROM, PROMOTER_FROM, NpsCategory
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.models import Agent, Ticket
from smartqueue.queueing.states import TicketState
from smartqueue.sites.models import Site
from smartqueue.tenants.models import Tenant

LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Visit:
    """A ticket as the page that asks for an answer needs it.

    Attributes:
        answered: the rating that was given already, with `answered_at`; None where there is none.
    """

    ticket_id: UUID
    tenant: Tenant
    number: str
    service: str
    site: str
    time_zone: str
    status: str
    ended_at: datetime | None
    answered: int | None
    answered_at: datetime | None

    @property
    def was_served(self) -> bool:
        return self.status == TicketState.CLOSED


def visit_of_token(token: str) -> Visit:
    """The visit that this token opens; in its tenant's scope. One query.

    Raises:
        TicketNotFound: it opens none here, or the tenant is not active.
    """
    given = Feedback.objects.filter(ticket_id=OuterRef("id"))
    tickets = Ticket.objects.select_related("tenant", "queue__site", "service").filter(token=token)
    found = tickets.annotate(
        answered=Subquery(given.values("csat")), answered_at=Subquery(given.values("created_at"))
    ).first()
    if found is None or not found.tenant.is_active:
        raise TicketNotFound
    site = found.queue.site
    return Visit(
        found.id, found.tenant, found.number, found.service.name, site.name, site.time_zone, found.status,
        found.ended_at, found.answered, found.answered_at,
    )  # fmt: skip


def refusal_to_ask(visit: Visit, *, at: datetime) -> RuleBroken | None:
    """Why this visit may not be rated at `at`; None where it may."""
    if visit.answered is not None:
        return AlreadyAnswered()
    return refusal_of(status=visit.status, ended_at=visit.ended_at, at=at)


def refusal_of(*, status: str, ended_at: datetime | None, at: datetime) -> RuleBroken | None:
    """Why no answer about a ticket in this state is taken: its visit goes on, or is long over."""
    if status not in ENDED or ended_at is None:
        return VisitNotOver()
    return TooLate() if at - ended_at > OPEN_FOR else None


def all_feedback() -> QuerySet[Feedback]:
    """Every answer of the tenant in scope, with the number of its ticket."""
    return Feedback.objects.select_related("ticket")


def feedback_with_names() -> QuerySet[Feedback]:
    """… with site, service, agent and queue as well, for people's eyes; one query for a page of them."""
    return all_feedback().select_related("queue", "site", "service", "agent").defer("ticket__call_reason")


def feedback_or_refuse(feedback_id: UUID, *, locked: bool = False) -> Feedback:
    """One answer of the tenant in scope.

    Args:
        locked: until the transaction ends.

    Raises:
        FeedbackNotFound: there is none, or it is another tenant's.
    """
    rows = Feedback.objects.select_for_update() if locked else feedback_with_names()
    found = rows.filter(id=feedback_id).first()
    if found is None:
        raise FeedbackNotFound
    return found


def feedback_in_order(ids: Iterable[UUID]) -> QuerySet[Feedback]:
    """Those of these answers that exist, locked; always in one order, so that two who lock some never block."""
    return Feedback.objects.filter(id__in=list(ids)).order_by("id").select_for_update()


def search_feedback(text: str) -> QuerySet[Feedback]:
    """Answers with these words in their comment, or about the ticket of this number; all for ''.

    Names come in a query for each kind: joined, PostgreSQL would look them up for all rows that it orders or passes
    over, not for the page that is shown.
    """
    rows = Feedback.objects.prefetch_related("ticket", "site", "service", "agent")
    return rows.filter(Q(comment__icontains=text) | Q(ticket__number__iexact=text.strip())) if text else rows


def sites_to_choose() -> list[tuple[UUID, str]]:
    return list(Site.objects.order_by("name", "id").values_list("id", "name"))


def agents_to_choose() -> list[tuple[UUID, str]]:
    return list(Agent.objects.order_by("name", "id").values_list("id", "name"))


def phone_behind(ticket_id: UUID) -> str:
    """The customer's phone, for who may read customers; '' where the ticket has none."""
    return Ticket.objects.filter(id=ticket_id).values_list("customer__phone", flat=True).first() or ""


def of_category(category: str) -> Q:
    """Which answers belong to one of the three groups of the recommendation question."""
    return {
        NpsCategory.PROMOTER: Q(nps__gte=PROMOTER_FROM),
        NpsCategory.PASSIVE: Q(nps__gte=PASSIVE_FROM, nps__lt=PROMOTER_FROM),
        NpsCategory.DETRACTOR: Q(nps__lt=PASSIVE_FROM),
    }[NpsCategory(category)]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said lately.

    Attributes:
        answers: all of them; `csat` their average from 1 to 5, None without any.
        promoters, passives, detractors: of those who answered the recommendation question.
        tickets: numbers given to people in the same days.
        to_do: answers that nobody has dealt with, however old.
    """

    answers: int
    csat: float | None
    promoters: int
    passives: int
    detractors: int
    tickets: int
    to_do: int

    @property
    def nps(self) -> int | None:
        """Promoters minus detractors, in percent of all three groups: from -100 to 100."""
        asked = self.promoters + self.passives + self.detractors
        return round(100 * (self.promoters - self.detractors) / asked) if asked else None

    @property
    def answer_percent(self) -> int | None:
        """Answers for 100 tickets; an answer may come days later, so a quiet month could be told more than all."""
        return min(100, round(100 * self.answers / self.tickets)) if self.tickets else None


# Tickets are counted by their numbers, as 100,000 rows take 150 ms: the day's last number, without those of a kiosk's
# block that nobody took.
SUMMARY = """
SELECT said.*, given.numbers - unused.numbers, (SELECT count(*) FROM feedback_feedback WHERE state <> 'done')
FROM (
    SELECT count(*), avg(csat)::float8,
        count(*) FILTER (WHERE nps >= %(promoter)s),
        count(*) FILTER (WHERE nps >= %(passive)s AND nps < %(promoter)s),
        count(*) FILTER (WHERE nps < %(passive)s)
    FROM feedback_feedback WHERE created_at >= %(since)s AND created_at <= %(at)s
) said, (
    SELECT coalesce(sum(d.last_sequence), 0) AS numbers
    FROM queueing_queue q JOIN queueing_daycounter d ON d.queue_id = q.id AND d.day >= %(since)s::date
) given, (
    SELECT coalesce(sum(last - first + 1 - issued), 0) AS numbers
    FROM queueing_numberblock WHERE day >= %(since)s::date
) unused
"""


def summary(*, at: datetime) -> Summary:
    """The last 30 days of the tenant in scope. One query."""
    values: dict[str, Any] = {"promoter": PROMOTER_FROM, "passive": PASSIVE_FROM, "since": at - LATELY, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY, values)
        return Summary(*cursor.fetchall()[0])
