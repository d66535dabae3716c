"""What the forecast has learnt, what it promised, and who is on the way."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from smartqueue.forecast.states import Ending, Subject
from smartqueue.queueing.models import Queue, Ticket
from smartqueue.queueing.states import EtaQuality
from smartqueue.tenants.models import TenantForeignKey, TenantOwned
from smartqueue.travel.states import Mode


class Learnt(TenantOwned):
    """The estimator's state of one queue, one service or the whole tenant.

    Attributes:
        subject_id: of the queue or service; the tenant's own id for the tenant.
        state: as `estimator` writes it; only it reads it.
        seq: the queue's stream has been followed up to this number; 0 for services and the tenant.
    """

    subject = models.CharField(max_length=8, choices=Subject.choices)
    subject_id = models.UUIDField()
    state = models.JSONField(default=dict)
    seq = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "subject_id", "tenant"], name="learnt_once")]


class Estimate(TenantOwned):
    """What was promised to one ticket when it joined a line, and what happened. Nothing in it is personal.

    A ticket that is transferred is promised something anew in the other queue.

    Attributes:
        asked_at: when it joined: was taken, or came from another queue.
        place: 1 is next.
        p10_s, p50_s, p90_s: the promise, seconds; null while no counter was open.
        naive_s, les_s, served_s: what three simpler rules would have said: people ahead × service time, the wait of
            the last who was called, and place × learnt service ÷ counters.
        features: what the estimator learns from when the ticket is called; only it reads them. Gone with the call.
        wait_s: until the call.
    """

    ticket = TenantForeignKey(Ticket, on_delete=models.CASCADE)
    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)
    asked_at = models.DateTimeField(_("asked"))
    place = models.PositiveIntegerField(_("place"))
    p10_s = models.PositiveIntegerField(null=True)
    p50_s = models.PositiveIntegerField(null=True)
    p90_s = models.PositiveIntegerField(null=True)
    quality = models.CharField(max_length=8, choices=EtaQuality.choices)
    naive_s = models.PositiveIntegerField(null=True)
    les_s = models.PositiveIntegerField(null=True)
    served_s = models.PositiveIntegerField(null=True)
    features = models.JSONField(null=True)
    ending = models.CharField(max_length=8, choices=Ending.choices, default=Ending.OPEN)
    ended_at = models.DateTimeField(null=True)
    wait_s = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "queue", "asked_at"], name="estimate_by_queue"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "queue", "tenant"], name="estimate_once"),
            models.CheckConstraint(
                condition=Q(p10_s=None, p50_s=None, p90_s=None) | Q(p10_s__lte=F("p50_s"), p50_s__lte=F("p90_s")),
                name="estimate_in_order",
            ),
            models.CheckConstraint(
                condition=Q(ending=Ending.CALLED, wait_s__isnull=False) | ~Q(ending=Ending.CALLED),
                name="estimate_called_after_a_wait",
            ),
        ]


class Journey(TenantOwned):
    """Somebody with a ticket who is not at the site and has said how they come.

    The position is there while the visit lasts and its owner agrees; all coordinates go when the visit ends.

    Attributes:
        consented_at: when its owner agreed that the position is used for this visit; null where only minutes were said.
        said_min: "I am about so many minutes away", instead of a position.
        has_left: has been farther from the site than what counts as arrived; coming back is arriving.
        origin_latitude, origin_longitude: where the way began, to about 100 m; gone on arrival.
        travel_s, travel_p80_s: from the last known position to the site.
        computed_at: when these were computed; due_at: when to look again.
        leave_at: when to leave, as computed last; told_leave_at: as it was told last.
        away_passes: how often others went first because the turn came and the person was far.
    """

    ticket = TenantForeignKey(Ticket, on_delete=models.CASCADE)
    mode = models.CharField(_("how"), max_length=10, choices=Mode.choices, default=Mode.TRANSIT)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    position_at = models.DateTimeField(null=True)
    consented_at = models.DateTimeField(null=True)
    said_min = models.PositiveSmallIntegerField(null=True)
    has_left = models.BooleanField(default=False, db_default=False)
    origin_latitude = models.FloatField(null=True)
    origin_longitude = models.FloatField(null=True)
    travel_s = models.PositiveIntegerField(null=True)
    travel_p80_s = models.PositiveIntegerField(null=True)
    computed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(db_default=Now())
    leave_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_leave_at = models.DateTimeField(null=True)
    told_travel_s = models.PositiveIntegerField(null=True)
    set_out_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    away_passes = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "due_at"], condition=Q(ended_at=None, arrived_at=None), name="journey_under_way"
            ),
            models.Index(fields=["tenant", "told_at"], condition=Q(told_at__isnull=False), name="journey_told"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "tenant"], name="journey_once"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None, position_at=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180), position_at__isnull=False),
                name="journey_position_whole",
            ),
            models.CheckConstraint(
                condition=Q(latitude=None) | Q(consented_at__isnull=False), name="journey_position_by_consent"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None)
                | Q(latitude=None, longitude=None, origin_latitude=None, origin_longitude=None),
                name="journey_forgotten_at_the_end",
            ),
        ]
