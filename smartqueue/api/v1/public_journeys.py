"""Waiting elsewhere: how the owner of a ticket comes, where they are if they agree, and when they have to leave."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import Strict
from smartqueue.api.v1.ground import Flag, Number, Whole
from smartqueue.api.v1.public import PublicTicket
from smartqueue.api.v1.public_messages import PRIVATE
from smartqueue.api.v1.schema import problems
from smartqueue.api.v1.tickets import Nothing
from smartqueue.forecast.actions.journeys import LONGEST_WAY_MIN, forget_journey, move, plan_journey, set_out
from smartqueue.forecast.errors import JourneyNotFound
from smartqueue.forecast.queries.journeys import journey_of
from smartqueue.forecast.states import Stage
from smartqueue.kernel.clock import now
from smartqueue.travel.states import Mode, Point


class JourneyForm(Strict):
    """Either `minutes`, or `agrees`, after which positions may follow."""

    mode = serializers.ChoiceField(choices=Mode.choices)
    minutes = Whole(
        min_value=1, max_value=LONGEST_WAY_MIN, required=False, allow_null=True, default=None,
        help_text="How far away you are, as you say it.",
    )  # fmt: skip
    agrees = Flag(default=False, help_text="That the position is used for this visit; it is forgotten afterwards.")


class PositionForm(Strict):
    latitude = Number(min_value=-90, max_value=90)
    longitude = Number(min_value=-180, max_value=180)
    accuracy_m = Number(min_value=0, required=False, allow_null=True, default=None)


class JourneyShape(serializers.Serializer[Any]):
    """When to leave and why. No position is ever given back."""

    mode = serializers.ChoiceField(choices=Mode.choices)
    stage = serializers.ChoiceField(choices=[(stage.value, stage.name) for stage in Stage])
    may_use_position = serializers.BooleanField()
    said_min = serializers.IntegerField(allow_null=True)
    travel_low_min = serializers.IntegerField(allow_null=True, help_text="What is left of the way.")
    travel_high_min = serializers.IntegerField(allow_null=True, help_text="In eight cases of ten not longer.")
    turn_from = serializers.DateTimeField(allow_null=True)
    turn_to = serializers.DateTimeField(allow_null=True)
    leave_at = serializers.DateTimeField(
        allow_null=True, help_text="May be past. Null while the way is not known or no counter is open."
    )
    is_due = serializers.BooleanField(help_text="Leave now.")
    set_out_at = serializers.DateTimeField(allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    away_passes = serializers.IntegerField(help_text="How often others went first because you were far.")


FIELDS = tuple(JourneyShape().fields)


class PublicJourney(PublicTicket):
    http_method_names = ["get", "head", "post", "delete"]

    @extend_schema(operation_id="public_ticket_journey", responses={200: JourneyShape, **problems(404)})
    def get(self, request: Request, token: str) -> Response:
        return self.journey()

    @extend_schema(operation_id="public_ticket_journey_plan", request=JourneyForm, responses={200: JourneyShape})
    def post(self, request: Request, token: str) -> Response:
        wanted = JourneyForm.accept(request.data)
        plan_journey(ticket_id=self.ticket_id, **wanted, actor=self.caller.actor, at=now())
        return self.journey()

    @extend_schema(operation_id="public_ticket_journey_forget", responses={204: None, **problems(404)})
    def delete(self, request: Request, token: str) -> Response:
        forget_journey(ticket_id=self.ticket_id, actor=self.caller.actor, at=now())
        return Response(status=204, headers=PRIVATE)

    def journey(self) -> Response:
        way = journey_of(self.ticket_id, at=now())
        if way is None:
            raise JourneyNotFound
        return Response({name: getattr(way, name) for name in FIELDS}, headers=PRIVATE)


class PublicPosition(PublicJourney):
    """Where the phone is now. The newest takes the place of the one before; sent more often than every ten seconds it
    is let go. `leave_at` follows within seconds."""

    http_method_names = ["post"]

    @extend_schema(operation_id="public_ticket_position", request=PositionForm, responses={200: JourneyShape})
    def post(self, request: Request, token: str) -> Response:
        said = PositionForm.accept(request.data)
        point = Point(said["latitude"], said["longitude"])
        move(ticket_id=self.ticket_id, point=point, accuracy_m=said["accuracy_m"], at=now())
        return self.journey()


class PublicSetOut(PublicJourney):
    """ "I am leaving." The first time counts."""

    http_method_names = ["post"]

    @extend_schema(operation_id="public_ticket_set_out", request=Nothing, responses={200: JourneyShape})
    def post(self, request: Request, token: str) -> Response:
        Nothing.accept(request.data)
        set_out(ticket_id=self.ticket_id, at=now())
        return self.journey()


public_urlpatterns = [
    path("tickets/<str:token>/journey/", PublicJourney.as_view()),
    path("tickets/<str:token>/journey/position/", PublicPosition.as_view()),
    path("tickets/<str:token>/journey/set-out/", PublicSetOut.as_view()),
]
