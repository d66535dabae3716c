"""Sessions in the database (settings.SESSION_ENGINE) that end after 12 hours of nothing, and after 7 days of anything.

Django moves the end of a session only when something in it changes; writing it on every request would be the other way
to make it slide. Here it is written again when half an hour of its time has gone, with the request that finds that.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from smartqueue.accounts.states import SESSION_LASTS
from smartqueue.kernel.clock import now

BEGUN = "begun"
MOVED_EVERY = timedelta(minutes=30)
NOBODYS = timedelta(minutes=30)
"""The session of somebody who has not signed in: it holds a code that was asked for, or a challenge."""


def begin(session: Any, *, at: datetime) -> None:
    """Count the seven days from here: somebody has just signed in."""
    session[BEGUN] = at.isoformat()


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        row: Any = self._get_session_from_db()  # type: ignore[attr-defined]  # not in the stubs
        kept: dict[str, Any] = self.decode(row.session_data) if row else {}
        if row and SESSION_KEY in kept:
            left = _left(kept)
            if left <= timedelta(0):
                self._session_key = None
                return {}
            self.modified = row.expire_date < now() + min(idle(), left) - MOVED_EVERY or BEGUN not in kept
        return kept

    def save(self, must_create: bool = False) -> None:
        if SESSION_KEY in self and BEGUN not in self:
            begin(self, at=now())
        super().save(must_create)

    def get_expiry_age(self, **about: Any) -> int:
        """Seconds until the session ends if nothing more happens; what the cookie says, and the row."""
        kept: dict[str, Any] = self._session  # type: ignore[attr-defined]  # not in the stubs
        lasts = min(idle(), _left(kept)) if SESSION_KEY in kept else NOBODYS
        return max(0, int(lasts.total_seconds()))

    def get_expiry_date(self, **about: Any) -> datetime:
        return now() + timedelta(seconds=self.get_expiry_age())


def idle() -> timedelta:
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)


def _left(kept: dict[str, Any]) -> timedelta:
    """Of the seven days."""
    begun = kept.get(BEGUN)
    return datetime.fromisoformat(begun) + SESSION_LASTS - now() if begun else SESSION_LASTS
