"""What may be connected."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.states import SMTP_PORTS, Security
from smartqueue.outbound.addresses import judge_url
from smartqueue.outbound.deadline import NoAnswer

if TYPE_CHECKING:
    from smartqueue.notifications.transports.base import Field

HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
SHOWN = "••••"
"""What stands for a secret on a page and in the journal."""
LONG = 1_000
"""A field that may be as long as this may have several lines: a key file, the body of a request."""
WHERE = frozenset({"base_url", "url", "host", "port", "user"})
"""Settings that say where a secret is sent, and as whom."""
MOST_RANK, MOST_PRICE_XOF = 99, 10_000


def smtp_settings(values: Mapping[str, Any]) -> dict[str, Any]:
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


def typed(fields: "Iterable[Field]", values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """What was typed, by the rules of its fields; '' where nothing was.

    Returns:
        What is kept of it, and what is wrong with the others, each by name.
    """
    kept: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        value = str(values.get(field.name) or "").replace("\r\n", "\n").strip()
        kept[field.name] = value
        if fault := _fault(field, value):
            wrong[field.name] = fault
    return kept, wrong


def _fault(field: "Field", value: str) -> str:
    """Why a value cannot be; a secret that is not typed may still be kept."""
    if not value:
        return _("Fill this in.") if field.is_required and not field.is_secret else ""
    if len(value) > field.longest:
        return _("At most {count} characters.").format(count=field.longest)
    lines = value.replace("\n", "").replace("\t", "") if field.longest >= LONG else value
    if not lines.isprintable():
        return _("Only printable characters.") if field.longest >= LONG else _("One line of printable characters.")
    if field.choices and value not in {str(name) for name, _label in field.choices}:
        return _("Choose one of these.")
    if field.pattern and not re.fullmatch(field.pattern, value):
        return _("This does not look right. Copy it again from the provider's page.")
    judge = {"base_url": _wrong_base, "templates": _wrong_map}.get(field.name)
    return judge(value) if judge else ""


def _wrong_base(url: str) -> str:
    try:
        judge_url(url)
    except NoAnswer:
        return _("Give an https address that is on the internet.")
    return ""


def _wrong_map(text: str) -> str:
    """Templates by message: else a bracket that is missing would show when the first person is not told."""
    try:
        is_map = isinstance(json.loads(text), dict)
    except ValueError:
        is_map = False
    return "" if is_map else _('Write JSON: {"your_turn": …}')


def moves(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a secret that is kept would go to somebody else with these settings."""

    def where(one: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in one.items()
            if value and (name in WHERE or str(value).lower().startswith(("http:", "https:")))
        }

    return where(before) != where(after)


def standing_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """How an account is used, as far as `values` say it: `is_active`, `rank`, `price_xof`.

    Raises:
        Invalid: with the fields that cannot be.
    """
    kept: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    if "is_active" in values:
        kept["is_active"] = bool(values["is_active"])
    for name, least, most in (("rank", 1, MOST_RANK), ("price_xof", 0, MOST_PRICE_XOF)):
        if name not in values:
            continue
        kept[name] = values[name]
        if not isinstance(values[name], int) or not least <= values[name] <= most:
            wrong[name] = _("A number from {least} to {most}.").format(least=least, most=most)
    if wrong:
        raise Invalid(**wrong)
    return kept
