"""Reports over HTTP: one question, nine answers. Seconds, shares from 0 to 1, null where nothing was measured."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ClassVar

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1 import report_shapes as shapes
from smartqueue.api.v1.base import Id, Strict, TenantView, refuse_empty_parameters
from smartqueue.api.v1.schema import problems
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.reporting import queries
from smartqueue.reporting.queries import Wanted
from smartqueue.reporting.states import Granularity
from smartqueue.tenants.states import Scope

USUAL = timedelta(days=29)
"""From the first to the last of the thirty days that an answer is about when nobody says which."""

LONGEST = timedelta(days=3 * 366)
YEARS = range(2000, 2101)

DATES: dict[str, Any] = {
    "from": serializers.DateField(required=False, help_text="The first local day; 29 days before `to` when absent."),
    "to": serializers.DateField(required=False, help_text="The last local day, included; today when absent."),
}


class Question(type("Dates", (Strict,), DATES)):  # type: ignore[misc]  # `from` is no name for an attribute
    """The period, and what it is narrowed to. A day is that of each site, in its own time zone."""

    site = Id(required=False)
    granularity = serializers.ChoiceField(choices=Granularity.choices, default=Granularity.DAY)


class NarrowQuestion(Question):
    queue = Id(required=False)
    service = Id(required=False)


class ReportView(TenantView):
    """One report of the tenant's rollup."""

    scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.READ_REPORTS}
    http_method_names = ["get", "head"]
    question: ClassVar[type[Strict]]
    report: ClassVar[Callable[[Wanted], Any]]

    def get(self, request: Request, slug: str) -> Response:
        refuse_empty_parameters(request)
        wanted = self._wanted(self.question.accept(request.query_params.dict()))
        answer = type(self).report(wanted)
        told = {"from": wanted.first, "to": wanted.last, "granularity": str(wanted.granularity)}
        return Response(told | {name: value for name, value in vars(answer).items() if name != "wanted"})

    def _wanted(self, asked: dict[str, Any]) -> Wanted:
        site_id = asked.get("site")
        last = asked.get("to") or queries.local_today(self.caller.tenant_id, at=now(), site_id=site_id)
        if last.year not in YEARS:
            raise Invalid(to=_("Give a day between 2000 and 2100."))
        first = asked.get("from") or last - USUAL
        _refuse_odd_period(first, last)
        return Wanted(
            tenant_id=self.caller.tenant_id,
            first=first,
            last=last,
            site_id=site_id,
            queue_id=asked.get("queue"),
            service_id=asked.get("service"),
            granularity=Granularity(asked["granularity"]),
        )


def _refuse_odd_period(first: date, last: date) -> None:
    if first > last:
        raise Invalid(**{"from": _("The first day is after the last one.")})
    if last - first > LONGEST:
        raise Invalid(**{"from": _("Ask for three years at most.")})
    if first.year not in YEARS:
        raise Invalid(**{"from": _("Give a day between 2000 and 2100.")})


def report_view(noun: str, report: Callable[[Wanted], Any], shape: Any, question: type[Strict]) -> type[ReportView]:
    view = type(
        f"{noun.title().replace('-', '')}View",
        (ReportView,),
        {"report": staticmethod(report), "question": question, "__doc__": report.__doc__},
    )
    schema = extend_schema(
        tags=["reports"],
        operation_id=f"reports_{noun.replace('-', '_')}",
        parameters=[question],
        responses={200: shape, **problems(400)},
    )
    return extend_schema_view(get=schema)(view)


REPORTS: dict[str, tuple[Callable[[Wanted], Any], Any, type[Strict]]] = {
    "wait-times": (queries.wait_report, shapes.WaitReport, NarrowQuestion),
    "agent-performance": (queries.agent_report, shapes.PerformanceReport, Question),
    "queue-stats": (queries.queue_report, shapes.QueueReport, NarrowQuestion),
    "satisfaction": (queries.satisfaction_report, shapes.SatisfactionReport, NarrowQuestion),
    "demand": (queries.demand_report, shapes.DemandReport, NarrowQuestion),
    "drop-off": (queries.dropoff_report, shapes.DropOffReport, NarrowQuestion),
    "channels": (queries.channel_report, shapes.ChannelReport, NarrowQuestion),
    "origins": (queries.origin_report, shapes.OriginReport, NarrowQuestion),
    "heat-map": (queries.heat_map, shapes.HeatMapReport, NarrowQuestion),
}

urlpatterns = [
    path(f"reports/{noun}/", report_view(noun, *parts).as_view(), name=f"report-{noun}")
    for noun, parts in REPORTS.items()
]
