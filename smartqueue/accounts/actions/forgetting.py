"""What is not needed any more."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from smartqueue.accounts.models import Browser, EmailCode, RefreshToken, Tally
from smartqueue.accounts.states import LIMITS, SESSION_LASTS

LONGEST_LIMIT = max(limit.within for limit in LIMITS.values())


def forget_expired(*, at: datetime) -> int:
    """Delete codes, tokens and sessions that have expired, and tallies whose last try no limit counts any more.

    Returns:
        How many rows went.
    """
    with transaction.atomic():
        codes, _ = EmailCode.objects.filter(expires_at__lte=at).delete()
        tokens, _ = RefreshToken.objects.filter(expires_at__lte=at).delete()
        counts, _ = Tally.objects.filter(last_at__lte=at - LONGEST_LIMIT).delete()
        sessions, _ = Session.objects.filter(expire_date__lte=at).delete()
        browsers, _ = Browser.objects.filter(created_at__lte=at - SESSION_LASTS).delete()
    return codes + tokens + counts + sessions + browsers
