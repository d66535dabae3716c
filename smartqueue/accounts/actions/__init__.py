"""Every write of the accounts room."""

from smartqueue.accounts.actions.browsers import remember_browser, sign_out_everywhere
from smartqueue.accounts.actions.codes import send_code, verify_email
from smartqueue.accounts.actions.forgetting import forget_expired
from smartqueue.accounts.actions.invitations import invite_person, make_user
from smartqueue.accounts.actions.mailed import request_sign_in_code, sign_in_with_code
from smartqueue.accounts.actions.passkeys import (
    Party,
    add_passkey,
    begin_passkey,
    begin_passkey_sign_in,
    remove_passkey,
    sign_in_with_passkey,
)
from smartqueue.accounts.actions.passwords import change_password, request_password_reset, reset_password
from smartqueue.accounts.actions.people import change_profile, normal_phone, sign_in, sign_up
from smartqueue.accounts.actions.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    pass_second_factor,
    remove_second_factor,
    renew_recovery_codes,
    take_second_factor_away,
)
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
    "Party",
    "Session",
    "Tokens",
    "access_token",
    "add_passkey",
    "begin_passkey",
    "begin_passkey_sign_in",
    "begin_second_factor",
    "blacklist",
    "change_password",
    "change_profile",
    "confirm_second_factor",
    "forget_expired",
    "invite_person",
    "issue_tokens",
    "make_access_token",
    "make_user",
    "normal_phone",
    "pass_second_factor",
    "remember_browser",
    "remove_passkey",
    "remove_second_factor",
    "renew_recovery_codes",
    "request_password_reset",
    "request_sign_in_code",
    "reset_password",
    "rotate",
    "send_code",
    "sign_in",
    "sign_in_with_code",
    "sign_in_with_passkey",
    "sign_out_everywhere",
    "sign_up",
    "take_second_factor_away",
    "verify_email",
]
