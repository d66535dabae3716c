"""Error pages for people: in the frame, in the reader's language, without a question to the database."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from psycopg_pool import PoolTimeout, TooManyRequests

logger = logging.getLogger(__name__)
GONE = (OperationalError, InterfaceError, PoolTimeout, TooManyRequests)


@dataclass(frozen=True)
class Explained:
    """What happened, what is safe, what to press."""

    title: str | Promise
    sentence: str | Promise
    icon: str = "alert"
    again: bool = False


EXPLAINED = {
    400: Explained(
        gettext_lazy("We did not understand this request"),
        gettext_lazy("The address or the form was not complete. Nothing was changed. Go back and try again."),
    ),
    403: Explained(
        gettext_lazy("This page is not open to you"),
        gettext_lazy(
            "Your role does not reach this far, or you are not signed in. Ask the administrator of your organisation."
        ),
        icon="lock",
    ),
    404: Explained(
        gettext_lazy("There is nothing at this address"),
        gettext_lazy(
            "The link may be old or mistyped. Your place in the line is safe: open the link of your ticket again."
        ),
        icon="search",
    ),
    500: Explained(
        gettext_lazy("Something went wrong on our side"),
        gettext_lazy("We have noted it. Your place in the line is safe. Try again in a moment."),
        again=True,
    ),
    503: Explained(
        gettext_lazy("We cannot answer right now"),
        gettext_lazy("Your place in the line is safe. Try again in a moment."),
        icon="clock",
        again=True,
    ),
}
CSRF = Explained(
    gettext_lazy("This form was open for too long"),
    gettext_lazy("Nothing was sent. Go back, load the page again and send the form once more."),
    icon="clock",
)  # fmt: skip


def for_programs(request: HttpRequest) -> bool:
    """Whether who asks reads problem+json rather than a page."""
    return request.path.startswith(("/api/", "/live/"))


def error_page(request: HttpRequest, status: int, explained: Explained | None = None) -> HttpResponse:
    """The page for a status; one of our frame, rendered without context processors, which would ask for the user.

    htmx gets a toast: a whole page would land inside the part that it meant to replace.
    """
    told = explained or EXPLAINED[status]
    if request.headers.get("HX-Request"):
        return toast(request, told.title, status=status)
    context = {"told": told, "status": status, "request": request, "csrf_token": get_token(request)}
    return HttpResponse(render_to_string("shared/error.html", context), status=status)


def toast(request: HttpRequest, sentence: object, *, status: int) -> HttpResponse:
    """An answer for htmx that appears among the toasts, whatever it meant to replace."""
    context = {"refusal": sentence, "csrf_token": get_token(request)}
    said = HttpResponse(render_to_string("shared/refusal.html", context), status=status)
    said["HX-Retarget"], said["HX-Reswap"] = "#toasts", "beforeend"
    return said


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, CSRF)


class SayUnavailable:
    """A page whose database does not answer says so; addresses of programs have their own way to say it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if not isinstance(error, GONE) or for_programs(request):
            return None
        logger.warning("database unavailable: %s", error)
        return error_page(request, 503)
