"""`/kiosk/`: the page, and the worker that keeps it when the net is gone."""

import hashlib
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_info, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from smartqueue.devices.states import DeviceKind
from smartqueue.kernel.clock import now
from smartqueue.web.kiosk.shown import state_of
from smartqueue.web.shared.devices import DevicePage
from smartqueue.web.shared.pictograms import PICTOGRAMS

SPOKEN = ("fr", "wo", "en")
SHELL = (
    "css/tokens.css", "css/base.css", "kiosk/kiosk.css", "shared/icon.svg",
    "kiosk/app.js", "kiosk/counter.js", "kiosk/paper.js", "kiosk/screens.js", "kiosk/store.js", "kiosk/words.js",
)  # fmt: skip


class Kiosk(DevicePage):
    kind = DeviceKind.KIOSK

    def get(self, request: HttpRequest) -> HttpResponse:
        languages = [one for one in self.device.languages if one in SPOKEN] or ["fr"]
        with self.scope(), override(languages[0]):
            context = {
                "state": state_of(self.device, at=now()),
                "site": self.device.site,
                "languages": [(code, get_language_info(code)["name_local"].capitalize()) for code in languages],
                "pictograms": PICTOGRAMS.items(),
                "theme": self.device.theme,
            }
            response = self.show("kiosk/kiosk.html", context)
        response["X-Kiosk"] = "1"  # the worker keeps this page, and no page that asks for a pairing
        return response


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """`/kiosk/sw.js`. Another shell, another text: the browser then installs it anew."""
    addresses = [staticfiles_storage.url(name) for name in SHELL]
    version = hashlib.sha256(b"".join(_text(name) for name in SHELL)).hexdigest()[:12]
    context = {"addresses": addresses, "version": version}
    return render(request, "kiosk/sw.js", context, content_type="text/javascript; charset=utf-8")


def _text(name: str) -> bytes:
    found = finders.find(name)
    return Path(found).read_bytes() if found else b""
