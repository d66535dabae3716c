"""What must be refused before any view sees it."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from smartqueue.api.v1.problems import problem_response
from smartqueue.kernel.errors import Invalid


class RefuseNul:
    """PostgreSQL's text cannot hold U+0000: a query with one is a bad request, not a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            return problem_response(Invalid())
        return self.get_response(request)
