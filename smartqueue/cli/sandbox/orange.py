"""Orange: SMS for Africa and the Middle East (https://developer.orange.com/apis/sms/getting-started)."""

import base64
import binascii
import hmac
import json
import re
import secrets
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, HookCall, Kept, Sandbox

_TO = re.compile(r"tel:\+[1-9][0-9]{6,14}\Z")
LASTS_S = 3600
SENDER = "+2210000"


class Orange(Sandbox):
    """Its tokens end when the fault `expired` says so. A code of `rejected` that begins with POL is a policy's, any
    other a service's."""

    name: ClassVar[str] = "orange"
    title: ClassVar[str] = "Orange: SMS"
    connects: ClassVar[tuple[str, ...]] = ("orange_sms",)
    statuses: ClassVar[tuple[str, ...]] = ("DeliveredToNetwork", "DeliveredToTerminal")

    def __init__(self) -> None:
        super().__init__()
        self._of_token: dict[str, str] = {}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/oauth/v3/token", self.token, methods=["POST"]),
            Route("/smsmessaging/v1/outbound/{sender}/requests", self.create, methods=["POST"]),
        ]

    def new_name(self) -> str:
        return secrets.token_hex(16)

    @property
    def demo(self) -> str:
        return "demo" * 8

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        settings = {"client_id": account, "sender_address": SENDER}
        return settings, {"client_secret": self.account(account).secret}

    async def token(self, request: Request) -> Response:
        name, given = _pair(request.headers.get("authorization", ""))
        account = self.account(name)
        if not hmac.compare_digest(given.encode(), account.secret.encode()):
            told = {"error": "invalid_client", "error_description": "The requested service needs credentials"}
            return JSONResponse(told, 401)
        if (await request.form()).get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        token = account.new_token()
        self._of_token[token] = name
        return JSONResponse({"token_type": "Bearer", "access_token": token, "expires_in": LASTS_S})

    async def create(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        account = self.account(self._of_token.get(token, ""))
        if token not in account.tokens:
            return self.expired(Fault())
        asked = (await request.json()).get("outboundSMSMessageRequest", {})
        sender = str(request.path_params["sender"])
        kept = Kept(
            str(asked.get("address", "")),
            str(asked.get("outboundSMSTextMessage", {}).get("message", "")),
            secrets.token_hex(16),
            str(asked.get("senderAddress", "")),
            asked=asked,
        )
        if kept.sender != sender or not _TO.match(kept.to) or not kept.body:
            return _exception("SVC0004", "No valid addresses provided in message part %1")
        url = f"{request.base_url}smsmessaging/v1/outbound/{sender}/requests/{kept.id}"
        told = {"outboundSMSMessageRequest": {**asked, "resourceURL": url}}
        return await self.take(request, account, kept, lambda _kept: JSONResponse(told, 201))

    def expired(self, fault: Fault) -> Response:
        words = "The requested service needs credentials, and the ones provided were out-of-date."
        return JSONResponse({"code": 42, "message": "Expired credentials", "description": words}, 401)

    def busy(self, fault: Fault) -> Response:
        told = {"code": 53, "message": "Too many requests", "description": "The application has made too many calls"}
        return JSONResponse(told, 429, {"retry-after": f"{fault.seconds or 1:g}"})

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        code, _space, text = fault.code.partition(" ")
        return _exception(code or "SVC0004", text or "No valid addresses provided in message part %1")

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        told = {"callbackData": kept.id, "deliveryInfo": {"address": kept.to, "deliveryStatus": status}}
        return _json(account.hook, {"deliveryInfoNotification": told})

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        message = {
            "dateTime": "2026-11-21T09:00:00Z",
            "destinationAddress": f"tel:{SENDER}",
            "messageId": event_id,
            "message": text,
            "senderAddress": f"tel:{sender}",
        }
        return _json(account.hook, {"inboundSMSMessageNotification": {"inboundSMSMessage": message}})


def _pair(header: str) -> tuple[str, str]:
    try:
        name, _colon, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name, secret


def _exception(code: str, text: str) -> Response:
    """GSMA OneAPI's errors."""
    kind, status = ("policyException", 403) if code.startswith("POL") else ("serviceException", 400)
    return JSONResponse({"requestError": {kind: {"messageId": code, "text": text, "variables": ["address"]}}}, status)


def _json(url: str, told: dict[str, Any]) -> HookCall:
    return HookCall(url, json.dumps(told).encode(), {"content-type": "application/json"})
