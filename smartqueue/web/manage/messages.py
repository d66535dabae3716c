"""Messages: what customers are told, on which way, in which language, and how it looks when it arrives."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.notifications.actions.wordings import drop_wording, keep_wording
from smartqueue.notifications.queries import (
    Rendered,
    Standing,
    digest_of,
    filled,
    own_wordings,
    standings,
    wordings_of_programs,
)
from smartqueue.notifications.states import WITH_SUBJECT, MessageChannel, MessageKind
from smartqueue.notifications.states.defaults import Wording, shipped
from smartqueue.notifications.states.sms import Sms, measured
from smartqueue.notifications.states.variables import samples_of, variables_of
from smartqueue.notifications.states.wording import LONGEST_BODY, LONGEST_SUBJECT, Unreadable, judge
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.messages_nav import tabs
from smartqueue.web.shared.office import DeedPage, FormPage, OfficePage

CHANNELS = (MessageChannel.SMS, MessageChannel.WHATSAPP, MessageChannel.EMAIL, MessageChannel.PUSH)
MOST_OF_PROGRAMS = 200
WHEN = {
    MessageKind.TICKET_JOINED: _("Right after somebody takes a ticket"),
    MessageKind.POSITION_REACHED: _("When few people are left ahead"),
    MessageKind.COME_BACK: _("When somebody who went away should return"),
    MessageKind.YOUR_TURN: _("When the counter calls"),
    MessageKind.CALLED_AGAIN: _("When the counter calls a second time"),
    MessageKind.MISSED: _("When nobody came"),
    MessageKind.THANKS: _("After the visit, with the link to the rating"),
    MessageKind.APPOINTMENT: _("Before an appointment"),
    MessageKind.PAYMENT: _("When a payment has arrived"),
    MessageKind.QUEUE_NEWS: _("When you tell something to everybody in a queue"),
    MessageKind.URGENT: _("When it cannot wait"),
}


@dataclass(frozen=True)
class Preview:
    """A message as it arrives: `wrong` says why there is none."""

    message: Rendered | None
    sms: Sms | None = None
    wrong: str = ""


@dataclass(frozen=True)
class Cell:
    """One message in the list: its channel, the languages that the tenant wrote itself, and those nobody wrote."""

    channel: str
    label: str
    own: list[str]
    missing: list[str]


def cell(kind: str, channel: MessageChannel, own: list[str]) -> Cell:
    missing = [code for code in Language.values if code not in own and shipped(kind, channel, code) is None]
    return Cell(channel, str(channel.label), sorted(own), missing)


class MessagesPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-templates"


class Messages(MessagesPage, OfficePage):
    """`/{slug}/manage/messages/`: kinds by channels."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            own: dict[tuple[str, str], list[str]] = {}
            for kind, channel, language in own_wordings().values_list("kind", "channel", "language"):
                own.setdefault((kind, channel), []).append(language)
            rows = [
                (kind, WHEN[kind], [cell(kind, one, own.get((kind, one), [])) for one in CHANNELS])
                for kind in MessageKind
            ]
            programs = list(wordings_of_programs()[:MOST_OF_PROGRAMS])
            told = {"title": gettext("Messages"), "rows": rows, "channels": CHANNELS, "programs": programs,
                    "tabs": tabs(self, "manage-templates")}  # fmt: skip
            return self.show("manage/messages.html", told)


class WordingForm(Labelled):
    """All languages of one message. `seen_…` carries what was shown, so that only what was changed is written."""

    def __init__(self, page: "OneMessage", data: Any = None) -> None:
        super().__init__(data)
        self.kind, self.channel = page.kind, page.channel
        for one in page.standings:
            self._offer(one, page)

    def _offer(self, one: Standing, page: "OneMessage") -> None:
        name = one.language
        live = {
            "hx-post": page.address("manage-template-preview", name), "hx-target": f"#preview-{name}",
            "hx-trigger": "input changed delay:300ms", "hx-params": f"subject_{name},body_{name}", "lang": name,
            "spellcheck": "true",
        }  # fmt: skip
        if self.channel in WITH_SUBJECT:
            self.fields[f"subject_{name}"] = forms.CharField(
                label=_("Title") if self.channel == MessageChannel.PUSH else _("Subject"),
                max_length=LONGEST_SUBJECT, initial=one.wording.subject, widget=forms.TextInput(attrs=live),
            )  # fmt: skip
        self.fields[f"body_{name}"] = forms.CharField(
            label=_("Text"), max_length=LONGEST_BODY, initial=one.wording.body,
            widget=forms.Textarea(attrs=live | {"rows": 12 if self.channel == MessageChannel.EMAIL else 6}),
        )  # fmt: skip
        self.fields[f"seen_{name}"] = forms.CharField(
            initial=one.digest, required=False, max_length=16, widget=forms.HiddenInput
        )

    def wording(self, language: str) -> Wording:
        """What was typed. Browsers send line ends of their own."""
        body = self.cleaned_data[f"body_{language}"].replace("\r\n", "\n")
        return Wording(self.cleaned_data.get(f"subject_{language}", ""), body)

    def clean(self) -> dict[str, Any]:
        for language in Language.values:
            if {f"subject_{language}", f"body_{language}"} & self.errors.keys():
                continue
            words = self.wording(language)
            try:
                judge(kind=self.kind, subject=words.subject, body=words.body)
            except Invalid as refusal:
                for field, errors in refusal.facts["errors"].items():
                    self.add_error(f"{field}_{language}", [error["message"] for error in errors])
        return self.cleaned_data

    @property
    def changed(self) -> dict[str, Wording]:
        """Language → what was typed, where it is not what was shown."""
        typed = {language: self.wording(language) for language in Language.values}
        return {
            language: words
            for language, words in typed.items()
            if digest_of(words) != self.cleaned_data[f"seen_{language}"]
        }


class OneWording(MessagesPage):
    """A page about one kind on one channel."""

    def find(self) -> None:
        self.kind, self.channel = self.kwargs["kind"], self.kwargs["channel"]
        if self.kind not in MessageKind.values or self.channel not in MessageChannel.values:
            raise NotFound
        self.standings = standings(self.kind, self.channel)

    def address(self, name: str, *words: str) -> str:
        return reverse(name, args=(self.tenant.slug, self.kind, self.channel, *words))

    def preview(self, words: Wording) -> Preview:
        """As it arrives, with this organisation's name and sample values."""
        values = samples_of(self.kind, organisation_name=self.tenant.name)
        try:
            message = filled(self.kind, self.channel, words, values)
        except Unreadable as reason:
            return Preview(None, wrong=str(reason))
        return Preview(message, measured(message.body) if self.channel == MessageChannel.SMS else None)


class OneMessage(OneWording, FormPage):
    """`…/messages/{kind}/{channel}/`: every language, with its preview."""

    template = "manage/message.html"

    def form(self, data: Any = None, files: Any = None) -> WordingForm:
        return WordingForm(self, data)

    def about(self, form: WordingForm) -> dict[str, Any]:
        tabs = [
            {
                "standing": one,
                "name": Language(one.language).label,
                "fields": [form[name] for name in (f"subject_{one.language}", f"body_{one.language}")
                           if name in form.fields],
                "seen": form[f"seen_{one.language}"],
                "preview": self.preview(
                    Wording(
                        str(form[f"subject_{one.language}"].value() or "") if self.channel in WITH_SUBJECT else "",
                        str(form[f"body_{one.language}"].value() or ""),
                    )
                ),
            }
            for one in self.standings
        ]  # fmt: skip
        return {
            "title": MessageKind(self.kind).label,
            "channel": MessageChannel(self.channel),
            "lead": f"{MessageChannel(self.channel).label} · {WHEN[MessageKind(self.kind)]}",
            "back": reverse("manage-templates", args=(self.tenant.slug,)),
            "back_words": gettext("Messages"),
            "tabs": tabs,
            "channels": [(one, self._beside(one)) for one in CHANNELS],
            "variables": variables_of(self.kind),
        }

    def _beside(self, channel: str) -> str:
        return reverse("manage-template", args=(self.tenant.slug, self.kind, channel))

    def save(self, form: WordingForm) -> HttpResponse:
        for language, words in form.changed.items():
            where: Any = {"kind": self.kind, "channel": self.channel, "language": language}
            if words == shipped(self.kind, self.channel, language):
                drop_wording(**where, actor=self.actor, at=now())
                continue
            keep_wording(
                tenant_id=self.tenant.id, **where, subject=words.subject, body=words.body,
                seen=form.cleaned_data[f"seen_{language}"], actor=self.actor, at=now(),
            )  # fmt: skip
        return self.go("manage-template", self.kind, self.channel)


class PreviewMessage(OneWording, OfficePage):
    """`…/preview/{language}/`, POST: what was typed, as it would arrive. Writes nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = kwargs["language"]
        if language not in Language.values:
            raise NotFound
        with self.scope():
            self.find()
            typed = (request.POST.get(f"{name}_{language}", "") for name in ("subject", "body"))
            subject, body = (words.replace("\r\n", "\n") for words in typed)
            words = Wording(subject[:LONGEST_SUBJECT], body[:LONGEST_BODY])
            told = {"preview": self.preview(words), "channel": MessageChannel(self.channel)}
            return self.show("manage/message_preview.html", told)


class BackToDefault(OneWording, DeedPage):
    """`…/default/{language}/`, POST."""

    def do(self, **kwargs: Any) -> str:
        self.find()
        if kwargs["language"] not in Language.values:
            raise NotFound
        drop_wording(kind=self.kind, channel=self.channel, language=kwargs["language"], actor=self.actor, at=now())
        return gettext("The usual words are back.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-template", kwargs["kind"], kwargs["channel"])
