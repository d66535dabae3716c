"""Every read of this room."""

from smartqueue.notifications.queries.accounts import integration as integration
from smartqueue.notifications.queries.accounts import integrations as integrations
from smartqueue.notifications.queries.presence import page_is_open as page_is_open
from smartqueue.notifications.queries.truth import STILL_TRUE as STILL_TRUE
from smartqueue.notifications.queries.truth import still_true as still_true
from smartqueue.notifications.queries.wordings import Rendered as Rendered
from smartqueue.notifications.queries.wordings import Standing as Standing
from smartqueue.notifications.queries.wordings import digest_of as digest_of
from smartqueue.notifications.queries.wordings import filled as filled
from smartqueue.notifications.queries.wordings import own_wordings as own_wordings
from smartqueue.notifications.queries.wordings import render as render
from smartqueue.notifications.queries.wordings import standings as standings
from smartqueue.notifications.queries.wordings import wordings_of_programs as wordings_of_programs
