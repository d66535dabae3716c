"""One person's account: found by the whole address, seen, and helped where that person cannot help themselves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.models import User
from smartqueue.accounts.queries import (
    passkeys_of,
    recovery_codes_left,
    second_factor_since,
    seconds_to_wait,
    signed_in_places,
    user_by_email,
    user_by_id,
)
from smartqueue.accounts.states import TallyKind
from smartqueue.journal.actions import people
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.tenants.queries import every_membership_of
from smartqueue.web.platform.forms import LONGEST_REASON, AccountForm, reason_of
from smartqueue.web.platform.pages import PlatformPage
from smartqueue.web.shared.office import DeedPage, FormPage

LOCKS = (
    (TallyKind.SIGN_IN_FAILED, _("Too many wrong passwords")),
    (TallyKind.SECOND_FACTOR_FAILED, _("Too many wrong codes of the second factor")),
)


class AccountsPage(PlatformPage):
    section = "platform-accounts"


class Accounts(AccountsPage, FormPage):
    """`/platform/accounts/`: an address is sent, never written into the page's own."""

    said = ""

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return AccountForm(data)

    def save(self, form: Any) -> HttpResponse:
        user = user_by_email(form.cleaned_data["email"])
        if user is None:
            raise Invalid(email=gettext("Nobody has an account with this address."))
        return self.go("platform-account", user.id)

    def about(self, form: Any) -> dict[str, Any]:
        return {
            "title": gettext("Accounts"),
            "lead": gettext("For somebody who has lost a phone, or whose account is in wrong hands."),
            "submit": gettext("Find"),
        }


class OneAccount(AccountsPage):
    """`/platform/accounts/{id}/`."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        with self.scope():
            user = user_by_id(id)
            if user is None:
                raise NotFound
            since = second_factor_since(user.id)
            told = {
                "account": user,
                "is_own": user.id == self.user_id,
                "memberships": every_membership_of(user.id),
                "locks": self.locks(user),
                "since": since,
                "codes_left": recovery_codes_left(user.id) if since else 0,
                "passkeys": len(passkeys_of(user.id)),
                "places": len(signed_in_places(user.id, at=self.at)),
                "longest_reason": LONGEST_REASON,
            }
            return self.show("platform/account.html", told)

    def locks(self, user: User) -> list[dict[str, Any]]:
        """What keeps this person from signing in now, and until when."""
        waits = [(words, seconds_to_wait(kind=kind, email=user.email, at=self.at)) for kind, words in LOCKS]
        return [{"words": words, "until": self.at + timedelta(seconds=wait_s)} for words, wait_s in waits if wait_s]


class AccountDeed(AccountsPage, DeedPage):
    """POST to one account, and back to its page."""

    def named(self, **kwargs: UUID) -> dict[str, Any]:
        return {"user_id": kwargs["id"], "reason": reason_of(self.request), "actor": self.actor, "at": self.at}

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("platform-account", kwargs["id"])


class TakeSecondFactor(AccountDeed):
    def do(self, **kwargs: UUID) -> str:
        people.take_second_factor_away(**self.named(**kwargs))
        return gettext("The second factor is off. The person has a letter.")


class EndSignIns(AccountDeed):
    def do(self, **kwargs: UUID) -> str:
        people.end_sign_ins(**self.named(**kwargs))
        return gettext("Signed out everywhere.")


class Close(AccountDeed):
    def do(self, **kwargs: UUID) -> str:
        people.set_account_open(**self.named(**kwargs), is_open=False)
        return gettext("The account is closed. Nothing of it was deleted.")


class Reopen(AccountDeed):
    def do(self, **kwargs: UUID) -> str:
        people.set_account_open(**self.named(**kwargs), is_open=True)
        return gettext("The account is open again.")
