"""API keys: which there are, a new one, and the end of one."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.actions.keys import make_key, revoke_key
from smartqueue.kernel.clock import now
from smartqueue.tenants.queries import api_keys, names_of
from smartqueue.tenants.states import SCOPE_WORDS, Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage


class KeyForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Which program uses it: Cash desk, Website."))
    expires_on = forms.DateField(
        label=_("Last day"), required=False, help_text=_("Leave it empty for a key without an end."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the key may do.")},
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
    )  # fmt: skip


class KeysPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-keys"


class Keys(KeysPage, ListPage):
    """`/{slug}/manage/keys/`: newest first."""

    template = "manage/keys.html"
    sorts: ClassVar = {
        "made": ("-made_at", "id"),
        "name": ("name", "id"),
        "used": ("-last_used_at", "id"),
    }
    columns = (
        Column("name", _("Name")),
        Column("", _("What it may do")),
        Column("used", _("Last used")),
        Column("made", _("Made")),
        Column("", _("State")),
        Column("", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        words = wanted.get("q", "")
        return api_keys().filter(name__icontains=words) if words else api_keys()

    def about(self, rows: Any) -> dict[str, Any]:
        names = names_of(row.made_by for row in rows if row.made_by)
        for row in rows:
            row.words = [SCOPE_WORDS[Scope(scope)] for scope in row.scopes]
            row.maker = names.get(row.made_by, "")
            row.is_over = row.expires_at is not None and row.expires_at <= now()
        return {"title": gettext("API keys")}


class NewKey(KeysPage, FormPage):
    """`…/keys/new/`: the secret is in the answer to the form, and nowhere after."""

    said: ClassVar[str | Promise] = ""

    def form(self, data: Any = None, files: Any = None) -> KeyForm:
        return KeyForm(data)

    def about(self, form: KeyForm) -> dict[str, Any]:
        return {
            "title": gettext("New key"),
            "lead": gettext("A program signs in with it, without a person. Give it no more than it needs."),
            "back": reverse("manage-keys", args=(self.tenant.slug,)),
            "submit": gettext("Make the key"),
        }

    def save(self, form: KeyForm) -> HttpResponse:
        typed = form.cleaned_data
        key, secret = make_key(
            tenant_id=self.tenant.id, name=typed["name"], scopes=typed["scopes"],
            expires_on=typed["expires_on"], time_zone=self.tenant.time_zone, actor=self.actor, at=now(),
        )  # fmt: skip
        told = {"title": key.name, "key": key, "secret": secret}
        return self.show("manage/key.html", told, status=201)


class RevokeKey(KeysPage, DeedPage):
    def do(self, **kwargs: Any) -> str:
        key = revoke_key(key_id=kwargs["id"], actor=self.actor, at=now())
        return gettext("{name} is revoked. It opens nothing any more.").format(name=key.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-keys")
