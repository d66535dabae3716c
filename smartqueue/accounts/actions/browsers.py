"""Browsers in which a person has signed in, and the way out of all of them."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from smartqueue.accounts.actions.sessions import end_sessions_of
from smartqueue.accounts.models import Browser, User


def remember_browser(*, user: User, session_key: str, ip: str | None, user_agent: str, at: datetime) -> None:
    """Put a browser on the person's list of where they are signed in.

    Args:
        session_key: of the session that has just begun.
    """
    about = {"user": user, "created_at": at, "ip": ip, "user_agent": user_agent[:300]}
    Browser.objects.update_or_create(session_key=session_key, defaults=about)


def sign_out_everywhere(*, user: User, at: datetime) -> None:
    """End every sign-in: browsers at their next request, refresh tokens now; access tokens live ten minutes at most.

    `user` gets to know it: the caller's own session may go on from there.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(id=user.id)
        User.objects.filter(id=user.id).update(sign_outs=F("sign_outs") + 1)
        end_sessions_of(locked, at=at)
    user.refresh_from_db(fields=["sign_outs", "password"])
