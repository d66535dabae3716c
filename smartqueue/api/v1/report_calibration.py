"""The promised waits over HTTP: how true they were, by period, queue and promise, and which queues are alarming."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from smartqueue.api.v1.base import Id, Strict
from smartqueue.api.v1.report_shapes import Shape, report_of, shape_of
from smartqueue.api.v1.reports import Question, ReportView
from smartqueue.api.v1.schema import problems
from smartqueue.forecast.queries.calibration import Alarm, Bucket, Score, alarms, calibration
from smartqueue.kernel.clock import now
from smartqueue.reporting.queries import Part, Period, Report, Wanted
from smartqueue.reporting.states import Granularity


class CalibrationQuestion(Question):
    granularity = serializers.ChoiceField(choices=Granularity.choices, default=Granularity.WEEK)
    queue = Id(required=False)


@dataclass(frozen=True)
class Calibrated(Report[Score]):
    buckets: list[Bucket]
    alarms: list[Alarm]


def calibration_report(wanted: Wanted) -> Calibrated:
    """How true the promised waits were: of tickets taken in the period, the middle of the promise and the range shown
    against the wait. `alarms` are about the seven days until now, whatever the period."""
    found = calibration(
        tenant_id=wanted.tenant_id, first=wanted.first, last=wanted.last, step=str(wanted.granularity),
        site_id=wanted.site_id, queue_id=wanted.queue_id,
    )  # fmt: skip
    nothing = Score()
    return Calibrated(
        wanted=wanted,
        total=found.total,
        periods=[Period(first, last, found.periods.get(key, nothing)) for key, first, last in wanted.periods()],
        parts=[Part(one.id, one.name, one.score) for one in found.queues],
        buckets=found.buckets,
        alarms=alarms(tenant_id=wanted.tenant_id, at=now()),
    )


BucketShape = shape_of(Bucket, "CalibrationBucket")
AlarmShape = shape_of(Alarm, "CalibrationAlarm")
CalibrationReport: Shape = type(
    "CalibrationReport",
    (report_of(Score, "Calibration"),),
    {"buckets": BucketShape(many=True), "alarms": AlarmShape(many=True)},
)


@extend_schema_view(
    get=extend_schema(
        tags=["reports"],
        operation_id="reports_calibration",
        parameters=[CalibrationQuestion],
        responses={200: CalibrationReport, **problems(400)},
    )
)
class CalibrationView(ReportView):
    __doc__ = calibration_report.__doc__

    question: ClassVar[type[Strict]] = CalibrationQuestion
    report: ClassVar[Callable[[Wanted], Any]] = staticmethod(calibration_report)


urlpatterns = [path("reports/calibration/", CalibrationView.as_view(), name="report-calibration")]
