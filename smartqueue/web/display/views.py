"""The screen of a hall, a counter or a waiting room, and what its voice is made of."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from smartqueue.devices.queries import queues_of
from smartqueue.devices.queries.clips import chime, clip_or_refuse, made_clip, recorded
from smartqueue.devices.states import DeviceKind, Layout
from smartqueue.devices.states.clips import MADE
from smartqueue.devices.states.voice import LANGUAGES, Piece, announcement
from smartqueue.kernel.clock import now
from smartqueue.web.display.screen import Screen, ShownQueue, screen_of
from smartqueue.web.shared.devices import DevicePage
from smartqueue.web.shared.pages import TenantPage

PAST_ROWS = 4
LONGEST_WORDS = 60


class ScreenPage(DevicePage):
    """What every answer to a screen begins with: its settings, and the words in its first language."""

    kind = DeviceKind.DISPLAY

    def told(self) -> dict[str, Any]:
        """What is on the glass now, and what does not change with it."""
        with self.scope():
            site, counter = self.device.site, self.device.counter
            queues = [ShownQueue(queue.id, queue.name) for queue in queues_of(self.device)]
        is_counter = self.device.layout == Layout.COUNTER
        name = counter.name if counter else ""
        screen = screen_of(tenant_id=self.tenant.id, queues=queues, counter=name if is_counter else None, at=now())
        return {
            "device": self.device, "site": site, "layout": self.device.layout, "counter": name, "screen": screen,
            "gaps": range(PAST_ROWS - len(screen.calls[1 : PAST_ROWS + 1])), "calls_json": _calls_json(screen),
            "theme": self.device.theme, "zone": site.time_zone or self.tenant.time_zone,
        }  # fmt: skip

    def page_of(self, template: str, told: dict[str, Any]) -> HttpResponse:
        with translation.override(self.device.languages[0]), timezone.override(ZoneInfo(told["zone"])):
            return self.show(template, told)


class Display(ScreenPage):
    """`/display/`: the whole page, with the state in it, so that a screen is never blank."""

    def get(self, request: HttpRequest) -> HttpResponse:
        told = self.told()
        told["socket"] = f"/ws/tenants/{self.tenant.slug}/displays/{self.device.id}/"
        told["chime"] = chime()
        return self.page_of("display/display.html", told)


class Now(ScreenPage):
    """`/display/now/`: what is on the glass, for the page that asks again after news."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page_of("display/now.html", self.told())


class Words(ScreenPage):
    """`/display/words/?number=&counter=`: what the voice says of a call, in each language of the screen."""

    def get(self, request: HttpRequest) -> HttpResponse:
        number = request.GET.get("number", "")[:LONGEST_WORDS]
        counter = request.GET.get("counter", "")[:LONGEST_WORDS]
        spoken = [language for language in self.device.languages if language in LANGUAGES]
        with self.scope():
            own = {
                place: f"/{self.tenant.slug}/voice/{'/'.join(place)}?v={clip.digest}"
                for place, clip in recorded(spoken).items()
            }
        said = [
            {"language": language, "pieces": [_piece_json(language, piece, own) for piece in pieces]}
            for language in spoken
            if language in MADE or any(of == language for of, _key in own)  # nobody reads Wolof as French all day
            for pieces in [announcement(language, number=number, counter=counter)]
        ]
        return JsonResponse({"languages": said})


class ClipSound(TenantPage):
    """`/{slug}/voice/{language}/{key}`: an organisation's recording. Open to all: it holds nothing personal.

    An address with the recording's `?v=` never means another sound.
    """

    def get(self, request: HttpRequest, slug: str, language: str, key: str) -> HttpResponse:
        with self.scope():
            clip = clip_or_refuse(language, key)
        etag = f'"{clip.digest}"'
        if request.headers.get("If-None-Match") == etag:
            answer = HttpResponse(status=304)
        else:
            answer = HttpResponse(bytes(clip.audio), content_type=clip.mime)
        answer["ETag"] = etag
        if request.GET.get("v") == clip.digest:
            patch_cache_control(answer, public=True, max_age=365 * 24 * 3600, immutable=True)
        else:
            patch_cache_control(answer, public=True, no_cache=True)
        return answer


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """`/display/worker.js`: beside the pages it watches over, because a worker's reach is its own folder."""
    found = finders.find("display/worker.js")
    assert isinstance(found, str)
    with open(found, encoding="utf-8") as script:
        answer = HttpResponse(script.read(), content_type="text/javascript; charset=utf-8")
    patch_cache_control(answer, no_cache=True)
    return answer


def _piece_json(language: str, piece: Piece, own: dict[tuple[str, str], str]) -> dict[str, str]:
    said = {"words": piece.words, "key": piece.key or ""}
    if piece.key:
        said["url"] = own.get((language, piece.key)) or made_clip(language, piece.key)
    return said


def _calls_json(screen: Screen) -> str:
    calls = [
        {
            "key": call.key, "queue": str(call.queue_id), "number": call.number, "counter": call.counter,
            "called_at": call.called_at.isoformat(),
        }
        for call in screen.all_calls
    ]  # fmt: skip
    return json.dumps(calls)
