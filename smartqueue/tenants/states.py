"""Kinds of organisation, roles, and what each role may do."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

LOGO_TYPES = ("image/png", "image/jpeg")
LOGO_BYTES = 64 * 1024


class OrganisationType(models.TextChoices):
    BANK = "bank", _("Bank")
    HOSPITAL = "hospital", _("Hospital")
    TOWN_HALL = "town_hall", _("Town hall")
    TELECOM = "telecom", _("Telecom operator")
    INSURANCE = "insurance", _("Insurance")
    UTILITY = "utility", _("Utility")
    POST = "post", _("Post office")
    UNIVERSITY = "university", _("University")
    ADMINISTRATION = "administration", _("Administration")


class PlanName(models.TextChoices):
    STARTER = "starter", _("Starter")
    BUSINESS = "business", _("Business")
    ENTERPRISE = "enterprise", _("Enterprise")


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    MANAGER = "manager", _("Manager")
    AGENT = "agent", _("Agent")


class Scope(StrEnum):
    """The fourteen things a member may be allowed to do."""

    READ_QUEUE = "read:queue"
    WRITE_QUEUE = "write:queue"
    MANAGE_QUEUE = "manage:queue"
    READ_TICKET = "read:ticket"
    WRITE_TICKET = "write:ticket"
    MANAGE_TICKET = "manage:ticket"
    READ_AGENT = "read:agent"
    MANAGE_AGENT = "manage:agent"
    READ_CUSTOMER = "read:customer"
    WRITE_CUSTOMER = "write:customer"
    READ_REPORTS = "read:reports"
    READ_FEEDBACK = "read:feedback"
    MANAGE_SETTINGS = "manage:settings"
    SEND_NOTIFICATION = "send:notification"


SCOPES_OF_ROLE: dict[str, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    Role.MANAGER: frozenset(Scope) - {Scope.MANAGE_SETTINGS},
    Role.AGENT: frozenset(
        {Scope.READ_QUEUE, Scope.WRITE_QUEUE, Scope.READ_TICKET, Scope.WRITE_TICKET, Scope.READ_CUSTOMER}
    ),
}


def scopes_of(role: str) -> frozenset[Scope]:
    """The scopes of a role; an unknown role has none."""
    return SCOPES_OF_ROLE.get(role, frozenset())
