"""What may be connected."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.states import SMTP_PORTS, Security

HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
SHOWN = "••••"
"""What stands for a secret on a page and in the journal."""


def smtp_settings(values: dict[str, Any]) -> dict[str, Any]:
    """The settings of a mail server as they are kept: `host`, `port`, `security`, `user`, `sender`.

    Raises:
        Invalid: with the fields that cannot be.
    """
    kept = {name: str(values.get(name, "")).strip() for name in ("host", "security", "user", "sender")}
    port = values.get("port")
    wrong: dict[str, str] = {}
    if not HOST.match(kept["host"]):
        wrong["host"] = _("Give the name of the server: mail.example.sn")
    if not isinstance(port, int) or not (port in SMTP_PORTS or (settings.DEBUG and 0 < port < 65_536)):
        wrong["port"] = _("Mail servers listen on {ports}.").format(ports=", ".join(map(str, SMTP_PORTS)))
    if kept["security"] not in Security.values:
        wrong["security"] = _("Choose one of these.")
    elif kept["user"] and kept["security"] == Security.NONE:
        wrong["security"] = _("A password is only sent over an encrypted connection. Choose STARTTLS or TLS.")
    if len(kept["user"]) > 200 or not kept["user"].isprintable():
        wrong["user"] = _("One line of printable characters.")
    try:
        validate_email(kept["sender"])
    except ValidationError:
        wrong["sender"] = _("Give the address that your customers see as the sender.")
    if wrong:
        raise Invalid(**wrong)
    return {**kept, "port": port}
