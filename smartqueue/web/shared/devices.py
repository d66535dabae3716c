"""The frame of pages that a paired device shows, and how a device gets and keeps its token."""

from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from smartqueue.devices.actions import begin_pairing, collect, heartbeat, rotate_token
from smartqueue.devices.errors import DeviceNotFound, DeviceRevoked, TooManyPairings
from smartqueue.devices.models import Device
from smartqueue.devices.queries import Seen, device_of_token, pairing_of
from smartqueue.devices.states import CODE_LIFETIME, POLL_EVERY_S, DeviceKind
from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.tenants.queries import active_tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.shared.pages import TenantPage

DEVICE_COOKIE, PAIRING_COOKIE = "sq_device", "sq_pairing"
KEPT_FOR_S = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""
Answer = TypeVar("Answer", bound=HttpResponse)
LONGEST_BODY = 2000
LONGEST_SECRET = 100
HOME = {DeviceKind.DISPLAY: "/display/", DeviceKind.KIOSK: "/kiosk/"}


class Unpaired(Exception):
    """Nobody's device, or one that was cut off."""


class OtherKind(Exception):
    """A kiosk at a display's address, or the other way round."""


class DevicePage(TenantPage):
    """A page of one paired device. `with self.scope():` as on any page of a tenant.

    A browser without a token is shown a pairing code, a program without one a 401.

    Attributes:
        kind: what the device must be; another one is sent to its own page.
        device: as it was when the request came.
        actor: the device, for the journal.
    """

    kind: str = DeviceKind.DISPLAY
    device: Device

    def enter(self, request: HttpRequest) -> None:
        seen = device_of_token(request.COOKIES.get(DEVICE_COOKIE, ""))
        tenant = active_tenant(seen.tenant_slug) if seen else None
        if seen is None or tenant is None:
            raise Unpaired
        if seen.device.kind != self.kind:
            raise OtherKind(seen.device.kind)
        self.tenant, self.device, self.actor = tenant, seen.device, device_actor(request, seen)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Unpaired:
            response = self.unpaired(request)
        except OtherKind as other:
            response = HttpResponseRedirect(HOME[DeviceKind(str(other))])
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def unpaired(self, request: HttpRequest) -> HttpResponse:
        is_page = request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", "text/html")
        return pairing_page(request, self.kind) if is_page else refusal(DeviceRevoked(), status=401)


def device_actor(request: HttpRequest, seen: Seen) -> Actor:
    line = f"{request.method} {request.path}"
    return Actor.at_the_door(request.META, line, kind=ActorKind.DEVICE, label=seen.device.name)


def pairing_page(request: HttpRequest, kind: str, error: RuleBroken | None = None) -> HttpResponse:
    """The code that somebody has to type, or the button that asks for one. Loading it again collects the token too,
    so that it works without a script."""
    secret, instant = _secret(request), now()
    if secret and (token := collect(secret=secret, at=instant)):
        return keep_token(HttpResponseRedirect(HOME[DeviceKind(kind)]), token)
    waiting = pairing_of(secret, at=instant) if secret else None
    if waiting and waiting.kind != kind:
        waiting = None
    context = {
        "kind": kind, "waiting": waiting, "error": error, "poll_every_s": POLL_EVERY_S,
        "lifetime_min": int(CODE_LIFETIME.total_seconds() // 60),
        "retry_after_s": error.facts.get("retry_after_s", 60) if error else 0,
    }  # fmt: skip
    return render(request, "shared/pairing.html", context, status=error.status if error else 200)


@method_decorator(csrf_exempt, name="dispatch")  # nobody is signed in: there is nothing to ride on
class PairingView(View):
    """`/devices/pairing/`: POST asks for a code, GET for what became of it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        kind = request.POST.get("kind", "")
        if kind not in DeviceKind.values:
            return JsonResponse({"code": "invalid"}, status=400)
        try:
            _code, secret = begin_pairing(kind=kind, address=request.META.get("REMOTE_ADDR"), at=now())
        except TooManyPairings as full:
            return pairing_page(request, kind, full)
        response = HttpResponseRedirect(HOME[DeviceKind(kind)])
        response.status_code = 303
        _keep(response, PAIRING_COOKIE, secret, int(CODE_LIFETIME.total_seconds()) * 2)
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        """204 not claimed yet; 200 claimed, with the token's cookie; 410 the code has expired, or was never given."""
        secret, instant = _secret(request), now()
        token = collect(secret=secret, at=instant) if secret else None
        if token:
            response: HttpResponse = keep_token(JsonResponse({"paired": True}), token)
        else:
            response = HttpResponse(status=204 if secret and pairing_of(secret, at=instant) else 410)
        add_never_cache_headers(response)
        return response


@method_decorator(
    csrf_exempt, name="dispatch"
)  # the cookie is SameSite=Strict, and a heartbeat changes nothing of value
class HeartbeatView(View):
    """`/devices/heartbeat/`: a sign of life, by cookie or `Authorization: Device <token>`."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """`{problem, version}` → `{revision, now}`. 401 for a device that was cut off: it shows a pairing code."""
        token = _token(request)
        seen = device_of_token(token)
        if seen is None:
            return refusal(DeviceRevoked(), status=401)
        try:
            said = _said(request)
        except ValueError:
            return JsonResponse({"code": "invalid"}, status=400)
        instant = now()
        with in_tenant(seen.tenant_id):
            try:
                revision = heartbeat(
                    device_id=seen.device.id, problem=said["problem"],
                    app_version=said["version"], uses_newest_token=not seen.is_former,
                    actor=device_actor(request, seen), at=instant,
                )  # fmt: skip
            except (DeviceNotFound, DeviceRevoked):  # between the two looks
                return refusal(DeviceRevoked(), status=401)
            fresh = rotate_token(device=seen.device, token=token, at=instant)
        answer: dict[str, Any] = {"revision": revision, "now": instant.isoformat()}
        if fresh is None:
            return JsonResponse(answer)
        if DEVICE_COOKIE in request.COOKIES:
            return keep_token(JsonResponse(answer), fresh)
        return JsonResponse(answer | {"token": fresh})


def refusal(refused: RuleBroken, *, status: int) -> JsonResponse:
    return JsonResponse({"status": status, "code": refused.code, "detail": str(refused)}, status=status)


def keep_token(response: Answer, token: str) -> Answer:
    """The token's cookie. Strict: no other site's page may speak as the device."""
    _keep(response, DEVICE_COOKIE, token, KEPT_FOR_S)
    response.delete_cookie(PAIRING_COOKIE, samesite="Strict")
    return response


def _keep(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="Strict",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip


def _secret(request: HttpRequest) -> str:
    secret = request.COOKIES.get(PAIRING_COOKIE, "")
    return secret if len(secret) <= LONGEST_SECRET else ""


def _token(request: HttpRequest) -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "device" else request.COOKIES.get(DEVICE_COOKIE, "")


def _said(request: HttpRequest) -> dict[str, str]:
    """`problem` and `version` of the body, both optional. Raises: ValueError."""
    if len(request.body) > LONGEST_BODY:
        raise ValueError
    body = orjson.loads(request.body) if request.body else {}
    if not isinstance(body, dict):
        raise ValueError
    said = {name: body.get(name, "") for name in ("problem", "version")}
    if not all(isinstance(word, str) and word.isprintable() for word in said.values()):  # PostgreSQL takes no NUL
        raise ValueError
    return said
