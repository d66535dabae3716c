"""Tenants, who belongs to them, and the base of every table that a tenant owns."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.models import User
from smartqueue.kernel.colours import NoColour, Unreadable, plain, words_on
from smartqueue.kernel.ids import uuid7
from smartqueue.tenants.states import LOGO_TYPES, OrganisationType, PlanName, Role, Scope, scopes_of

SLUG = RegexValidator(r"^[a-z0-9](?:[a-z0-9-]{1,48}[a-z0-9])$", _("Use 3 to 50 small letters, digits and hyphens."))

RESERVED = frozenset({
    "about", "admin", "api", "devices", "display", "healthz", "help", "hooks", "kiosk", "language", "live", "manage",
    "me", "media", "organisations", "phone", "platform", "sign-in", "sign-out", "static", "styleguide", "t", "ws",
    "www",
})  # fmt: skip
"""The first words of our own addresses, and of those that we may want."""


def free_slug(slug: str) -> None:
    """Refuses what is an address of the house: a tenant's pages begin at `/{slug}/`."""
    if slug in RESERVED:
        raise ValidationError(_("This name is kept for the platform. Choose another one."), code="reserved")


def brand_colour(colour: str) -> None:
    """Refuses what is no colour, and one on which neither white nor dark words can be read (WCAG 2.2, AA)."""
    try:
        words_on(plain(colour))
    except NoColour:
        raise ValidationError(_("Write the colour as #rrggbb, for example #0b6b50."), code="no_colour") from None
    except Unreadable:
        message = _("Words cannot be read on this colour. Choose a darker or a lighter one.")
        raise ValidationError(message, code="unreadable_colour") from None


class Tenant(models.Model):
    """An organisation: a bank, a hospital, a town hall. Everything else belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.CharField(_("slug"), max_length=50, unique=True, validators=[SLUG, free_slug])
    type = models.CharField(_("type"), max_length=20, choices=OrganisationType.choices, default=OrganisationType.BANK)
    plan = models.CharField(_("plan"), max_length=20, choices=PlanName.choices, default=PlanName.STARTER)
    locale = models.CharField(_("language"), max_length=5, default="fr")
    time_zone = models.CharField(_("time zone"), max_length=50, default="Africa/Dakar")
    retention_days = models.PositiveSmallIntegerField(
        _("days until personal data is erased"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    brand_colour = models.CharField(
        _("colour of its pages"), max_length=7, blank=True, default="", db_default="", validators=[brand_colour]
    )
    logo_version = models.CharField(_("version of its logo"), max_length=16, default="", db_default="", editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(retention_days__range=(1, 365)), name="tenant_retention_days"),
        ]

    def __str__(self) -> str:
        return self.name


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A relation between two tables of the same tenant.

    The constraint is composite, `(tenant_id, x_id)` → `(tenant_id, id)`, and made by `isolation.Isolate`: PostgreSQL
    checks foreign keys without row-level security, so a plain one would accept another tenant's row.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options["db_constraint"] = False
        options.setdefault("related_name", "+")
        options.setdefault("db_index", False)  # the constraints and indexes of each table name what they need
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        options.pop("db_constraint", None)
        return name, "smartqueue.tenants.models.TenantForeignKey", args, options


class TenantOwned(models.Model):
    """A row of one tenant, kept apart by row-level security."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(  # the constraint is made by isolation.Isolate
        Tenant, on_delete=models.CASCADE, related_name="+", editable=False, db_index=False, db_constraint=False
    )

    tenant_id: UUID

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if self.tenant_id is None:
            raise ValueError(f"{type(self).__name__} belongs to a tenant: set `tenant`.")
        super().save(*args, **options)


class Membership(TenantOwned):
    """A user's place in a tenant: one role, from which the scopes follow."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    name = models.CharField(
        _("name here"), max_length=150, blank=True, default="", db_default="",
        help_text=_("As this organisation wrote it. Empty: the person's own."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    last_seen_at = models.DateTimeField(_("last seen here"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="membership_tenant_id"),
            models.UniqueConstraint(fields=["user", "tenant"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"

    @property
    def scopes(self) -> frozenset[Scope]:
        return scopes_of(self.role)


class Logo(TenantOwned):
    """The picture on a tenant's pages. A table of its own, so that nobody who asks for the tenant carries it along."""

    image = models.BinaryField(_("picture"))
    media_type = models.CharField(_("media type"), max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="logo_once"),
            models.CheckConstraint(condition=models.Q(media_type__in=LOGO_TYPES), name="logo_type_known"),
        ]


class Draft(TenantOwned):
    """What the public is to see of one object, not published yet.

    `values` are the fields that would change, `base` the same fields as they were when each was first drafted: when
    the object reads otherwise by now, somebody else has changed it.
    """

    object_type = models.CharField(_("object type"), max_length=40)
    object_id = models.UUIDField(_("object"))
    values = models.JSONField(_("values"))
    base = models.JSONField(_("values before"))
    made_by = models.UUIDField(_("made by"), null=True)
    made_at = models.DateTimeField(_("made"))

    class Meta:
        ordering = ["-made_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "object_type", "object_id"], name="draft_once"),
        ]


class ApiKey(TenantOwned):
    """A program's way in: a secret that was shown once, of which only a hash is kept, and what it may do."""

    name = models.CharField(_("name"), max_length=80)
    scopes = ArrayField(models.CharField(max_length=30), verbose_name=_("scopes"))
    secret_hash = models.BinaryField(_("SHA-256 of the secret"), max_length=32, unique=True, editable=False)
    ending = models.CharField(_("last characters"), max_length=4, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    made_by = models.UUIDField(_("made by"), null=True)
    made_at = models.DateTimeField(_("made"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-made_at"], name="api_key_by_tenant")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__len__gt=0, scopes__contained_by=[str(scope) for scope in Scope]),
                name="api_key_scopes_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
