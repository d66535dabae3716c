"""The voice of the screens: what there is to record in a language, and the organisation's own recordings."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from smartqueue.devices.actions.clips import delete_clip, keep_clip
from smartqueue.devices.queries.clips import ClipHeard, made_clip, recorded
from smartqueue.devices.states.clips import MADE, MOST_BYTES
from smartqueue.devices.states.voice import LANGUAGES, Fragment, fragments
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound, RuleBroken
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.menu import ManagePage

FIRST_LANGUAGE = "wo"
"""The one that nobody else can record."""


@dataclass(frozen=True, slots=True)
class Row:
    """A fragment on the page. `address` of what is heard now: the own recording, else what ships, else nothing."""

    fragment: Fragment
    own: ClipHeard | None
    address: str


class VoicePage(ManagePage):
    """`/{slug}/manage/voice/?language=wo`: every fragment, to hear, record, upload and delete."""

    needs = Scope.MANAGE_SETTINGS
    section = "manage-voice"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        language = _known(request.GET.get("language", FIRST_LANGUAGE))
        with self.scope():
            own = recorded([language])
            rows = [self._row(language, fragment, own) for fragment in fragments(language)]
            done = sum(row.own is not None for row in rows)
            told: dict[str, Any] = {
                "language": language, "languages": LANGUAGES, "rows": rows, "done": done, "ships": language in MADE,
                "unsure": sum(not row.fragment.is_certain for row in rows), "most_kb": MOST_BYTES // 1000,
            }  # fmt: skip
            return self.show("manage/voice.html", told)

    def _row(self, language: str, fragment: Fragment, own: dict[tuple[str, str], ClipHeard]) -> Row:
        clip = own.get((language, fragment.key))
        if clip is None:
            return Row(fragment, None, made_clip(language, fragment.key))
        at = reverse("clip", args=(self.tenant.slug, language, fragment.key))
        return Row(fragment, clip, f"{at}?v={clip.digest}")

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """`delete`: a fragment; else `clips`: recordings, each named after its fragment."""
        language = _known(request.POST.get("language", ""))
        if key := request.POST.get("delete", ""):
            with self.scope():
                delete_clip(language=language, key=key, actor=self.actor, at=now())
            messages.success(request, gettext("The recording is deleted."))
        else:
            self._keep(request, language)
        return HttpResponseRedirect(f"{request.path}?language={language}", status=303)

    def _keep(self, request: HttpRequest, language: str) -> None:
        """One that is refused leaves the others kept."""
        files, lengths, kept = request.FILES.getlist("clips"), request.POST.getlist("seconds"), 0
        for place, file in enumerate(files):
            try:
                with self.scope():
                    keep_clip(
                        tenant_id=self.tenant.id, language=language, key=PurePath(file.name or "").stem.lower(),
                        audio=_start_of(file), seconds=_seconds(lengths, place), actor=self.actor, at=now(),
                    )  # fmt: skip
            except RuleBroken as refused:
                messages.error(request, f"{file.name}: {refused}")
            else:
                kept += 1
        if kept:
            said = ngettext("{count} recording is kept.", "{count} recordings are kept.", kept)
            messages.success(request, said.format(count=kept))
        elif not files:
            messages.error(request, gettext("Choose at least one file."))


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise NotFound
    return language


def _start_of(file: "UploadedFile[bytes]") -> bytes:
    """The file, but no more of it than it takes to see that it is too big."""
    start: bytes = file.read(MOST_BYTES + 1)
    return start


def _seconds(lengths: list[str], place: int) -> float | None:
    try:
        return float(lengths[place])
    except (IndexError, ValueError):
        return None
