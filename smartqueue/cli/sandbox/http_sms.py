"""An HTTP gateway as aggregators have it: `/{account}/send`, by GET, form or JSON, and JSON or a line back."""

import hmac
import json
import secrets
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, HookCall, Kept, Sandbox


class HttpGateway(Sandbox):
    """Takes `to`, `text`, `from`, `id`, `key` and `as`: `line` answers `OK: <name>`, else JSON. A `key` may stand in
    `Authorization: Bearer` as well. `rejected` is told with status 200, as such gateways like to do."""

    name: ClassVar[str] = "http"
    title: ClassVar[str] = "Any HTTP gateway: SMS"
    connects: ClassVar[tuple[str, ...]] = ("http_sms",)
    statuses: ClassVar[tuple[str, ...]] = ("sent", "delivered")

    def routes(self) -> list[BaseRoute]:
        return [Route("/{account}/send", self.create, methods=["GET", "POST"])]

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        settings = {
            "method": "POST",
            "body_type": "json",
            "body": '{"to": "{to}", "text": "{text}", "from": "{sender}", "id": "{id}"}',
            "headers": "Authorization: Bearer {key}",
            "sender": "SmartQueue",
            "good_answer": '"status":"ok"',
            "id_in_answer": "messages.0.id",
        }
        return settings, {"key": self.account(account).secret}

    def base_url(self, url: str, account: str) -> str:
        return f"{url}/{account}/send"

    async def create(self, request: Request) -> Response:
        account = self.account(str(request.path_params["account"]))
        asked = dict(request.query_params)
        if request.method == "POST":
            asked |= await _posted(request)
        key = asked.pop("key", "") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(key.encode(), account.secret.encode()):
            return self.expired(Fault())
        kept = Kept(
            asked.get("to", ""), asked.get("text", ""), secrets.token_hex(8), asked.get("from", ""), asked=asked
        )
        if not kept.to or not kept.body:
            return JSONResponse({"status": "error", "error": "to and text are needed"}, 400)
        return await self.take(request, account, kept, _line if asked.get("as") == "line" else _object)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        if kept.asked.get("as") == "line":
            return PlainTextResponse(f"ERR: {fault.code or 'refused'}")
        return JSONResponse({"status": "error", "error": fault.code or "refused"})

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        told = {"id": kept.id, "status": status, "to": kept.to, "error": code}
        content = json.dumps(told).encode()
        return HookCall(account.hook, content, {"content-type": "application/json"})

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        """By GET, as simple gateways do, and without the plus."""
        query = urlencode({"from": sender.removeprefix("+"), "text": text, "id": event_id})
        return HookCall(f"{account.hook}?{query}", method="GET")


async def _posted(request: Request) -> dict[str, str]:
    """The fields of a form or of a JSON object."""
    if "json" in request.headers.get("content-type", ""):
        return {name: str(value) for name, value in (await request.json()).items()}
    return {name: str(value) for name, value in (await request.form()).items()}


def _line(kept: Kept) -> Response:
    return PlainTextResponse(f"OK: {kept.id}\n")


def _object(kept: Kept) -> Response:
    return JSONResponse({"status": "ok", "messages": [{"id": kept.id, "to": kept.to}]})
