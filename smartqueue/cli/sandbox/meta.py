"""WhatsApp Cloud API by Meta: messages, templates that are approved or paused, the 24-hour window, signed deliveries.

An account is a phone number ID. Its access token is `secret-<account>`, its verify word `verify-<account>`; the app
secret is made of the former. Templates are approved if their name begins with `smartqueue_` and their language is `fr`
or `en`, and paused if it ends in `_paused`. The window of a number is open once it has written (POST inbound).
"""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, HookCall, Kept, Sandbox, secret_of

LANGUAGES = ("fr", "en")
_STATUS_OF = {190: 401, 130429: 429, 131056: 429, 131000: 500, 131016: 503, 2: 503}
_TITLES = {
    100: "Invalid parameter",
    190: "Access token has expired",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132015: "Template is paused",
}


def app_secret(account: str) -> str:
    """Meta's look like 32 hex digits."""
    return hashlib.md5(secret_of(account).encode()).hexdigest()  # noqa: S324  # a made-up value, not a protection


class Meta(Sandbox):
    name: ClassVar[str] = "meta"
    title: ClassVar[str] = "WhatsApp Cloud API by Meta"
    connects: ClassVar[tuple[str, ...]] = ("meta_whatsapp",)
    statuses: ClassVar[tuple[str, ...]] = ("sent", "delivered", "read")

    def __init__(self) -> None:
        super().__init__()
        self.windows: set[tuple[str, str]] = set()
        """Account and number without its plus."""

    def routes(self) -> list[BaseRoute]:
        return [Route("/{number}/messages", self.create, methods=["POST"])]

    def new_name(self) -> str:
        return f"1{secrets.randbelow(10**14):014d}"

    @property
    def demo(self) -> str:
        return "100000000000001"

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        told = {
            "access_token": secret_of(account), "app_secret": app_secret(account), "verify_token": f"verify-{account}",
        }  # fmt: skip
        return {"phone_number_id": account}, told

    async def create(self, request: Request) -> Response:
        name = str(request.path_params["number"])
        if request.headers.get("authorization") != f"Bearer {secret_of(name)}":
            return problem(190)
        try:
            told = json.loads(await request.body())
            to, kind, what = str(told["to"]).lstrip("+"), str(told["type"]), dict(told[told["type"]])
        except (ValueError, KeyError, TypeError):
            return problem(100)
        if told.get("messaging_product") != "whatsapp" or not to.isdigit():
            return problem(100)
        if code := self._judged(name, to, kind, what):
            return problem(code)
        kept = Kept(f"+{to}", words_of(kind, what), id=f"wamid.{secrets.token_hex(24)}", sender=name, asked=told)
        return await self.take(request, self.account(name), kept, lambda kept: JSONResponse(_taken(to, kept)))

    def _judged(self, account: str, to: str, kind: str, what: dict[str, Any]) -> int:
        """The code of a refusal; 0 for a message that is in order."""
        if kind == "template":
            return _template_fault(what)
        if (account, to) not in self.windows:
            return 131047
        if kind == "interactive":
            return _menu_fault(what)
        return 0 if kind == "text" and 0 < len(str(what.get("body", ""))) <= 4_096 else 131009

    def busy(self, fault: Fault) -> Response:
        return problem(int(fault.code or 130429), {"retry-after": f"{fault.seconds or 1:g}"})

    def broken(self, fault: Fault) -> Response:
        return problem(131000, status=int(fault.code or 500))

    def expired(self, fault: Fault) -> Response:
        return problem(190)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        return problem(int(fault.code or 131026))

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        told: dict[str, Any] = {
            "id": kept.id, "status": status, "timestamp": str(int(time.time())), "recipient_id": kept.to.lstrip("+"),
            "biz_opaque_callback_data": kept.asked.get("biz_opaque_callback_data"),
        }  # fmt: skip
        if status in ("sent", "delivered"):
            told["pricing"] = {"billable": True, "pricing_model": "PMP", "category": "utility"}
        if status == "failed":
            number = int(code or 131026)
            told["errors"] = [{"code": number, "title": _TITLES.get(number, "Refused"),
                               "error_data": {"details": "Message Undeliverable."}}]  # fmt: skip
        return delivery(account.hook, account.name, {"statuses": [told]})

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        """A text `#id` is the tap on the button or line of that id."""
        number = sender.lstrip("+")
        self.windows.add((account.name, number))
        told: dict[str, Any] = {"from": number, "id": event_id, "timestamp": str(int(time.time()))}
        if text.startswith("#"):
            reply = {"type": "button_reply", "button_reply": {"id": text[1:], "title": text[1:]}}
            told |= {"type": "interactive", "interactive": reply}
        else:
            told |= {"type": "text", "text": {"body": text}}
        contacts = [{"profile": {"name": "Demba"}, "wa_id": number}]
        return delivery(account.hook, account.name, {"contacts": contacts, "messages": [told]})

    def sign(self, account: Account, call: HookCall, how: str) -> HookCall:
        if how == "absent":
            return call
        key = {"bad": "another", "old": f"old-{app_secret(account.name)}"}.get(how, app_secret(account.name))
        content = call.content
        if how == "reserialised":
            content = json.dumps(json.loads(content), ensure_ascii=False).encode()
        made = hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
        return HookCall(call.url, call.content, {**call.headers, "x-hub-signature-256": f"sha256={made}"})


def delivery(hook: str, number: str, *values: dict[str, Any]) -> HookCall:
    """What Meta posts: one entry per value. It writes every letter beyond ASCII as \\u…, and escapes slashes."""
    common = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001", "phone_number_id": number},
    }
    entries = [{"id": "102290129340398", "changes": [{"field": "messages", "value": common | one}]} for one in values]
    told = json.dumps({"object": "whatsapp_business_account", "entry": entries}, separators=(",", ":"))
    return HookCall(hook, told.replace("/", "\\/").encode(), {"content-type": "application/json"})


def words_of(kind: str, what: dict[str, Any]) -> str:
    """What a person would see of it."""
    if kind == "text":
        return str(what.get("body", ""))
    if kind == "interactive":
        return str(what["body"]["text"])
    values = [place["text"] for part in what.get("components", []) for place in part.get("parameters", [])]
    return f"{what['name']}/{what['language']['code']}: {' | '.join(values)}"


def problem(code: int, headers: dict[str, str] | None = None, *, status: int = 0) -> Response:
    title = _TITLES.get(code, "Refused")
    told = {
        "message": f"(#{code}) {title}", "type": "OAuthException", "code": code, "fbtrace_id": secrets.token_hex(8),
        "error_data": {"messaging_product": "whatsapp", "details": f"{title}."},
    }  # fmt: skip
    return JSONResponse({"error": told}, status or _STATUS_OF.get(code, 400), headers)


def _taken(to: str, kept: Kept) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to}],
        "messages": [{"id": kept.id, "message_status": "accepted"}],
    }


def _template_fault(what: dict[str, Any]) -> int:
    name, language = str(what.get("name", "")), str(what.get("language", {}).get("code", ""))
    if not name.startswith("smartqueue_") or language not in LANGUAGES:
        return 132001
    if name.endswith("_paused"):
        return 132015
    values = [place.get("text") for part in what.get("components", []) for place in part.get("parameters", [])]
    is_fit = all(isinstance(one, str) and one and "\n" not in one and "    " not in one for one in values)
    return 0 if is_fit else 132000


def _menu_fault(what: dict[str, Any]) -> int:
    """Bounds of interactive messages; 131009 for what is over them."""
    action = what.get("action", {})
    if what.get("type") == "button":
        titles = [one["reply"]["title"] for one in action["buttons"]]
        is_fit = 1 <= len(titles) <= 3 and all(0 < len(one) <= 20 for one in titles)
    else:
        rows = [row for part in action["sections"] for row in part["rows"]]
        is_fit = 1 <= len(rows) <= 10 and 0 < len(action["button"]) <= 20
        is_fit &= all(0 < len(row["title"]) <= 24 and len(row.get("description", "")) <= 72 for row in rows)
    return 0 if is_fit and len(what["body"]["text"]) <= 1_024 else 131009
