"""People: a user signs in by e-mail; a phone is optional. Which tenants they belong to is the tenants room's."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.states import MOST_TRIES, CodePurpose, TallyKind
from smartqueue.kernel.ids import uuid7


class People(BaseUserManager["User"]):
    """Django's two doors for making users; e-mails are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, email_verified=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an e-mail address. `is_superuser` is the platform's super-admin, outside every tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    email_verified = models.BooleanField(_("e-mail verified"), default=False)
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text=_("E.164, for example +221771234567."))
    full_name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=5, default="fr")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("platform staff"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    sign_outs = models.PositiveIntegerField(_("times signed out everywhere"), default=0, db_default=0, editable=False)

    objects = People()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower")]

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What ties a browser's session to the person: another password ends it, and so does signing out everywhere."""
        if not self.sign_outs:
            return str(super()._get_session_auth_hash(secret))  # type: ignore[misc]  # Django's, not in the stubs
        told = f"{self.password}:{self.sign_outs}"
        return salted_hmac("accounts.session", told, secret=secret, algorithm="sha256").hexdigest()


class EmailCode(models.Model):
    """Six digits that were sent to a user's address. Only the newest of a purpose counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    purpose = models.CharField(_("purpose"), max_length=20, choices=CodePurpose.choices)
    code_hash = models.BinaryField(_("HMAC-SHA256 of the code"), max_length=32)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        indexes = [
            models.Index(fields=["user", "purpose", "-id"], name="email_code_newest"),
            models.Index(fields=["expires_at"], name="email_code_by_age"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(tries__lte=MOST_TRIES), name="email_code_most_tries"),
            models.CheckConstraint(condition=models.Q(purpose__in=CodePurpose.values), name="email_code_purpose_known"),
        ]


class RefreshToken(models.Model):
    """One link of a sign-in: exchanged once for the next. `family` ties the links together; the id is the `jti`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    family = models.UUIDField(_("sign-in"), db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Another column name than the tables that a tenant owns: a sign-in belongs to the person.
    tenant_id = models.UUIDField(_("tenant named at sign-in"), null=True, db_column="signed_in_to")
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    used_at = models.DateTimeField(_("exchanged"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    created_at = models.DateTimeField(_("created"))
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)


class Tally(models.Model):
    """The last instants at which something was tried with an address, known or not; the address itself is not kept."""

    id = models.BigAutoField(primary_key=True)
    identifier = models.BinaryField(_("HMAC-SHA256 of the address"), max_length=32)
    kind = models.CharField(_("kind"), max_length=20, choices=TallyKind.choices)
    recent = ArrayField(models.DateTimeField(), verbose_name=_("instants, oldest first"), default=list)
    last_at = models.DateTimeField(_("last"), db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identifier", "kind"], name="tally_once"),
            models.CheckConstraint(condition=models.Q(kind__in=TallyKind.values), name="tally_kind_known"),
        ]


class SecondFactor(models.Model):
    """The secret that a person's phone shares with us (TOTP, RFC 6238), asked for from `on_since` on."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    secret = models.BinaryField(_("sealed secret"), max_length=300)
    last_step = models.BigIntegerField(_("last step of 30 s that was used"), default=0)
    on_since = models.DateTimeField(_("on since"), null=True)
    created_at = models.DateTimeField(_("created"))


class RecoveryCode(models.Model):
    """One of ten codes that stand in for a lost phone, each once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    code_hash = models.BinaryField(_("HMAC-SHA256 of the code"), max_length=32)
    used_at = models.DateTimeField(_("used"), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_once")]


class Passkey(models.Model):
    """A key pair (WebAuthn) whose private half never leaves the person's device."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=60)
    credential_id = models.BinaryField(_("credential"), max_length=1023)
    credential = models.BinaryField(_("credential with its public key"), max_length=8192)
    sign_count = models.BigIntegerField(_("signatures counted by the device"), default=0)
    created_at = models.DateTimeField(_("created"))
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential_id"], name="passkey_once")]


class Browser(models.Model):
    """A browser in which somebody has signed in; whether it still is, its session says."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(_("session"), max_length=40)
    created_at = models.DateTimeField(_("signed in"), db_index=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session_key"], name="browser_once")]
