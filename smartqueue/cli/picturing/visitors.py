"""A person who is signed in already."""

from typing import Any


def session_of(user: Any) -> str:
    """The key of a new session of this person's, for the cookie `sessionid`: what the sign-in page would leave."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from smartqueue.web.shared.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
