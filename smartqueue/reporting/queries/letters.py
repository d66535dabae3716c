"""Who wants the daily report."""

from uuid import UUID

from smartqueue.reporting.models import DailyWish


def daily_wish(user_id: UUID) -> DailyWish | None:
    """What this member of the tenant in scope has chosen; None: no letter."""
    return DailyWish.objects.filter(member__user_id=user_id).select_related("site").first()
