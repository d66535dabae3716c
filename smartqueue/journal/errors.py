"""Refusals of the journal room."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class KeyReused(RuleBroken):
    """The same `Idempotency-Key` with another request."""

    code = "idempotency_key_reused"
    status = 422
    sentence = _("This Idempotency-Key was already used for another request.")


class SlugTaken(RuleBroken):
    code = "slug_taken"
    sentence = _("Another organisation has this address. Choose another one.")


class NotYourself(RuleBroken):
    code = "not_yourself"
    sentence = _("You cannot take your own rights away. Ask another super-admin.")


class NotASuperAdmin(RuleBroken):
    code = "not_a_super_admin"
    sentence = _("This person is no super-admin any more.")


class ReasonMissing(RuleBroken):
    code = "reason_missing"
    status = 400
    sentence = _("Say why, in a few words. The reason goes into the audit log.")


class OwnAccount(RuleBroken):
    code = "own_account"
    sentence = _("This is your own account. Change it on your security page.")


class AlreadyDone(RuleBroken):
    code = "already_done"
    sentence = _("It is so already. Somebody may have been faster.")
