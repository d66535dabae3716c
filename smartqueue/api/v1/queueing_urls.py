"""Addresses of the queue room, below a tenant and in public."""

from typing import Any

from django.urls import path

from smartqueue.api.v1.agents import DOINGS, AgentsView
from smartqueue.api.v1.audit import AuditLog
from smartqueue.api.v1.feedback import FeedbackView, PublicFeedback
from smartqueue.api.v1.public import PublicCancel, PublicCheckIn, PublicDefer, PublicTicket
from smartqueue.api.v1.public_journeys import public_urlpatterns as of_journeys
from smartqueue.api.v1.public_messages import public_urlpatterns as of_messages
from smartqueue.api.v1.queues import SWITCHES, QueueStats, QueuesView
from smartqueue.api.v1.tickets import MOVES, TicketsView

ROWS: dict[str, Any] = {"get": "list", "post": "create"}
ROW: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("tickets/", TicketsView.as_view(ROWS)),
    *[path(f"agents/me/{verb}/", view.as_view()) for verb, view in DOINGS.items()],
    *[path(f"tickets/<uuid:id>/{verb}/", view.as_view()) for verb, view in MOVES.items()],
    path("queues/", QueuesView.as_view(ROWS)),
    path("queues/<uuid:id>/", QueuesView.as_view(ROW)),
    path("queues/<uuid:id>/stats/", QueueStats.as_view()),
    *[path(f"queues/<uuid:id>/{verb}/", view.as_view()) for verb, view in SWITCHES.items()],
    path("tickets/<uuid:id>/", TicketsView.as_view({"get": "retrieve"})),
    path("agents/", AgentsView.as_view(ROWS)),
    path("agents/<uuid:id>/", AgentsView.as_view({"get": "retrieve", "patch": "partial_update"})),
    *[path(f"agents/<uuid:id>/{verb}/", view.as_view()) for verb, view in DOINGS.items()],
    path("audit-log/", AuditLog.as_view({"get": "list"})),
    path("feedback/", FeedbackView.as_view({"get": "list"})),
    path("feedback/<uuid:id>/", FeedbackView.as_view({"get": "retrieve", "patch": "partial_update"})),
]

public_urlpatterns = [
    path("tickets/<str:token>/", PublicTicket.as_view()),
    path("tickets/<str:token>/cancel/", PublicCancel.as_view()),
    path("tickets/<str:token>/defer/", PublicDefer.as_view()),
    path("tickets/<str:token>/check-in/", PublicCheckIn.as_view()),
    path("tickets/<str:token>/feedback/", PublicFeedback.as_view()),
    *of_messages,
    *of_journeys,
]
