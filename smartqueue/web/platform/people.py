"""The platform's super-admins."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from smartqueue.accounts.models import User
from smartqueue.accounts.queries import super_admins
from smartqueue.journal.actions.staff import make_super_admin, remove_super_admin
from smartqueue.web.platform.forms import PersonForm
from smartqueue.web.platform.pages import PlatformPage
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage


class People(PlatformPage, ListPage):
    """`/platform/people/`."""

    section = "platform-people"
    template = "platform/people.html"
    sorts = {"name": ("full_name", "email", "id"), "email": ("email", "id"), "seen": ("-last_login", "id")}
    columns = (
        Column("name", gettext_lazy("Name")), Column("email", gettext_lazy("E-mail")),
        Column("seen", gettext_lazy("Last sign-in")), Column("", gettext_lazy("Rights")),
    )  # fmt: skip

    def rows(self, wanted: dict[str, Any]) -> QuerySet[User]:
        words = wanted.get("q", "")
        return super_admins().filter(Q(email__icontains=words) | Q(full_name__icontains=words))


class NewPerson(PlatformPage, FormPage):
    """`/platform/people/new/`."""

    section = "platform-people"
    said = gettext_lazy("This person is a super-admin now.")

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return PersonForm(data)

    def save(self, form: Any) -> HttpResponse:
        make_super_admin(**form.cleaned_data, actor=self.actor, at=self.at)
        return self.go("platform-people")

    def about(self, form: Any) -> dict[str, Any]:
        return {
            "title": gettext("Add a super-admin"),
            "back": reverse("platform-people"),
            "lead": gettext(
                "A super-admin sees and changes every organisation. Everything they do is in the audit log."
            ),
            "submit": gettext("Give every right"),
        }


class RemovePerson(PlatformPage, DeedPage):
    """POST `/platform/people/{id}/remove/`."""

    section = "platform-people"

    def do(self, **kwargs: UUID) -> str:
        user = remove_super_admin(user_id=kwargs["id"], actor=self.actor, at=self.at)
        return gettext("{name} has no rights on the platform any more.").format(name=user.full_name or user.email)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("platform-people")
