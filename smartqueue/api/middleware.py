"""What no view can answer by itself."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from smartqueue.api.v1.problems import Unavailable, as_refusal, problem_response
from smartqueue.kernel.errors import Invalid


class RefuseNul:
    """PostgreSQL's text cannot hold U+0000: a query with one is a bad request, not a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            return problem_response(Invalid())
        return self.get_response(request)


class SayUnavailable:
    """A database that dies while a view begins or commits its transaction is a 503, wherever the view stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        refusal = as_refusal(error)
        return problem_response(refusal) if isinstance(refusal, Unavailable) else None
