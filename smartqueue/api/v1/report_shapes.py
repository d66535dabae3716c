"""Shapes of the reports, read off the dataclasses that the queries answer with."""

from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from rest_framework import serializers

from smartqueue.reporting import queries
from smartqueue.reporting.queries.hours import HeatCell
from smartqueue.reporting.queries.origins import Commune
from smartqueue.reporting.queries.tickets import Channels, Demand, DropOff, Flow, Waits

Shape = type[serializers.Serializer[Any]]

HELP = {
    "first": "The first local day, cut to what was asked for.",
    "last": "The last local day, included.",
    "in_target": "Of those called, who waited no longer than the target of their priority.",
    "nps": "From -100 to 100.",
    "csat_counts": "Answers of 1, 2, 3, 4 and 5.",
    "left_line": "Cancelled before anybody called them.",
    "occupancy": "Walk and service time of the time signed in without breaks.",
    "code": "Empty: it is not known.",
    "weekday": "Monday is 1.",
    "arrivals": "People in such an hour, on average.",
    "scored": "Promised minutes, and called.",
    "without_minutes": "Taken while no counter was open: promised nothing.",
    "mae_s": "Mean absolute error: how far the middle of the promise was from the wait.",
    "bias_s": "Promised less happened, on average.",
    "coverage": "Called by the upper end of the range; 0.9 is the aim.",
    "late": "Called after the range; 0.08 to 0.12 is right.",
    "early": "Called before the range began.",
    "skill_naive": "1 - our error ÷ that of people ahead × service time, of the same tickets.",
    "skill_les": "The same against the wait of the last person called.",
    "skill_served": "The same against place × learnt service time ÷ counters.",
    "missed": "Told when to leave, and there after the call.",
}


def shape_of(answer: type, name: str) -> Shape:
    """A serializer for the OpenAPI description: numbers, and what may be null."""
    hints = get_type_hints(answer)
    made = {field.name: _field(hints[field.name], HELP.get(field.name, "")) for field in fields(answer)}
    return type(name, (serializers.Serializer,), made | {"__doc__": answer.__doc__})


def _field(hint: Any, help_text: str) -> serializers.Field[Any, Any, Any, Any]:
    options: dict[str, Any] = {"help_text": help_text} if help_text else {}
    if isinstance(hint, UnionType):
        options["allow_null"] = True
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint in SIMPLE:
        simple: serializers.Field[Any, Any, Any, Any] = SIMPLE[hint](**options)
        return simple
    child = _field(get_args(hint)[-1], "")
    many = get_origin(hint) is list
    return serializers.ListField(child=child, **options) if many else serializers.DictField(child=child, **options)


SIMPLE: dict[Any, Any] = {
    int: serializers.IntegerField,
    float: serializers.FloatField,
    str: serializers.CharField,
    bool: serializers.BooleanField,
    UUID: serializers.UUIDField,
}


def report_of(answer: type, noun: str) -> Shape:
    """The whole report: a total, every period, and the parts, most first."""
    figures = shape_of(answer, f"{noun}Figures")
    dates = {name: serializers.DateField(help_text=HELP[name]) for name in ("first", "last")}
    period = type(f"{noun}Period", (serializers.Serializer,), dates | {"figures": figures()})
    names = {"id": serializers.UUIDField(), "name": serializers.CharField()}
    part = type(f"{noun}Part", (serializers.Serializer,), names | {"figures": figures()})
    return type(
        f"{noun}Report",
        (serializers.Serializer,),
        {**question(), "total": figures(), "periods": period(many=True), "parts": part(many=True)},
    )


def question() -> dict[str, Any]:
    """Fields that repeat what was asked; made anew for each shape, because a field belongs to one."""
    return {
        "from": serializers.DateField(),
        "to": serializers.DateField(),
        "granularity": serializers.CharField(),
    }


WaitReport = report_of(Waits, "Wait")
QueueReport = report_of(Flow, "Queue")
DemandReport = report_of(Demand, "Demand")
DropOffReport = report_of(DropOff, "DropOff")
ChannelReport = report_of(Channels, "Channel")
PerformanceReport = report_of(queries.Performance, "Performance")
SatisfactionReport = report_of(queries.Satisfaction, "Satisfaction")
OriginReport: Shape = type(
    "OriginReport",
    (serializers.Serializer,),
    question()
    | {
        "issued": serializers.IntegerField(),
        "known": serializers.FloatField(allow_null=True, help_text="The share whose commune is known."),
        "communes": shape_of(Commune, "OriginCommune")(many=True),
    },
)
HeatMapReport: Shape = type(
    "HeatMapReport", (serializers.Serializer,), question() | {"cells": shape_of(HeatCell, "HeatMapCell")(many=True)}
)
