"""Every write of the accounts room."""

from smartqueue.accounts.actions.codes import send_code, verify_email
from smartqueue.accounts.actions.forgetting import forget_expired
from smartqueue.accounts.actions.invitations import invite_person, make_user
from smartqueue.accounts.actions.passwords import change_password, request_password_reset, reset_password
from smartqueue.accounts.actions.people import change_profile, normal_phone, sign_in, sign_up
from smartqueue.accounts.actions.sessions import (
    Session,
    Tokens,
    access_token,
    blacklist,
    issue_tokens,
    make_access_token,
    rotate,
)

__all__ = [
    "Session",
    "Tokens",
    "access_token",
    "blacklist",
    "change_password",
    "change_profile",
    "forget_expired",
    "invite_person",
    "issue_tokens",
    "make_access_token",
    "make_user",
    "normal_phone",
    "request_password_reset",
    "reset_password",
    "rotate",
    "send_code",
    "sign_in",
    "sign_up",
    "verify_email",
]
