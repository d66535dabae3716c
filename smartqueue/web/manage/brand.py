"""Appearance: the colour and the logo that the public sees, drafted first."""

from base64 import b64encode
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.actions.drafts import save_draft
from smartqueue.journal.actions.organisation import BrandDraft
from smartqueue.kernel.clock import now
from smartqueue.kernel.colours import INK, WHITE
from smartqueue.tenants.queries import draft_of
from smartqueue.tenants.states import LOGO_BYTES, Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import FormPage

OURS = "#0b6b50"
"""The platform's own colour: static/css/tokens.css."""


class BrandForm(Labelled):
    colour = forms.CharField(
        label=_("Colour of your pages"), max_length=7, required=False,
        help_text=_("As #rrggbb. Leave it empty for the colour of SmartQueue."),
        widget=forms.TextInput(
            attrs={"pattern": "#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", "autocomplete": "off", "spellcheck": "false",
                   "placeholder": OURS}
        ),
    )  # fmt: skip
    logo = forms.FileField(
        label=_("Logo"), required=False, help_text=_("PNG or JPEG, at most 64 kB. Wide is better than tall."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )  # fmt: skip
    no_logo = forms.BooleanField(label=_("Show the name instead of a logo"), required=False)


class BrandPage(ManagePage, FormPage):
    """`/{slug}/manage/brand/`: saves a draft; nothing is seen before it is published."""

    needs = Scope.MANAGE_SETTINGS
    section = "manage-brand"
    template = "manage/brand.html"
    said: ClassVar[str | Promise] = _("Kept as a draft. Look at it, then publish it.")

    def find(self) -> None:
        self.draft = draft_of(BrandDraft.object_type, self.tenant.id)
        self.drafted = self.draft.values if self.draft else {}

    def form(self, data: Any = None, files: Any = None) -> BrandForm:
        first = {"colour": self.drafted.get("colour", self.tenant.brand_colour)}
        return BrandForm(data, files, initial=first)

    def about(self, form: BrandForm) -> dict[str, Any]:
        logo = "logo" in self.drafted
        own = reverse("logo", args=(self.tenant.slug,)) + f"?v={self.tenant.logo_version}"
        drafted = reverse("manage-draft-logo", args=(self.tenant.slug,))
        return {
            "title": gettext("Appearance"),
            "draft": self.draft,
            "logo": (drafted if self.drafted["logo"] else "") if logo else (own if self.tenant.logo_version else ""),
            "ours": OURS, "ink": INK, "white": WHITE,
            "submit": gettext("Keep as a draft"),
        }  # fmt: skip

    def save(self, form: BrandForm) -> HttpResponse:
        typed = form.cleaned_data
        values: dict[str, Any] = {"colour": typed["colour"].strip().lower()}
        if typed["no_logo"]:
            values["logo"] = ""
        elif typed["logo"]:
            values["logo"] = b64encode(start_of(typed["logo"])).decode()
        save_draft(
            kind=BrandDraft(), tenant_id=self.tenant.id, object_id=self.tenant.id, values=values, actor=self.actor,
            at=now(),
        )  # fmt: skip
        return self.go("manage-brand")


def start_of(file: "UploadedFile[bytes]") -> bytes:
    """The file, but no more of it than it takes to see that it is too big."""
    start: bytes = file.read(LOGO_BYTES + 1)
    return start
