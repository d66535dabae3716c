"""Refusals of the accounts room."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class SignInRefused(RuleBroken):
    """Somebody could not sign in.

    Attributes:
        user_id: whose address it was, for the journal; it is no fact, so no answer shows it.
    """

    def __init__(self, user_id: UUID | None = None) -> None:
        super().__init__()
        self.user_id = user_id


class WrongCredentials(SignInRefused):
    """No such address, a wrong password, or an account that was closed: from outside the three look the same."""

    code = "wrong_credentials"
    status = 401
    sentence = _("The e-mail address or the password is wrong.")


class EmailNotVerified(SignInRefused):
    """The password is right, and the address waits for its code."""

    code = "email_not_verified"
    status = 403
    sentence = _("Confirm your e-mail address first, with the code that was sent to it.")


class SignInCodeRefused(SignInRefused):
    """The code from the mailbox did not open the door: `CodeRefused`, and whose address it was."""

    code = "code_refused"
    status = 400
    sentence = _("This code is wrong or no longer valid. Ask for a new one.")


class SecondFactorRequired(SignInRefused):
    """The password is right, and this person has a second factor: nobody comes in without it."""

    code = "second_factor_required"
    status = 401
    sentence = _("This account has a second factor. Send its code as `otp` too.")


class SecondFactorRefused(SignInRefused):
    """Not the code of now, one that was used before, or a recovery code that is used up."""

    code = "second_factor_refused"
    status = 401
    sentence = _("This code is wrong or was used before. Wait for the next one.")


class PasskeyRefused(SignInRefused):
    """Unknown, removed, made for another site, a copy, or of a closed account: one answer for all."""

    code = "passkey_refused"
    status = 401
    sentence = _("This passkey does not open this account. Use another way to sign in.")


class SecondFactorIsOn(RuleBroken):
    """There is one already; it has to be turned off first."""

    code = "second_factor_is_on"
    sentence = _("Your second factor is on already.")


class PasskeyKnown(RuleBroken):
    """This authenticator holds a passkey of ours already, or holds the most that a person may have."""

    code = "passkey_known"
    sentence = _("This passkey cannot be added: it is here already, or you have as many as there can be.")


class TooManyTries(RuleBroken):
    """The address has used up its tries; `retry_after_s` says when there is one again."""

    code = "too_many_tries"
    status = 429
    sentence = _("Too many tries for this address. Try again later.")


class CodeRefused(RuleBroken):
    """Wrong, used, too old, tried too often, or never sent: one answer for all."""

    code = "code_refused"
    status = 400
    sentence = _("This code is wrong or no longer valid. Ask for a new one.")


class RefreshTokenRefused(RuleBroken):
    """Not ours, too old, signed out, or of a closed account."""

    code = "refresh_token_refused"
    status = 401
    sentence = _("This sign-in is not valid any more. Sign in again.")


class RefreshTokenReused(SignInRefused):
    """A token that was exchanged before came back: somebody has a copy, so every token of that sign-in is revoked.

    Attributes:
        tenant_id: the tenant of the sign-in, for the journal.
    """

    code = "refresh_token_reused"
    status = 401
    sentence = _("This sign-in was used twice and has been ended for safety. Sign in again.")

    def __init__(self, user_id: UUID, tenant_id: UUID | None) -> None:
        super().__init__(user_id)
        self.tenant_id = tenant_id


class InvitationRefused(RuleBroken):
    """Used, too old, or not ours: one answer for all."""

    code = "invitation_refused"
    status = 410
    sentence = _("This link is no longer valid. Ask your organisation to invite you again.")
