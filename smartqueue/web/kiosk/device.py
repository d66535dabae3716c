"""JSON answers for a paired kiosk."""

from typing import Any
from urllib.parse import urlsplit

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from smartqueue.devices.errors import DeviceRevoked
from smartqueue.devices.states import DeviceKind
from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.web.shared.devices import DevicePage, OtherKind, refusal


@method_decorator(csrf_exempt, name="dispatch")
class KioskAnswer(DevicePage):
    """A JSON answer for a paired kiosk; anybody else is told 401 and nothing more.

    No CSRF token: the page comes from the kiosk's own store for weeks. The cookie is SameSite=Strict, and a write
    that names another origin is refused.
    """

    kind = DeviceKind.KIOSK

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _is_own(request):
            return self.unpaired(request)
        return super().dispatch(request, *args, **kwargs)

    def enter(self, request: HttpRequest) -> None:
        try:
            super().enter(request)
        except OtherKind:
            raise _Elsewhere from None

    def unpaired(self, request: HttpRequest) -> HttpResponse:
        return refusal(DeviceRevoked(), status=401)

    def refused(self, request: HttpRequest, refused: RuleBroken) -> HttpResponse:
        told = {"code": refused.code, "title": str(refused), "errors": refused.facts.get("errors", {})}
        return JsonResponse(told, status=refused.status)


class _Elsewhere(DeviceRevoked):
    status = 401


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        Invalid: there is none.
    """
    try:
        found = orjson.loads(request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid(body=gettext("Send a JSON object."))
    return found


def _is_own(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    return request.method in {"GET", "HEAD"} or origin is None or urlsplit(origin).netloc == request.get_host()
