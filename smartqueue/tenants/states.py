"""Kinds of organisation, roles, and what each role may do."""

from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LOGO_TYPES = ("image/png", "image/jpeg")
LOGO_BYTES = 64 * 1024
KEY_PREFIX = "sqk_"
"""How an API key begins: scanners for leaked secrets look for it."""


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


class MemberState(models.TextChoices):
    """Invited: has not been here yet. Said so of everybody new, whether or not the address had an account before."""

    ACTIVE = "active", _("Active")
    INVITED = "invited", _("Invited")
    INACTIVE = "inactive", _("Deactivated")


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


SCOPE_WORDS: dict[Scope, str | Promise] = {
    Scope.READ_QUEUE: _("See queues"),
    Scope.WRITE_QUEUE: _("Open and pause queues"),
    Scope.MANAGE_QUEUE: _("Set up queues"),
    Scope.READ_TICKET: _("See tickets"),
    Scope.WRITE_TICKET: _("Take and serve tickets"),
    Scope.MANAGE_TICKET: _("Act on anybody's tickets"),
    Scope.READ_AGENT: _("See agents"),
    Scope.MANAGE_AGENT: _("Set up agents"),
    Scope.READ_CUSTOMER: _("See customers"),
    Scope.WRITE_CUSTOMER: _("Change customers"),
    Scope.READ_REPORTS: _("See reports"),
    Scope.READ_FEEDBACK: _("See feedback"),
    Scope.MANAGE_SETTINGS: _("Change settings"),
    Scope.SEND_NOTIFICATION: _("Send messages"),
}


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
