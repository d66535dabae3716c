"""What every organisation used in a month, against its quotas; over-quota first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, gettext_lazy

from smartqueue.billing.models import MonthUsage
from smartqueue.billing.queries import month_of, usage_in
from smartqueue.billing.states import Use, uses
from smartqueue.journal.actions.platform import record_by_staff
from smartqueue.journal.states import AuditKind
from smartqueue.web.platform.forms import UsageFilters
from smartqueue.web.platform.pages import PlatformPage
from smartqueue.web.shared.office import Column, ListPage
from smartqueue.web.shared.sheets import as_download, csv_lines


@dataclass(frozen=True)
class Line:
    """One organisation's month and each of its quotas."""

    row: MonthUsage
    uses: list[Use]


class Usage(PlatformPage, ListPage):
    """`/platform/usage/`."""

    section = "platform-usage"
    template = "platform/usage.html"
    filters = UsageFilters
    sorts = {
        "share": ("-share", "tenant__name", "id"), "name": ("tenant__name", "id"),
        "tickets": ("-tickets", "tenant__name", "id"), "messages": ("-messages", "tenant__name", "id"),
        "overage": ("-overage_xof", "tenant__name", "id"),
    }  # fmt: skip
    columns = (
        Column("name", gettext_lazy("Organisation")), Column("share", gettext_lazy("Of the quota")),
        Column("tickets", gettext_lazy("Tickets"), right=True),
        Column("messages", gettext_lazy("Messages"), right=True), Column("", gettext_lazy("Sites"), right=True),
        Column("", gettext_lazy("Agents"), right=True),
        Column("overage", gettext_lazy("Beyond the quota"), right=True),
    )  # fmt: skip

    def rows(self, wanted: dict[str, Any]) -> QuerySet[MonthUsage]:
        rows = usage_in(self.month(wanted))
        if words := wanted.get("q"):
            rows = rows.filter(Q(tenant__name__icontains=words) | Q(tenant__slug__icontains=words))
        if plan := wanted.get("plan"):
            rows = rows.filter(plan=plan)
        return rows.filter(share__gt=1) if wanted.get("over") else rows

    def month(self, wanted: dict[str, Any]) -> date:
        return date.fromisoformat(f"{wanted['month']}-01") if wanted.get("month") else month_of(self.at)

    def about(self, rows: Any) -> dict[str, Any]:
        rows.object_list = [Line(row, uses(row.agreed, row.counts)) for row in rows.object_list]
        return {"month": self.month(UsageFilters(self.request.GET).wanted)}


class UsageCsv(Usage):
    """`/platform/usage.csv`: the same rows, all of them."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = UsageFilters(request.GET).wanted
        month = self.month(wanted)
        with self.scope():
            rows = list(self.rows(wanted).order_by(*self.sorts["share"]))
            record_by_staff(
                "usage.exported", kind=AuditKind.EXPORT, tenant_id=None, object_type="usage", object_id=None,
                actor=self.actor, at=self.at, data={"month": f"{month:%Y-%m}", "rows": len(rows)},
            )  # fmt: skip
        lines = csv_lines(as_rows(rows), get_language() == "en")
        answer = HttpResponse(b"".join(lines), content_type="text/csv; charset=utf-8")
        return as_download(answer, f"smartqueue-usage-{month:%Y-%m}.csv")


def as_rows(rows: list[MonthUsage]) -> Iterator[Sequence[Any]]:
    """The head, and one line for each organisation."""
    yield (
        gettext("Organisation"), gettext("Address"), gettext("Month"), gettext("Plan"), gettext("Tickets"),
        gettext("Tickets in the plan"), gettext("Messages"), gettext("Messages in the plan"), gettext("Sites"),
        gettext("Agents"), gettext("Price of the plan, F CFA"), gettext("Beyond the quota, F CFA"),
        gettext("Total, F CFA"),
    )  # fmt: skip
    for row in rows:
        terms = row.agreed
        yield (
            row.tenant.name, row.tenant.slug, f"{row.month:%Y-%m}", row.plan_id, row.tickets,
            _or_empty(terms.tickets), row.messages, _or_empty(terms.messages), row.sites, row.agents,
            terms.price_xof, row.overage_xof, row.total_xof,
        )  # fmt: skip


def _or_empty(limit: int | None) -> int | str:
    return "" if limit is None else limit
