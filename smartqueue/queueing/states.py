"""Ticket states and legal moves, queue kinds and calling orders."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class TicketState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CALLED = "called", _("Called")
    SERVING = "serving", _("Being served")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")
    NO_SHOW = "no_show", _("Absent")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


W, C, S, P, X, N, A, E = TicketState

LEGAL_MOVES: frozenset[tuple[TicketState, TicketState]] = frozenset(
    {
        # the day's way
        (W, C), (C, S), (S, X), (C, X),
        # parked and back
        (C, P), (S, P), (P, S),
        # absent; back in line; elsewhere
        (C, N), (C, W), (N, W), (P, W), (S, W),
        # gone
        (W, A), (C, A), (P, A), (W, E), (C, E), (S, E), (P, E),
        # undo of the agent's last action restores what was
        (X, S), (X, C), (S, C), (A, W), (A, C), (A, P), (N, C), (P, C), (W, S), (W, P), (W, N),
    }
)  # fmt: skip
"""Every change of state that the database accepts; staying in a state is always legal (recall, defer)."""

LIVE = (W, C, S, P)
"""States of a ticket whose visit goes on."""

WITH_AGENT = (C, S)
"""States in which a ticket holds its agent: one per agent."""


class QueueKind(models.TextChoices):
    NORMAL = "normal", _("Normal")
    PRIORITY = "priority", _("Priority")
    VIP = "vip", _("VIP")
    APPOINTMENT = "appointment", _("Appointment")
    EXPRESS = "express", _("Express")


class QueueStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")


class Strategy(models.TextChoices):
    FIFO = "fifo", _("Arrival")
    PRIORITY = "priority", _("Priority")
    SLA = "sla", _("Wait target")
    MIXED = "mixed", _("Priority that grows with the wait")


class Priority(models.IntegerChoices):
    NORMAL = 0, _("Normal")
    ELEVATED = 5, _("Elevated")
    URGENT = 10, _("Urgent")


FIRST_LANE = 99
"""Lane of tickets that were put back first; every other lane is the ticket's priority."""


class Channel(models.TextChoices):
    WEB = "web", _("Web")
    MOBILE = "mobile", _("Mobile")
    KIOSK = "kiosk", _("Kiosk")
    SMS = "sms", _("SMS")
    USSD = "ussd", _("USSD")
    WHATSAPP = "whatsapp", _("WhatsApp")
    AGENT = "agent", _("Agent")


class AgentStatus(models.TextChoices):
    AVAILABLE = "available", _("Available")
    BUSY = "busy", _("Busy")
    PAUSED = "paused", _("Paused")
    OFFLINE = "offline", _("Offline")


class Place(StrEnum):
    """Where a ticket that was put back stands."""

    FIRST = "first"
    LAST = "last"
    ARRIVAL = "arrival"


class Outcome(models.TextChoices):
    SERVED = "served", _("Served")
    INCOMPLETE = "incomplete", _("Not finished")
    REDIRECTED = "redirected", _("Sent elsewhere")
    LEFT = "left", _("Left")


class AlertMetric(models.TextChoices):
    """What an alert looks at, queue by queue. Waits are compared in minutes."""

    LONGEST_WAIT = "longest_wait", _("Longest wait, minutes")
    AVERAGE_WAIT = "average_wait", _("Average wait today, minutes")
    WAITING = "waiting", _("People waiting")
    AT_RISK = "at_risk", _("People at risk")
    UNATTENDED = "unattended", _("People wait and nobody serves")


class AlertAudience(models.TextChoices):
    MANAGERS = "managers", _("Managers")
    ADMINISTRATORS = "admins", _("Administrators")
    AGENTS = "agents", _("Agents of the site")


class EtaQuality(models.TextChoices):
    """What an estimate of the wait rests on."""

    GOOD = "good", _("Learnt")
    ROUGH = "rough", _("Little is known yet")
    NONE = "none", _("No counter is open")
