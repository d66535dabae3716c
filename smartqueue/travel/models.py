"""What a tenant has set and learnt about ways to its sites."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.tenants.models import TenantOwned
from smartqueue.travel.states import Engine, HourClass, Mode, Zone


class TravelRules(TenantOwned):
    """One row per tenant that differs from the usual.

    Attributes:
        margin_min: how long before the call somebody who travels should be there.
        near_m: within so many metres of a site somebody has arrived.
        engine_url: of the tenant's own routing engine; empty with the table of speeds.
    """

    engine = models.CharField(_("computed by"), max_length=10, choices=Engine.choices, default=Engine.TABLE)
    engine_url = models.CharField(_("address of the routing engine"), max_length=300, blank=True)
    margin_min = models.PositiveSmallIntegerField(
        _("minutes to be there before the call"), default=8, validators=[MaxValueValidator(60)]
    )
    near_m = models.PositiveIntegerField(
        _("metres from the site that count as arrived"), default=150,
        validators=[MinValueValidator(30), MaxValueValidator(2000)],
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="travel_rules_once"),
            models.CheckConstraint(condition=Q(margin_min__lte=60), name="travel_margin"),
            models.CheckConstraint(condition=Q(near_m__range=(30, 2000)), name="travel_near"),
        ]


class TravelSpeed(TenantOwned):
    """A line of the table that the tenant has changed; all others are as delivered (data/speeds.csv)."""

    zone = models.CharField(_("where"), max_length=12, choices=Zone.choices)
    mode = models.CharField(_("how"), max_length=10, choices=Mode.choices)
    hours = models.CharField(_("when"), max_length=12, choices=HourClass.choices)
    speed_kmh = models.FloatField(_("speed, km/h"))
    overhead_min = models.FloatField(_("minutes lost before moving"))
    detour = models.FloatField(_("way ÷ straight line"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "mode", "hours", "tenant"], name="travel_speed_once"),
            models.CheckConstraint(condition=Q(speed_kmh__gt=0, speed_kmh__lte=200), name="travel_speed_possible"),
            models.CheckConstraint(condition=Q(overhead_min__range=(0, 240)), name="travel_overhead_possible"),
            models.CheckConstraint(condition=Q(detour__range=(1, 5)), name="travel_detour_possible"),
        ]


class TravelLesson(TenantOwned):
    """What check-ins have shown: real ÷ estimated minutes, summed as logarithms, and how many trips."""

    zone = models.CharField(max_length=12, choices=Zone.choices)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    hours = models.CharField(max_length=12, choices=HourClass.choices)
    log_ratio_sum = models.FloatField(default=0)
    trips = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "mode", "hours", "tenant"], name="travel_lesson_once"),
            models.CheckConstraint(condition=Q(trips__gte=0), name="travel_lesson_counted"),
        ]
