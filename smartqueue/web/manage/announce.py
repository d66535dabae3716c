"""Tell everybody in a line something: written, looked at with its price, sent."""

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.actions import claim_key, remember_answer
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.notifications.actions.outgoing import LONGEST_NEWS, announce_news
from smartqueue.notifications.actions.preview import Reach, announcement_reach
from smartqueue.queueing.queries import queue_or_refuse
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.sent import channel_words
from smartqueue.web.shared.office import FormPage


class NewsForm(Labelled):
    text = forms.CharField(
        label=_("What you announce"), max_length=LONGEST_NEWS,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_NEWS, "spellcheck": "true"}),
        help_text=_("At most 160 characters, in the language of your customers. It goes out as you write it."),
    )  # fmt: skip
    is_urgent = forms.BooleanField(
        label=_("It cannot wait"), required=False, help_text=_("Goes out at any hour, before other messages.")
    )

    def clean_text(self) -> str:
        return " ".join(str(self.cleaned_data["text"]).split())


class Announce(ManagePage, FormPage):
    """`/{slug}/manage/dashboard/queues/{id}/announce/`: POST shows what it would do, POST with `sure` does it, once."""

    needs = Scope.SEND_NOTIFICATION
    section = "manage-dashboard"
    template = "manage/announce.html"
    said = ""

    def find(self) -> None:
        self.queue = queue_or_refuse(self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> NewsForm:
        return NewsForm(data)

    def about(self, form: NewsForm) -> dict[str, Any]:
        return {
            "title": gettext("Tell everybody in this line"),
            "lead": gettext("{queue}: whoever left a phone number, an e-mail or an open page is told.").format(
                queue=self.queue.name
            ),
            "back": reverse("manage-dashboard-queue", args=(self.tenant.slug, self.queue.id)),
            "back_words": self.queue.name,
            "submit": gettext("See who is told"),
        }

    def save(self, form: NewsForm) -> HttpResponse:
        news, is_urgent = form.cleaned_data["text"], form.cleaned_data["is_urgent"]
        words: dict[str, Any] = {
            "tenant_id": self.tenant.id, "queue_id": self.queue.id, "news": news, "is_urgent": is_urgent,
            "actor": self.actor, "at": now(),
        }  # fmt: skip
        if "change" in self.request.POST:
            return self.show(self.template, {"form": form} | self.about(form))
        if "sure" in self.request.POST:
            return self.send(words)
        return self.show(self.template, {"form": form, "reach": self.reach(words), "sure": uuid4()} | self.about(form))

    def reach(self, words: dict[str, Any]) -> dict[str, Any]:
        reach: Reach = announcement_reach(**words)
        people = ngettext("Send to {count} person", "Send to {count} people", reach.told).format(count=reach.told)
        ways = [(channel_words(channel), count) for channel, count in reach.by_channel.items()]
        return {"reach": reach, "ways": ways, "send": people, "unreached": reach.in_line - reach.told}

    def send(self, words: dict[str, Any]) -> HttpResponse:
        """Once for each preview, however often the button is pressed."""
        key = _uuid_or_refuse(self.request.POST["sure"])
        fingerprint = sha256(f"{self.queue.id}\0{words['is_urgent']}\0{words['news']}".encode()).digest()
        row_id, before = claim_key(
            tenant_id=self.tenant.id, caller=f"announce:{self.user_id}", key=str(key), fingerprint=fingerprint,
            at=words["at"],
        )  # fmt: skip
        if before is None:
            told = announce_news(**words)
            remember_answer(row_id=row_id, status=200, body=str(told).encode())
        else:
            told = int(bytes(before.body))
        said = ngettext("{count} person is told.", "{count} people are told.", told)
        messages.success(self.request, said.format(count=told))
        return self.go("manage-dashboard-queue", self.queue.id)


def _uuid_or_refuse(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
