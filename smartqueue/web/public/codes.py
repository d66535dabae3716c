"""The way back to a ticket by its eight digits."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import NotFound
from smartqueue.queueing.queries.public import CODE_DIGITS, ticket_token_of_short_code
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.public.limits import Kind, count, forgive


class NoSuchCode(NotFound):
    code = "no_such_code"
    sentence = _("We found no ticket with this code. Check the eight digits. A code works for one day.")


def token_behind(typed: str, *, tenant_id: UUID, address: str, at: datetime) -> str:
    """The ticket that somebody's digits lead to; a wrong try counts against the address.

    Args:
        typed: with or without spaces.
        address: the client's.

    Raises:
        NoSuchCode, TooManyCodes, CannotCount.
    """
    digits = "".join(typed.split())
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise NoSuchCode
    count(Kind.CODE, address)
    with in_tenant(tenant_id):
        token = ticket_token_of_short_code(tenant_id, digits, at=at)
    if token is None:
        raise NoSuchCode
    forgive(Kind.CODE, address)
    return token
