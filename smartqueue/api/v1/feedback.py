# mypy: disallow-subclassing-any=False
# django-filter ships no types.
"""What people said of their visits: the list, how an answer is followed up, and the answer itself."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import AwareDateTimeField, GroundData, Strict
from smartqueue.api.v1.ground import Text, Whole
from smartqueue.api.v1.ground_filters import InstantFilter
from smartqueue.api.v1.public import PublicTicket
from smartqueue.api.v1.tickets import NamedShape
from smartqueue.customers.states import Language
from smartqueue.feedback.actions import Answer, follow_up, give_feedback
from smartqueue.feedback.queries import feedback_or_refuse, feedback_with_names, of_category
from smartqueue.feedback.states import ENDED, LONGEST_COMMENT, LONGEST_NOTE, FollowUp, NpsCategory, Rating, Tag
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden
from smartqueue.queueing.states import Channel
from smartqueue.tenants.states import Scope

VISITS = [(state.value, state.label) for state in ENDED]
CHANNELS = [(one.value, one.label) for one in Channel if one != Channel.AGENT]


class NumberedShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()


class GivenShape(serializers.Serializer[Any]):
    """An answer as whoever gave it sees it."""

    csat = serializers.IntegerField(help_text="1 (very bad) to 5.")
    nps = serializers.IntegerField(allow_null=True, help_text="0 to 10; null where it was left out.")
    wait_rating = serializers.IntegerField(allow_null=True)
    quality_rating = serializers.IntegerField(allow_null=True)
    comment = serializers.CharField()
    tags = serializers.ListField(child=serializers.ChoiceField(choices=Tag.choices))
    created_at = serializers.DateTimeField()


class FeedbackShape(GivenShape):
    id = serializers.UUIDField()
    ticket = NumberedShape()
    queue = NamedShape()
    site = NamedShape()
    service = NamedShape()
    agent = NamedShape(allow_null=True)
    visit = serializers.ChoiceField(choices=VISITS, help_text="How the visit had ended.")
    nps_category = serializers.ChoiceField(choices=NpsCategory.choices, allow_null=True)
    language = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    state = serializers.ChoiceField(choices=FollowUp.choices)
    note = serializers.CharField()
    handled_by = serializers.UUIDField(allow_null=True, help_text="The user who last followed up.")
    updated_at = serializers.DateTimeField()


class FeedbackFilter(django_filters.FilterSet):
    site = django_filters.UUIDFilter("site_id")
    queue = django_filters.UUIDFilter("queue_id")
    service = django_filters.UUIDFilter("service_id")
    agent = django_filters.UUIDFilter("agent_id")
    csat = django_filters.TypedMultipleChoiceFilter(choices=Rating.choices, coerce=int)
    nps_category = django_filters.ChoiceFilter(choices=NpsCategory.choices, method="in_category")
    state = django_filters.MultipleChoiceFilter(choices=FollowUp.choices)

    def in_category(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(of_category(value))


# `from` is a word of Python's, so it cannot be an attribute.
FeedbackFilter.base_filters |= {
    "from": InstantFilter(field_name="created_at", lookup_expr="gte"),
    "to": InstantFilter(field_name="created_at", lookup_expr="lt"),
}


class FollowUpForm(Strict):
    state = serializers.ChoiceField(choices=FollowUp.choices, required=False)
    note = Text(max_length=LONGEST_NOTE, allow_blank=True, required=False)
    updated_at = AwareDateTimeField(
        required=False, help_text="As it was read: the change is refused if a colleague was faster."
    )


@extend_schema_view(
    partial_update=extend_schema(
        operation_id="feedback_follow_up", request=FollowUpForm, responses={200: FeedbackShape}
    )
)
class FeedbackView(GroundData):
    """Newest first. To follow up changes the record of a visit, as managers may: a key that only reads may not."""

    scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.READ_FEEDBACK, "PATCH": Scope.MANAGE_TICKET}
    http_method_names = ["get", "patch", "head"]
    serializer_class = FeedbackShape
    filterset_class = FeedbackFilter
    ordering_fields = ("created_at", "csat")

    def get_queryset(self) -> QuerySet[Any]:
        return feedback_with_names()

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if Scope.READ_FEEDBACK not in self.caller.scopes:
            raise Forbidden  # the answer shows what was said
        wanted = FollowUpForm.accept(request.data)
        seen_at = wanted.pop("updated_at", None)
        feedback_id = self.kwargs["id"]
        follow_up(feedback_id=feedback_id, **wanted, seen_at=seen_at, actor=self.caller.actor, at=now())
        return Response(FeedbackShape(feedback_or_refuse(feedback_id)).data)


class AnswerForm(Strict):
    csat = Whole(min_value=1, max_value=5)
    nps = Whole(min_value=0, max_value=10, allow_null=True, required=False)
    wait_rating = Whole(min_value=1, max_value=5, allow_null=True, required=False)
    quality_rating = Whole(min_value=1, max_value=5, allow_null=True, required=False)
    comment = Text(max_length=LONGEST_COMMENT, allow_blank=True, required=False)
    tags = serializers.ListField(
        child=serializers.ChoiceField(choices=Tag.choices), max_length=len(Tag), required=False
    )
    language = serializers.ChoiceField(choices=Language.choices, default="", allow_blank=True)
    channel = serializers.ChoiceField(choices=CHANNELS, default=Channel.MOBILE)


class PublicFeedback(PublicTicket):
    """The one answer about a visit that is over. No other key than the ticket's, and it opens once."""

    http_method_names = ["post"]

    @extend_schema(operation_id="public_ticket_feedback", request=AnswerForm, responses={201: GivenShape})
    def post(self, request: Request, token: str) -> Response:
        wanted = AnswerForm.accept(request.data)
        about = {name: wanted.pop(name) for name in ("language", "channel")}
        given = give_feedback(token=token, answer=Answer(**wanted), **about, actor=self.caller.actor, at=now())
        return Response(GivenShape(given).data, status=201, headers={"Cache-Control": "no-store"})
