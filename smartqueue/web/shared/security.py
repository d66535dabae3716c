"""`/me/security/`: how a person signs in, and where they are signed in."""

import re
from datetime import datetime
from typing import Any, ClassVar

import pyotp
import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from smartqueue.accounts.actions import (
    begin_second_factor,
    change_password,
    confirm_second_factor,
    remove_second_factor,
    renew_recovery_codes,
    sign_out_everywhere,
)
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import (
    SignedInPlace,
    begun_second_factor,
    passkeys_of,
    recovery_codes_left,
    second_factor_since,
    signed_in_places,
)
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.web.shared.doors import Code
from smartqueue.web.shared.office import tell
from smartqueue.web.shared.passkeys import PAGE
from smartqueue.web.shared.signin import first_tenant, note, remember

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
"""What user agents say of themselves; the first that fits, for many name the others too."""


class PasswordChange(forms.Form):
    use_required_attribute = True
    current = forms.CharField(
        label=gettext_lazy("Your password now"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=1000,
        strip=False,
        help_text=gettext_lazy("At least 8 signs. Several words are good and easy to keep."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8}),
    )


class Proof(forms.Form):
    use_required_attribute = True
    proof = forms.CharField(
        label=gettext_lazy("Your password, or a code from your phone"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Security(LoginRequiredMixin, View):
    """The page, and what its forms have in common: what is refused stands in its form, on the page."""

    person: User
    form: ClassVar[type[forms.Form]]
    place = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, User):
            self.person = request.user
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page()

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST, auto_id=f"{self.place}-%s")
        if not form.is_valid():
            return self.page(form, 400)
        try:
            return self.act(form.cleaned_data, now())
        except RuleBroken as refusal:
            tell(form, refusal)
            return self.page(form, refusal.status if refusal.status == 429 else 400)

    def act(self, typed: dict[str, Any], at: datetime) -> HttpResponse:
        raise NotImplementedError

    def page(self, refused: forms.Form | None = None, status: int = 200) -> HttpResponse:
        """The page; a form that was refused stays open, under the name of its place."""
        user, at = self.person, now()
        since = second_factor_since(user.id)
        context = {
            "password": PasswordChange(auto_id="password-%s"),
            "off": Proof(auto_id="off-%s"),
            "renewal": Proof(auto_id="renewal-%s"),
            "since": since,
            "codes_left": recovery_codes_left(user.id) if since else 0,
            "passkeys": passkeys_of(user.id),
            "places": [self.shown(one) for one in signed_in_places(user.id, at=at)],
            "opened": self.place if refused else "",
        }
        return render(
            self.request, "shared/security.html", context | ({self.place: refused} if refused else {}), status=status
        )

    def shown(self, place: SignedInPlace) -> dict[str, Any]:
        is_here = place.session_key == self.request.session.session_key
        return {"is_here": is_here, "what": device_of(place.user_agent), "at": place.at, "ip": place.ip,
                "is_app": not place.session_key}  # fmt: skip

    def note(self, fact: str) -> None:
        note(self.request, fact, AuditKind.UPDATE, user_id=self.person.id, tenant_id=first_tenant(self.person.id))

    def stay(self, at: datetime) -> None:
        """Every session of this person has ended; this one goes on, under another key."""
        update_session_auth_hash(self.request, self.person)
        remember(self.request, self.person, at=at)

    def back(self, said: str) -> HttpResponse:
        messages.success(self.request, said)
        return HttpResponseRedirect(PAGE, status=303)


class Password(Security):
    """`/me/security/password/`."""

    form, place = PasswordChange, "password"

    def act(self, typed: dict[str, Any], at: datetime) -> HttpResponse:
        change_password(user=self.person, **typed, session=None, at=at)
        self.note("user.password_changed")
        self.stay(at)
        return self.back(_("Your password is changed. You were signed out everywhere else."))


class SignOutEverywhere(Security):
    """`/me/security/sign-out-everywhere/`."""

    form, place = forms.Form, "places"

    def act(self, typed: dict[str, Any], at: datetime) -> HttpResponse:
        sign_out_everywhere(user=self.person, at=at)
        self.note("user.signed_out_everywhere")
        self.stay(at)
        return self.back(_("You are signed out everywhere else."))


class TurnOff(Security):
    """`/me/security/second-factor/off/`."""

    form, place = Proof, "off"

    def act(self, typed: dict[str, Any], at: datetime) -> HttpResponse:
        remove_second_factor(user=self.person, **typed, at=at)
        self.note("user.second_factor_off")
        return self.back(_("Your second factor is off."))


class Renew(Security):
    """`/me/security/recovery-codes/`: ten new ones, shown once."""

    form, place = Proof, "renewal"

    def act(self, typed: dict[str, Any], at: datetime) -> HttpResponse:
        codes = renew_recovery_codes(user=self.person, **typed, at=at)
        self.note("user.recovery_codes_renewed")
        return render(self.request, "shared/recovery_codes.html", {"codes": codes})


class TurnOn(Security):
    """`/me/security/second-factor/`: the secret as a picture and as text, until a first code of it has come back."""

    form, place = Code, "on"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page()

    def post(self, request: HttpRequest) -> HttpResponse:
        if "code" in request.POST:
            return super().post(request)
        try:
            begin_second_factor(user=self.person, at=now())
        except RuleBroken as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(PAGE, status=303)
        return HttpResponseRedirect(request.path, status=303)

    def act(self, typed: dict[str, Any], at: datetime) -> HttpResponse:
        codes = confirm_second_factor(user=self.person, code=typed["code"], at=at)
        self.note("user.second_factor_on")
        return render(self.request, "shared/recovery_codes.html", {"codes": codes, "is_new": True})

    def page(self, refused: forms.Form | None = None, status: int = 200) -> HttpResponse:
        secret = begun_second_factor(self.person.id)
        if secret is None:
            return HttpResponseRedirect(PAGE, status=303)
        uri = pyotp.TOTP(secret).provisioning_uri(name=self.person.email, issuer_name="SmartQueue")
        picture = segno.make(uri, error="m", micro=False).svg_inline(border=3, omitsize=True, light="#fff")
        groups = re.findall("....", secret)
        context = {"form": refused or Code(auto_id="on-%s"), "picture": picture, "groups": groups, "uri": uri}
        return render(self.request, "shared/second_factor.html", context, status=status)


def device_of(user_agent: str) -> str:
    """`Firefox · Linux`; empty when it says neither."""
    found = [next((name for sign, name in known if sign in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found))
