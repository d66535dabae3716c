"""Signing in and out of the pages, and where a person goes from there."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from smartqueue.accounts.actions import sign_in
from smartqueue.accounts.errors import SignInRefused, TooManyTries
from smartqueue.journal.actions.platform import record_by_staff
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.kernel.ids import uuid7
from smartqueue.tenants.models import Membership
from smartqueue.tenants.queries import memberships_of
from smartqueue.tenants.states import Role

HERE = "/sign-in/"
PLATFORM = "/platform/admin/"


class Credentials(forms.Form):
    """An address and its password. Spaces in a password are part of it."""

    use_required_attribute = True
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class SignIn(View):
    """`/sign-in/`: the form; for who is signed in already, the way on."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.form(request, Credentials())
        wanted = safe_next(request)
        return HttpResponseRedirect(wanted) if wanted else landing(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = Credentials(request.POST)
        if not typed.is_valid():
            return self.form(request, typed, status=400)
        try:
            user = sign_in(**typed.cleaned_data, at=now())
        except (SignInRefused, TooManyTries) as refusal:
            if isinstance(refusal, SignInRefused):
                note_refusal(request, refusal)
            return self.refused(request, typed, refusal)
        note(request, "user.signed_in", AuditKind.LOGIN, user_id=user.id, tenant_id=_first_tenant(user.id))
        login(request, user)  # with another session key than before
        return HttpResponseRedirect(safe_next(request) or HERE)

    def refused(self, request: HttpRequest, typed: Credentials, refusal: RuleBroken) -> HttpResponse:
        typed.add_error(None, str(refusal))
        if not isinstance(refusal, TooManyTries):
            return self.form(request, typed, status=400)
        response = self.form(request, typed, status=refusal.status)
        response["Retry-After"] = str(refusal.facts["retry_after_s"])
        return response

    def form(self, request: HttpRequest, typed: Credentials, status: int = 200) -> HttpResponse:
        context = {"form": typed, "next": safe_next(request)}
        return render(request, "shared/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """`/sign-out/`: the session ends on the server, not only in this browser. Signing out twice is no error."""
    if request.user.is_authenticated:
        user_id = UUID(str(request.user.pk))
        note(request, "user.signed_out", AuditKind.LOGOUT, user_id=user_id, tenant_id=_first_tenant(user_id))
    logout(request)
    return HttpResponseRedirect(HERE)


def landing(request: HttpRequest) -> HttpResponse:
    """Where a signed-in person's work is: the one organisation, a choice of several, or a word that there is none."""
    if getattr(request.user, "is_superuser", False):
        return HttpResponseRedirect(PLATFORM)
    memberships = memberships_of(UUID(str(request.user.pk)))
    if len(memberships) == 1:
        return HttpResponseRedirect(home_of(memberships[0]))
    places = [{"membership": one, "url": home_of(one)} for one in memberships]
    return render(request, "shared/organisations.html", {"places": places})


def home_of(membership: Membership) -> str:
    """The page a member begins the day with."""
    return f"/{membership.tenant.slug}/{'counter' if membership.role == Role.AGENT else 'manage'}/"


def safe_next(request: HttpRequest) -> str:
    """The page that was asked for before the sign-in; empty when it is not one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else ""


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


def _first_tenant(user_id: UUID) -> UUID | None:
    memberships = memberships_of(user_id)
    return memberships[0].tenant_id if memberships else None
