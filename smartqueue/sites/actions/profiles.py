"""Another week for a stretch of dates: applied, and taken back, as one."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.journal import actions as journal
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.refusing import refusing
from smartqueue.sites.errors import ProfilesOverlap
from smartqueue.sites.models import HoursProfile, ProfileHours, Site
from smartqueue.sites.queries.office import row_or_refuse
from smartqueue.sites.states import Interval, must_be_apart


def apply_profile(
    *, site: Site, hours: Sequence[Interval], first: date, last: date, name: str, actor: Actor, at: datetime
) -> HoursProfile:
    """Let another week count from the first to the last day. Single dates and holidays still come before it.

    Args:
        hours: local time, by weekday; a weekday without any is closed.

    Raises:
        Invalid: the days are in the wrong order, the hours are impossible, or another profile covers one of the days.
    """
    must_be_apart(hours)
    if last < first:
        raise Invalid(last=_("The last day comes before the first."))
    with transaction.atomic(), refusing(hours_profile_apart=ProfilesOverlap):
        profile = HoursProfile.objects.create(tenant_id=site.tenant_id, site=site, name=name, first=first, last=last)
        ProfileHours.objects.bulk_create(
            ProfileHours(
                tenant_id=site.tenant_id,
                profile=profile,
                weekday=interval.weekday,
                opens=interval.opens,
                closes=interval.closes,
            )
            for interval in sorted(hours)
        )
        journal.record(
            "hoursprofile.created",
            kind=AuditKind.CREATE,
            tenant_id=site.tenant_id,
            object_type="hoursprofile",
            object_id=profile.id,
            actor=actor,
            at=at,
            after={
                **journal.values_of(profile),
                "hours": [f"{one.weekday} {one.opens:%H:%M}–{one.closes:%H:%M}" for one in sorted(hours)],
            },
        )
    return profile


def take_back_profile(*, profile_id: UUID, site_id: UUID, actor: Actor, at: datetime) -> HoursProfile:
    """The ordinary week counts again on all days of the profile.

    Raises:
        NotFound: the site has no such profile.
    """
    with transaction.atomic():
        profile = row_or_refuse(HoursProfile, profile_id, locked=True, site_id=site_id)
        journal.remove(profile, actor=actor, at=at)
    return profile
