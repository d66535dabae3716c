"""Addresses of the audience `public`: the customer. They come last, because `/{slug}/` is anybody's name."""

from django.urls import path

from smartqueue.web.public.app import manifest, worker
from smartqueue.web.public.feedback import Feedback, FeedbackLanguage
from smartqueue.web.public.home import Home
from smartqueue.web.public.journey import Forget, JourneyPage, Position, SetOut
from smartqueue.web.public.near import NearestFirst
from smartqueue.web.public.posters import PosterPage
from smartqueue.web.public.sites import SitePage, Sites
from smartqueue.web.public.stop import StopPage
from smartqueue.web.public.take import Take
from smartqueue.web.public.ticket import CheckIn, Language, Leave, Messages, Near, Pass, PushOffer, TicketPage

SITE = "<slug:slug>/sites/<str:code>/"
POSTERS = [(kind, {"kind": kind}) for kind in ("svg", "pdf")]

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("sw.js", worker, name="worker"),
    path("t/<str:token>", TicketPage.as_view(), name="ticket"),
    path("t/<str:token>/leave/", Leave.as_view(), name="ticket-leave"),
    path("t/<str:token>/pass/", Pass.as_view(), name="ticket-pass"),
    path("t/<str:token>/check-in/", CheckIn.as_view(), name="ticket-check-in"),
    path("t/<str:token>/near/", Near.as_view(), name="ticket-near"),
    path("t/<str:token>/journey/", JourneyPage.as_view(), name="ticket-journey"),
    path("t/<str:token>/journey/position/", Position.as_view(), name="ticket-position"),
    path("t/<str:token>/journey/set-out/", SetOut.as_view(), name="ticket-set-out"),
    path("t/<str:token>/journey/forget/", Forget.as_view(), name="ticket-journey-forget"),
    path("t/<str:token>/messages/", Messages.as_view(), name="ticket-messages"),
    path("t/<str:token>/push/", PushOffer.as_view(), name="ticket-push"),
    path("t/<str:token>/language/", Language.as_view(), name="ticket-language"),
    path("t/<str:token>/feedback/", Feedback.as_view(), name="ticket-feedback"),
    path("t/<str:token>/feedback/language/", FeedbackLanguage.as_view(), name="ticket-feedback-language"),
    path("t/stop/<str:key>", StopPage.as_view(), name="stop-messages"),
    path("<slug:slug>/", Sites.as_view(), name="sites"),
    path("<slug:slug>/near/", NearestFirst.as_view(), name="nearest-first"),
    path(SITE, SitePage.as_view(), name="site"),
    path(f"{SITE}take/", Take.as_view(), name="take"),
    *(path(f"{SITE}poster.{kind}", PosterPage.as_view(), given, name=f"poster-{kind}") for kind, given in POSTERS),
    *(
        path(f"{SITE}queues/<uuid:queue_id>/poster.{kind}", PosterPage.as_view(), given, name=f"queue-poster-{kind}")
        for kind, given in POSTERS
    ),
]
