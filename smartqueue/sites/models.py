"""What queues stand on: places, their hours, counters, and what people come for."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.sites.states import known_time_zone
from smartqueue.tenants.models import TenantForeignKey, TenantOwned

COUNTRY = RegexValidator(r"^[A-Z]{2}\Z", _("Use the two capital letters of ISO 3166."))
SITE_CODE = RegexValidator(r"^[A-Z0-9-]{1,12}\Z", _("Use up to 12 capital letters, digits and hyphens."))


class Division(models.Model):
    """A region, département or commune of Senegal. Public knowledge: the same rows for every tenant."""

    class Level(models.TextChoices):
        REGION = "region", _("Region")
        DEPARTEMENT = "departement", _("Département")
        COMMUNE = "commune", _("Commune")

    code = models.CharField(_("code"), primary_key=True, max_length=60)
    level = models.CharField(_("level"), max_length=12, choices=Level.choices)
    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    latitude = models.FloatField(_("latitude"), null=True)
    longitude = models.FloatField(_("longitude"), null=True)

    parent_id: str | None

    class Meta:
        ordering = ["name", "code"]
        indexes = [models.Index(fields=["level", "code"], name="division_by_level")]

    def __str__(self) -> str:
        return self.name


class PublicHoliday(models.Model):
    """A public holiday of a country. Islamic dates are estimates until the moon is seen: `provisional`."""

    country = models.CharField(_("country"), max_length=2, default="SN")
    date = models.DateField(_("date"))
    name_fr = models.CharField(_("name in French"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    provisional = models.BooleanField(_("date not yet announced"), default=False)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["country", "date", "name_fr"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name_fr}"


class HolidayOverride(TenantOwned):
    """A tenant's last word on a date: a day off that the calendar does not know, or a holiday that moved."""

    date = models.DateField(_("date"))
    is_holiday = models.BooleanField(_("is a holiday"))
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="holiday_override_tenant_id"),
            models.UniqueConstraint(fields=["date", "tenant"], name="holiday_override_once"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class Site(TenantOwned):
    """A place with opening hours, a time zone and a point on the map."""

    name = models.CharField(_("name"), max_length=120)
    code = models.CharField(
        _("short code"), max_length=12, validators=[SITE_CODE], help_text=_("Typed on a keypad: THIES1.")
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    commune = models.ForeignKey(Division, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    time_zone = models.CharField(_("time zone"), max_length=50, default="Africa/Dakar", validators=[known_time_zone])
    country = models.CharField(_("country"), max_length=2, default="SN", validators=[COUNTRY])
    observes_holidays = models.BooleanField(_("closed on public holidays"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="site_tenant_id"),
            models.UniqueConstraint(fields=["code", "tenant"], name="site_code_once"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="site_point_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(TenantOwned):
    """One interval of one weekday, local time. `closes` at or before `opens` means the next day: 08:00 to 00:00.

    PostgreSQL refuses two that overlap (`opening_hours_apart`, migration 0004), exceptions of a date likewise.
    """

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday, Monday = 1"))
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="opening_hours_tenant_id"),
            models.UniqueConstraint(fields=["site", "weekday", "opens", "tenant"], name="opening_hours_once"),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="opening_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"


class OpeningException(TenantOwned):
    """One interval of one date that replaces the weekly hours; both times empty: closed all day."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    date = models.DateField(_("date"))
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=120, blank=True)

    class Meta:
        ordering = ["date", "opens"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="opening_exception_tenant_id"),
            models.UniqueConstraint(
                fields=["site", "date", "opens", "tenant"], name="opening_exception_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(opens=None, closes=None) | Q(opens__isnull=False, closes__isnull=False),
                name="opening_exception_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.opens or ''}–{self.closes or ''}"


class HoursProfile(TenantOwned):
    """Another week for a stretch of dates: Ramadan, a season. Single dates and holidays still come before it.

    PostgreSQL refuses two of one site that overlap (`hours_profile_apart`, migration 0006).
    """

    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=80)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))

    class Meta:
        ordering = ["first", "id"]
        indexes = [models.Index(fields=["site"], name="hours_profile_by_site")]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="hours_profile_tenant_id"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="hours_profile_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.first}–{self.last}"


class ProfileHours(TenantOwned):
    """One interval of one weekday of a profile; as `OpeningHours`. A weekday without any is closed."""

    profile = TenantForeignKey(HoursProfile, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday, Monday = 1"))
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(fields=["profile", "weekday", "opens", "tenant"], name="profile_hours_once"),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="profile_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Counter(TenantOwned):
    """Where an agent serves."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=40)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="counter_tenant_id"),
            models.UniqueConstraint(fields=["site", "name", "tenant"], name="counter_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceCategory(TenantOwned):
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "name", "id"]
        verbose_name_plural = _("service categories")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="service_category_tenant_id"),
            models.UniqueConstraint(fields=["name", "tenant"], name="service_category_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Service(TenantOwned):
    """What people come for, wherever it is offered."""

    name = models.CharField(_("name"), max_length=120)
    code = models.CharField(_("code"), max_length=20)
    category = TenantForeignKey(ServiceCategory, on_delete=models.SET_NULL, null=True, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)
    duration_s = models.PositiveIntegerField(_("usual duration, seconds"), default=600)
    price_xof = models.PositiveIntegerField(_("price, XOF"), default=0)
    wait_target_s = models.PositiveIntegerField(_("wait target, seconds"), default=900)
    pictogram = models.CharField(_("pictogram"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="service_tenant_id"),
            models.UniqueConstraint(fields=["code", "tenant"], name="service_code_once"),
            models.CheckConstraint(condition=Q(duration_s__gt=0), name="service_takes_time"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceHours(TenantOwned):
    """When a service is offered, where that is narrower than the site's hours. No row: whenever the site is open.

    Local time of the site; `closes` at or before `opens` means the next day.
    """

    service = TenantForeignKey(Service, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday, Monday = 1"))
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="service_hours_tenant_id"),
            models.UniqueConstraint(fields=["service", "weekday", "opens", "tenant"], name="service_hours_once"),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="service_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"
