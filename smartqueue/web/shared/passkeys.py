"""The server's half of passkeys: challenges in the session, each for one answer. The other half is passkeys.js."""

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.views import View

from smartqueue.accounts.actions import (
    Party,
    add_passkey,
    begin_passkey,
    begin_passkey_sign_in,
    remove_passkey,
    sign_in_with_passkey,
)
from smartqueue.accounts.errors import PasskeyRefused
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, NotFound, RuleBroken
from smartqueue.web.shared.doors import safe_next
from smartqueue.web.shared.signin import first_tenant, let_in, note, note_refusal

KEPT = "passkey"
PAGE = "/me/security/"


class Ceremony(View):
    """JSON in and out. A refusal says its sentence."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            answer = JsonResponse(self.act(request))
        except RuleBroken as refusal:
            answer = JsonResponse({"detail": sentence_of(refusal)}, status=refusal.status)
        answer["Cache-Control"] = "no-store"
        return answer

    def act(self, request: HttpRequest) -> dict[str, Any]:
        raise NotImplementedError

    def ask(self, purpose: str, begun: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
        options, state = begun
        self.request.session[KEPT] = {"for": purpose, "state": state}
        return options

    def asked(self, purpose: str) -> dict[str, Any]:
        """What was kept of the challenge, which is gone now.

        Raises:
            PasskeyRefused: there is none for this purpose.
        """
        kept = self.request.session.pop(KEPT, None)
        if not kept or kept["for"] != purpose:
            raise PasskeyRefused
        return dict(kept["state"])


class BeginSignIn(Ceremony):
    """`/sign-in/passkey/begin/`."""

    def act(self, request: HttpRequest) -> dict[str, Any]:
        return self.ask("sign-in", begin_passkey_sign_in(party=party_of(request)))


class SignIn(Ceremony):
    """`/sign-in/passkey/`: the device was unlocked by its owner, so no second factor is asked for."""

    def act(self, request: HttpRequest) -> dict[str, Any]:
        state, at = self.asked("sign-in"), now()
        try:
            user = sign_in_with_passkey(party=party_of(request), state=state, answer=told(request)["answer"], at=at)
        except PasskeyRefused as refusal:
            note_refusal(request, refusal)
            raise
        return {"next": let_in(request, user, wanted=safe_next(request), at=at, by=["passkey"])}


class BeginAdding(LoginRequiredMixin, Ceremony):
    """`/me/security/passkeys/begin/`."""

    def act(self, request: Any) -> dict[str, Any]:
        return self.ask("add", begin_passkey(user=request.user, party=party_of(request)))


class Add(LoginRequiredMixin, Ceremony):
    """`/me/security/passkeys/`."""

    def act(self, request: Any) -> dict[str, Any]:
        state, body, user = self.asked("add"), told(request), request.user
        name = str(body.get("name", ""))
        made = add_passkey(user=user, name=name, party=party_of(request), state=state, answer=body["answer"], at=now())
        note_passkey(request, "user.passkey_added", made.id)
        messages.success(request, _("Your passkey is ready. You can sign in with it now."))
        return {"next": PAGE}


class Remove(LoginRequiredMixin, View):
    """`/me/security/passkeys/{id}/remove/`."""

    http_method_names = ["post"]

    def post(self, request: Any, passkey_id: UUID) -> HttpResponse:
        try:
            remove_passkey(user=request.user, passkey_id=passkey_id)
        except NotFound as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(PAGE, status=303)
        note_passkey(request, "user.passkey_removed", passkey_id)
        messages.success(request, _("The passkey is removed. It opens nothing any more."))
        return HttpResponseRedirect(PAGE, status=303)


def party_of(request: HttpRequest) -> Party:
    """The site at this address. Browsers allow passkeys over https, and on this very machine."""
    host = request.get_host()
    name = urlsplit(f"//{host}").hostname or ""
    is_here = name == "localhost" or name.endswith(".localhost")
    return Party(host=name, origins=frozenset({f"https://{host}", *([f"http://{host}"] if is_here else [])}))


def told(request: HttpRequest) -> dict[str, Any]:
    """The body.

    Raises:
        PasskeyRefused: it is not what our script sends.
    """
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise PasskeyRefused from None
    if not isinstance(body, dict) or not isinstance(body.get("answer"), dict):
        raise PasskeyRefused
    return body


def note_passkey(request: Any, fact: str, passkey_id: UUID) -> None:
    user_id = request.user.id
    data = {"passkey_id": str(passkey_id)}
    note(request, fact, AuditKind.UPDATE, user_id=user_id, tenant_id=first_tenant(user_id), data=data)


def sentence_of(refusal: RuleBroken) -> str:
    if isinstance(refusal, Invalid):
        return str(next(iter(refusal.facts["errors"].values()))[0]["message"])
    return str(refusal)
