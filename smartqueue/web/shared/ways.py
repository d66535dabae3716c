"""Other ways in than the password: a code from the mailbox, a second factor after it, a new password."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartqueue.accounts.actions import (
    pass_second_factor,
    request_password_reset,
    request_sign_in_code,
    reset_password,
    sign_in_with_code,
)
from smartqueue.accounts.errors import CodeRefused, SignInRefused, TooManyTries
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import active_user, user_by_email
from smartqueue.accounts.states import CODE_LIFETIME, FIRST_FACTOR_LASTS, CodePurpose
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.kernel.ids import token, uuid7
from smartqueue.web.shared.doors import Code, DoorPage, Email, safe_next
from smartqueue.web.shared.signin import (
    FIRST_FACTOR,
    HERE,
    Credentials,
    first_factor_passed,
    first_tenant,
    let_in,
    note,
    note_refusal,
)

MAILED = "mailed_code"
NEW_PASSWORD_FOR = "new_password_for"  # noqa: S105 - the name of a place in the session
MINUTES = CODE_LIFETIME // timedelta(minutes=1)


class SendCode(DoorPage):
    """`/sign-in/code/send/`: a letter to the address, if somebody has it; the answer is the same."""

    template = "shared/sign_in.html"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        typed, at = Email(request.POST), now()
        if not typed.is_valid():
            return self.show(self.again(typed), status=400)
        email, binding = typed.cleaned_data["email"], token()
        try:
            user_id = request_sign_in_code(email=email, binding=binding, at=at)
        except TooManyTries as refusal:
            return self.refuse(self.again(typed), refusal)
        note_code(request, CodePurpose.SIGN_IN, user_id)
        request.session[MAILED] = {"email": email, "binding": binding, "next": safe_next(request)}
        return HttpResponseRedirect("/sign-in/code/")

    def again(self, typed: Email) -> Credentials:
        """The form of the sign-in, with what is wrong about the address, and without a word about the password."""
        form = Credentials({"email": typed.data.get("email", ""), "password": "-"})
        for wrong in typed.errors.get("email", []):
            if wrong not in form.errors.get("email", []):
                form.add_error("email", wrong)
        return form


class EnterCode(DoorPage):
    """`/sign-in/code/`: the six digits, in the browser that asked for them."""

    template = "shared/sign_in_code.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.session.get(MAILED)
        return self.show(Code(), **shown(asked)) if asked else HttpResponseRedirect(HERE)

    def post(self, request: HttpRequest) -> HttpResponse:
        asked, typed, at = request.session.get(MAILED), Code(request.POST), now()
        if not asked:
            return expired(request)
        if not typed.is_valid():
            return self.show(typed, status=400, **shown(asked))
        try:
            user = sign_in_with_code(
                email=asked["email"], binding=asked["binding"], code=typed.cleaned_data["code"], at=at
            )
        except (SignInRefused, TooManyTries) as refusal:
            if isinstance(refusal, SignInRefused):
                note_refusal(request, refusal)
            return self.refuse(typed, refusal, "code", **shown(asked))
        return first_factor_passed(request, user, at=at, by="code")


class SecondFactor(DoorPage):
    """`/sign-in/second-factor/`: for whoever has passed the first, five minutes ago at most."""

    template = "shared/sign_in_second.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        user, _first = self.passed(now())
        return self.show(self.form()) if user else expired(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed, at = self.form(request.POST), now()
        user, first = self.passed(at)
        if user is None:
            return expired(request)
        if not typed.is_valid():
            return self.show(typed, status=400)
        try:
            passed = pass_second_factor(user=user, code=typed.cleaned_data["code"], at=at)
        except RuleBroken as refusal:
            if isinstance(refusal, SignInRefused):
                note_refusal(request, refusal)
            return self.refuse(typed, refusal, "code")
        by = [first["by"], passed or ""]
        return HttpResponseRedirect(let_in(request, user, wanted=first["next"], at=at, by=by))

    def form(self, data: Any = None) -> Code:
        form = Code(data)
        if self.request.GET.get("with") == "recovery":
            form.fields["code"].label = _("Recovery code")
            form.fields["code"].widget.attrs |= {"inputmode": "text", "autocomplete": "off", "autocapitalize": "none"}
        return form

    def passed(self, at: datetime) -> tuple[User | None, dict[str, Any]]:
        """Who it is. A password that was changed meanwhile, or a closed account, ends the wait."""
        first = self.request.session.get(FIRST_FACTOR) or {}
        if not first or at > datetime.fromisoformat(first["at"]) + FIRST_FACTOR_LASTS:
            return None, {}
        user = active_user(first["user"])
        if user is None or not constant_time_compare(user.get_session_auth_hash(), first["hash"]):
            return None, {}
        return user, first


class Forgotten(DoorPage):
    """`/sign-in/forgotten/`: a code to choose another password; the answer is the same for every address."""

    template = "shared/forgotten.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(Email(initial={"email": request.GET.get("email", "")}))

    def post(self, request: HttpRequest) -> HttpResponse:
        typed, at = Email(request.POST), now()
        if not typed.is_valid():
            return self.show(typed, status=400)
        email = typed.cleaned_data["email"]
        try:
            request_password_reset(email=email, at=at)
        except TooManyTries as refusal:
            return self.refuse(typed, refusal)
        known = user_by_email(email)
        note_code(request, CodePurpose.RESET_PASSWORD, known.id if known else None)
        request.session[NEW_PASSWORD_FOR] = email
        return HttpResponseRedirect("/sign-in/new-password/")


class Chosen(Code, Email):
    """The letter's code and another password. The address is asked again: an invitation's letter leads here too."""

    field_order = ("email", "code", "new_password")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].widget.attrs["autofocus"] = False  # it stands there already, as a rule

    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=1000,
        strip=False,
        help_text=gettext_lazy("At least 8 signs. Several words are good and easy to keep."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8}),
    )


class NewPassword(DoorPage):
    """`/sign-in/new-password/`: the code from the letter opens it once; every sign-in elsewhere ends."""

    template = "shared/new_password.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        email = request.session.get(NEW_PASSWORD_FOR, "")
        return self.show(Chosen(initial={"email": email}), sent_to=email, minutes=MINUTES)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed, at = Chosen(request.POST), now()
        if not typed.is_valid():
            return self.show(typed, status=400)
        try:
            user = reset_password(**typed.cleaned_data, at=at)
        except Invalid as refusal:
            for wrong in refusal.facts["errors"]["new_password"]:
                typed.add_error("new_password", wrong["message"])
            return self.show(typed, status=400)
        except (CodeRefused, TooManyTries) as refusal:
            return self.refuse(typed, refusal, "code")
        note(request, "user.password_reset", AuditKind.UPDATE, user_id=user.id, tenant_id=first_tenant(user.id))
        request.session.pop(NEW_PASSWORD_FOR, None)
        messages.success(request, _("Your password is changed. Sign in with it."))
        return HttpResponseRedirect(HERE)


def note_code(request: HttpRequest, purpose: CodePurpose, user_id: Any) -> None:
    """A code was asked for, whether or not somebody has the address: both take as long."""
    tenant_id = first_tenant(user_id or uuid7())
    note(
        request,
        "user.code_asked",
        AuditKind.SEND,
        user_id=user_id,
        tenant_id=tenant_id,
        by_user=False,
        data={"purpose": purpose.value},
    )


def expired(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("That took too long. Sign in again."))
    return HttpResponseRedirect(HERE)


def shown(asked: dict[str, str]) -> dict[str, Any]:
    return {"email": asked["email"], "next": asked["next"], "minutes": MINUTES}
