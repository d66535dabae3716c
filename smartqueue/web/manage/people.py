"""People: who belongs to the organisation, in which role, and what they serve."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.actions.welcome import invited_person, write_invitation
from smartqueue.accounts.models import User
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.actions import people
from smartqueue.queueing.queries.people import queues_to_serve, serving
from smartqueue.tenants.queries import member_or_refuse, members
from smartqueue.tenants.states import MemberState, Role, Scope
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.people_forms import InviteForm, MemberForm, PeopleFilters
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage


class PeoplePage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-people"

    def write_to(self, user: User, *, again: bool = False) -> None:
        """The letter that says where to go."""

        def choose(invited: User, token: str) -> str:
            return self.request.build_absolute_uri(reverse("welcome", args=(self.tenant.slug, invited.id, token)))

        sign_in = self.request.build_absolute_uri(reverse("sign-in"))
        write_invitation(
            user=user, organisation=self.tenant.name, choose=choose, sign_in=sign_in, again=again, at=now()
        )


class People(PeoplePage, ListPage):
    """`/{slug}/manage/people/`."""

    template = "manage/people.html"
    filters = PeopleFilters
    sorts: ClassVar = {
        "name": ("shown", "id"),
        "role": ("role", "shown", "id"),
        "seen": ("last_seen_at", "id"),
        "state": ("state", "shown", "id"),
    }
    columns = (
        Column("", ""),
        Column("name", _("Name")),
        Column("role", _("Role")),
        Column("", _("Serves at")),
        Column("seen", _("Last seen")),
        Column("state", _("State")),
    )
    bulk: ClassVar[dict[str, str | Promise]] = {"deactivate": _("Deactivate")}

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        rows: Any = members()
        if words := wanted.pop("q", ""):
            rows = rows.filter(Q(shown__icontains=words) | Q(email__icontains=words))
        return rows.filter(**wanted)  # type: ignore[no-any-return]

    def about(self, rows: Any) -> dict[str, Any]:
        served = serving([row.user_id for row in rows])
        for row in rows:
            row.serving, row.state_word = served.get(row.user_id), MemberState(row.state).label
        return {"title": gettext("People"), "me": self.user_id}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except RuleBroken as refusal:
            if refusal.status != 409:
                raise
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path(), status=303)

    def do_bulk(self, deed: str, ids: list[str]) -> str:
        found = [one.id for one in members() if str(one.id) in set(ids)]
        for membership_id in found:
            people.deactivate_member(membership_id=membership_id, actor=self.actor, at=now())
        said = ngettext("{count} person is deactivated.", "{count} people are deactivated.", len(found))
        return said.format(count=len(found))


class Invite(PeoplePage, FormPage):
    """`…/people/invite/`: the answer is the same whether or not the address has an account."""

    said = ""

    def form(self, data: Any = None, files: Any = None) -> InviteForm:
        first = {"role": Role.AGENT, "language": self.tenant.locale}
        return InviteForm(queues_to_serve(), data, initial=first)

    def about(self, form: InviteForm) -> dict[str, Any]:
        return {
            "title": gettext("Invite somebody"),
            "lead": gettext("They get a letter with a link to choose a password."),
            "back": reverse("manage-people", args=(self.tenant.slug,)),
            "fieldsets": form.fieldsets(),
            "submit": gettext("Send the invitation"),
        }

    def save(self, form: InviteForm) -> HttpResponse:
        typed, at = form.cleaned_data, now()
        user = invited_person(email=typed["email"], full_name=typed["full_name"], language=typed["language"], at=at)
        people.admit_member(
            tenant_id=self.tenant.id, user=user, name=typed["full_name"], role=Role(typed["role"]),
            queues=form.queues(), actor=self.actor, at=at,
        )  # fmt: skip
        self.write_to(user)
        said = gettext("{name} is invited. The letter is on its way.")
        messages.success(self.request, said.format(name=typed["full_name"]))
        return self.go("manage-people")


class OnePerson(PeoplePage, FormPage):
    """`…/people/{id}/`: role, queues, and the way out."""

    template = "manage/person.html"
    member: Any

    def find(self) -> None:
        self.member = member_or_refuse(self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> MemberForm:
        served = serving([self.member.user_id]).get(self.member.user_id)
        first: dict[str, Any] = {
            "full_name": self.member.shown, "role": self.member.role,
            "serves": bool(served and (served.is_active or not self.member.is_active) and served.weights)
            or bool(served and served.is_active),
        }  # fmt: skip
        first |= {f"queue-{queue}": weight for queue, weight in (served.weights if served else {}).items()}
        form = MemberForm(queues_to_serve(), data, initial=first)
        form.fields["role"].disabled = self.member.user_id == self.user_id
        return form

    def about(self, form: MemberForm) -> dict[str, Any]:
        return {
            "title": self.member.shown,
            "lead": self.member.email,
            "back": reverse("manage-people", args=(self.tenant.slug,)),
            "fieldsets": form.fieldsets(),
            "member": self.member,
            "state_word": MemberState(self.member.state).label,
            "is_me": self.member.user_id == self.user_id,
        }

    def save(self, form: MemberForm) -> HttpResponse:
        typed = form.cleaned_data
        people.change_member(
            membership_id=self.member.id, name=typed["full_name"], role=Role(typed["role"]), queues=form.queues(),
            actor=self.actor, at=now(),
        )  # fmt: skip
        return self.go("manage-person", self.member.id)


class PersonDeed(PeoplePage, DeedPage):
    """A press on one person, and back to them."""

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-person", kwargs["id"])

    def press(self, id: UUID) -> dict[str, Any]:
        return {"membership_id": id, "actor": self.actor, "at": now()}


class Deactivate(PersonDeed):
    def do(self, **kwargs: Any) -> str:
        people.deactivate_member(**self.press(kwargs["id"]))
        return gettext("Deactivated. Nothing here opens for them any more.")


class Reactivate(PersonDeed):
    def do(self, **kwargs: Any) -> str:
        people.reactivate_member(**self.press(kwargs["id"]))
        return gettext("Active again, with the same role and queues.")


class Remove(PersonDeed):
    def do(self, **kwargs: Any) -> str:
        people.remove_member(**self.press(kwargs["id"]))
        self.is_gone = True
        return gettext("Removed from your organisation.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-people") if getattr(self, "is_gone", False) else super().back(**kwargs)


class InviteAgain(PersonDeed):
    def do(self, **kwargs: Any) -> str:
        self.write_to(member_or_refuse(kwargs["id"]).user, again=True)
        return gettext("The invitation is sent again.")
