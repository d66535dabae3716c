"""Kinds of device, how they look, and the times of pairing and of silence."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

CODE_SIGNS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; nothing that is taken for a digit (RFC 8628, 6.1)."""
CODE_LENGTH = 8
CODE_LIFETIME = timedelta(minutes=10)
POLL_EVERY_S = 5
WRONG_CODES = 5
WRONG_CODES_WITHIN = timedelta(minutes=1)
PAIRINGS_PER_ADDRESS = 20
"""Codes that live at once for one address: a mobile carrier puts many screens behind one."""
PAIRINGS_IN_ALL = 5000
TOKEN_LIFETIME = timedelta(days=30)
TOKEN_PREFIX = "sqd_"  # noqa: S105 - marks a token as a device's; no secret
ROTATE_AGAIN_AFTER = timedelta(minutes=1)
SILENT_AFTER = timedelta(seconds=60)


class DeviceKind(models.TextChoices):
    DISPLAY = "display", _("Display")
    KIOSK = "kiosk", _("Kiosk")


class Layout(models.TextChoices):
    HALL = "hall", _("Main hall")
    COUNTER = "counter", _("One counter")
    WAITING = "waiting", _("Waiting room")
    TILES = "tiles", _("Tiles")


DISPLAY_LAYOUTS = (Layout.HALL, Layout.COUNTER, Layout.WAITING)
FIRST_LAYOUT = {DeviceKind.DISPLAY: Layout.HALL, DeviceKind.KIOSK: Layout.TILES}


class Theme(models.TextChoices):
    DARK = "dark", _("Dark")
    LIGHT = "light", _("Light")


class Problem(models.TextChoices):
    """What a device reports of itself; empty when all is well."""

    NONE = "", _("No problem")
    PAPER_OUT = "paper_out", _("Out of paper")
    PRINTER_LOST = "printer_lost", _("Printer not found")


class Printer(models.TextChoices):
    BROWSER = "browser", _("The browser prints")
    ESCPOS = "escpos", _("Network printer (ESC/POS)")
