"""The e-mails of this room, in the reader's language.

Nothing that a stranger typed stands in them: anybody can make us write to any address.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.models import User
from smartqueue.accounts.states import CODE_LIFETIME, CodePurpose

logger = logging.getLogger(__name__)

# In a thread: a request that writes a letter must not take longer than one that does not, or the time it takes tells
# which addresses exist. A letter lost with its process is asked for again.
_post = ThreadPoolExecutor(max_workers=2, thread_name_prefix="letters")

Letter = tuple[str | Promise, str | Promise]

CODE_LETTERS: dict[str, Letter] = {
    CodePurpose.VERIFY_EMAIL: (
        _("{code} is your SmartQueue code"),
        _(
            "Your code to confirm this e-mail address is {code}.\n\n"
            "It works once, for {minutes} minutes. If you did not ask for it, you have nothing to do."
        ),
    ),
    CodePurpose.RESET_PASSWORD: (
        _("{code} is your SmartQueue code"),
        _(
            "Your code to choose a new password is {code}.\n\n"
            "It works once, for {minutes} minutes. Give it to nobody. "
            "If you did not ask for it, you have nothing to do."
        ),
    ),
    CodePurpose.SIGN_IN: (
        _("{code} is your SmartQueue code"),
        _(
            "Your code to sign in is {code}.\n\n"
            "It works once, for {minutes} minutes, in the browser that asked for it. Give it to nobody. "
            "If you did not ask for it, you have nothing to do."
        ),
    ),
}
ALREADY_HERE: Letter = (
    _("You already have a SmartQueue account"),
    _(
        "Somebody tried to open a SmartQueue account with this e-mail address, which already has one.\n\n"
        "If it was you, sign in, or ask for a new password. If it was not, you have nothing to do."
    ),
)
PASSWORD_CHANGED: Letter = (
    _("Your SmartQueue password was changed"),
    _(
        "The password of your SmartQueue account was changed, and your other devices were signed out.\n\n"
        "If it was not you, ask for a new password now."
    ),
)
SECOND_FACTOR_ON: Letter = (
    _("Your SmartQueue account has a second factor now"),
    _(
        "From now on, signing in to your SmartQueue account asks for a code from your phone.\n\n"
        "If it was not you, ask for a new password now, and tell your administrator."
    ),
)
SECOND_FACTOR_OFF: Letter = (
    _("The second factor of your SmartQueue account was turned off"),
    _(
        "Signing in to your SmartQueue account asks for no code from your phone any more.\n\n"
        "If it was not you, ask for a new password now, and turn it on again."
    ),
)
SECOND_FACTOR_TAKEN_AWAY: Letter = (
    _("The second factor of your SmartQueue account was turned off"),
    _(
        "The staff of SmartQueue have turned it off, because they were asked to. "
        "Signing in to your SmartQueue account asks for no code from your phone any more.\n\n"
        "Turn it on again on your security page. If you did not ask for this, choose a new password now as well."
    ),
)
PASSKEY_ADDED: Letter = (
    _("A passkey was added to your SmartQueue account"),
    _(
        "Somebody who was signed in as you has added a passkey: a device that opens your SmartQueue account.\n\n"
        "If it was not you, remove it on your security page and choose a new password."
    ),
)


def write_code(user: User, *, purpose: str, code: str) -> None:
    """Send a code, once the transaction has committed."""
    minutes = int(CODE_LIFETIME.total_seconds() // 60)
    write(user, CODE_LETTERS[purpose], code=code, minutes=minutes)


def write(user: User, letter: Letter, **places: object) -> None:
    """Send a letter in the user's language, once the transaction has committed."""
    with translation.override(user.language):
        subject, text = (str(part).format_map(places) for part in letter)
    transaction.on_commit(partial(_post.submit, _send, EmailMessage(subject, text, to=[user.email])))


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as error:
        # Only its kind: the error of a mail server quotes the address.
        logger.error("a letter was not sent: %s", type(error).__name__)
