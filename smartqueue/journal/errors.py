"""Refusals of the journal room."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class KeyReused(RuleBroken):
    """The same `Idempotency-Key` with another request."""

    code = "idempotency_key_reused"
    status = 422
    sentence = _("This Idempotency-Key was already used for another request.")
