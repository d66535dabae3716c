"""Signing in and out of the pages, and where a person goes from there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from smartqueue.accounts.actions import remember_browser, sign_in
from smartqueue.accounts.errors import SignInRefused, TooManyTries
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import has_second_factor
from smartqueue.journal.actions.platform import record_by_staff
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.ids import uuid7
from smartqueue.tenants.models import Membership
from smartqueue.tenants.queries import memberships_of
from smartqueue.tenants.states import Role
from smartqueue.web.shared.doors import DoorPage, safe_next
from smartqueue.web.shared.sessions import begin

HERE = "/sign-in/"
PLATFORM = "/platform/"
SECOND_FACTOR = "/sign-in/second-factor/"
FIRST_FACTOR = "first_factor"
BEFORE_SIGN_IN = (FIRST_FACTOR, "mailed_code", "new_password_for", "passkey")
"""What a session may hold before somebody has signed in."""


class Credentials(forms.Form):
    """An address and its password. Spaces in a password are part of it."""

    use_required_attribute = True
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignIn(DoorPage):
    """`/sign-in/`: the form; for who is signed in already, the way on."""

    template = "shared/sign_in.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.show(Credentials())
        wanted = safe_next(request)
        return HttpResponseRedirect(wanted) if wanted else landing(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed, at = Credentials(request.POST), now()
        if not typed.is_valid():
            return self.show(typed, status=400)
        try:
            user = sign_in(**typed.cleaned_data, at=at)
        except (SignInRefused, TooManyTries) as refusal:
            if isinstance(refusal, SignInRefused):
                note_refusal(request, refusal)
            return self.refuse(typed, refusal)
        return first_factor_passed(request, user, at=at)


def first_factor_passed(request: HttpRequest, user: User, *, at: datetime, by: str = "") -> HttpResponse:
    """Whoever has no second factor is in. Anyone else is asked for it: five minutes, in this browser.

    Args:
        by: what it was, where it was no password; for the journal.
    """
    wanted = safe_next(request)
    if not has_second_factor(user.id):
        return HttpResponseRedirect(let_in(request, user, wanted=wanted, at=at, by=[by] if by else []))
    request.session.cycle_key()
    request.session[FIRST_FACTOR] = {
        "user": str(user.id),
        "hash": user.get_session_auth_hash(),
        "at": at.isoformat(),
        "next": wanted,
        "by": by or "password",
    }
    return HttpResponseRedirect(SECOND_FACTOR)


def let_in(request: HttpRequest, user: User, *, wanted: str, at: datetime, by: list[str]) -> str:
    """Sign in whoever has proved who they are, with another session key than before; says where to go."""
    data = {"by": by} if by else {}
    note(request, "user.signed_in", AuditKind.LOGIN, user_id=user.id, tenant_id=first_tenant(user.id), data=data)
    for kept in BEFORE_SIGN_IN:
        request.session.pop(kept, None)
    login(request, user)
    begin(request.session, at=at)
    remember(request, user, at=at)
    return wanted or HERE


def remember(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Put this browser on the person's list."""
    here = Actor.at_the_door(request.META, "")
    key = str(request.session.session_key)
    remember_browser(user=user, session_key=key, ip=here.ip, user_agent=here.user_agent, at=at)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """`/sign-out/`: the session ends on the server, not only in this browser. Signing out twice is no error."""
    if request.user.is_authenticated:
        user_id = UUID(str(request.user.pk))
        note(request, "user.signed_out", AuditKind.LOGOUT, user_id=user_id, tenant_id=first_tenant(user_id))
    logout(request)
    return HttpResponseRedirect(HERE)


def landing(request: HttpRequest) -> HttpResponse:
    """Where a signed-in person's work is: the one organisation, a choice of several, or a word that there is none."""
    if getattr(request.user, "is_superuser", False):
        return HttpResponseRedirect(PLATFORM)
    memberships = memberships_of(UUID(str(request.user.pk)))
    if len(memberships) == 1:
        return HttpResponseRedirect(home_of(memberships[0]))
    return choice(request, memberships)


@login_required
@never_cache
def organisations(request: HttpRequest) -> HttpResponse:
    """`/organisations/`: every organisation of a person, to change from one to another."""
    return choice(request, memberships_of(UUID(str(request.user.pk))))


def choice(request: HttpRequest, memberships: list[Membership]) -> HttpResponse:
    places = [{"membership": one, "url": home_of(one)} for one in memberships]
    return render(request, "shared/organisations.html", {"places": places})


def home_of(membership: Membership) -> str:
    """The page a member begins the day with; `/manage/` goes on to the first page that is open to the role."""
    return f"/{membership.tenant.slug}/{'counter' if membership.role == Role.AGENT else 'manage'}/"


def note(
    request: HttpRequest,
    fact: str,
    kind: AuditKind,
    *,
    user_id: UUID | None,
    tenant_id: UUID | None,
    by_user: bool = True,
    data: dict[str, Any] | None = None,
) -> None:
    """Record a fact about a person in one tenant, or outside all of them: on the connection that may do both.

    Args:
        by_user: False when it was not proved that the person did it.
        data: never a password or an address.
    """
    line = f"{request.method} {request.path}"
    record_by_staff(
        fact,
        kind=kind,
        tenant_id=tenant_id,
        object_type="user",
        object_id=user_id,
        actor=Actor.at_the_door(request.META, line, user_id=user_id if by_user else None),
        at=now(),
        data=data,
    )


def note_refusal(request: HttpRequest, refusal: SignInRefused) -> None:
    """A failed sign-in, in every tenant of the person whose address it was."""
    # For an unknown address the same question is asked in vain, so that both take as long.
    memberships = memberships_of(refusal.user_id or uuid7())
    tenants: list[UUID | None] = [one.tenant_id for one in memberships]
    for tenant_id in tenants or [None]:
        note(
            request,
            "user.sign_in_failed",
            AuditKind.LOGIN_FAILED,
            user_id=refusal.user_id,
            tenant_id=tenant_id,
            by_user=False,
            data={"reason": refusal.code},
        )


def first_tenant(user_id: UUID) -> UUID | None:
    memberships = memberships_of(user_id)
    return memberships[0].tenant_id if memberships else None
