"""Kinds of entry, and who does things."""

from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditKind(models.TextChoices):
    """The twelve kinds of action that an auditor asks for."""

    CREATE = "create", _("Creation")
    UPDATE = "update", _("Change")
    DELETE = "delete", _("Deletion")
    LOGIN = "login", _("Sign-in")
    LOGOUT = "logout", _("Sign-out")
    LOGIN_FAILED = "login_failed", _("Failed sign-in")
    CALL = "call", _("Call")
    TRANSFER = "transfer", _("Transfer")
    STATUS_CHANGE = "status_change", _("Change of status")
    PERMISSION_CHANGE = "permission_change", _("Change of permission")
    EXPORT = "export", _("Export")
    SEND = "send", _("Message sent")


class ActorKind(models.TextChoices):
    USER = "user", _("Member")
    CUSTOMER = "customer", _("Customer")
    DEVICE = "device", _("Device")
    SYSTEM = "system", _("System")


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where. Surfaces make one per request; tasks use `SYSTEM`."""

    kind: str = ActorKind.SYSTEM
    user_id: UUID | None = None
    label: str = ""
    ip: str | None = None
    user_agent: str = ""
    endpoint: str = ""


SYSTEM = Actor()
