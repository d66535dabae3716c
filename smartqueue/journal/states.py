"""Kinds of entry, and who does things."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
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

    @classmethod
    def at_the_door(
        cls,
        meta: Mapping[str, Any],
        line: str,
        *,
        kind: str = ActorKind.USER,
        user_id: UUID | None = None,
        label: str = "",
    ) -> "Actor":
        """Whoever sent a request. `X-Forwarded-For` is not believed here: the proxy sets REMOTE_ADDR.

        Args:
            meta: the request's environment, with WSGI's names.
            line: method and path.
            label: what to call it where it is no person: the name of a device.
        """
        return cls(
            kind=kind,
            user_id=user_id,
            label=label,
            ip=meta.get("REMOTE_ADDR") or None,
            user_agent=meta.get("HTTP_USER_AGENT", "")[:300],
            endpoint=line[:200],
        )


SYSTEM = Actor()
SUPPORT = "SmartQueue support"
"""What a tenant's audit log calls a super-admin inside it, beside who it was."""
