"""Africa's Talking: SMS (https://developers.africastalking.com/docs/sms)."""

import hmac
import re
import secrets
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, HookCall, Kept, Sandbox

_TO = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_STATUSES = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
COST = 12.5
SHORT_CODE = "24245"


class AfricasTalking(Sandbox):
    """Refuses a recipient inside an answer that looks good: `rejected` with a status code, or with a word for all."""

    name: ClassVar[str] = "at"
    title: ClassVar[str] = "Africa's Talking: SMS"
    connects: ClassVar[tuple[str, ...]] = ("at_sms",)
    statuses: ClassVar[tuple[str, ...]] = ("Sent", "Success")

    def routes(self) -> list[BaseRoute]:
        return [Route("/version1/messaging", self.create, methods=["POST"])]

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        return {"username": account}, {"api_key": self.account(account).secret}

    async def create(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        account = self.account(form.get("username", ""))
        if not hmac.compare_digest(request.headers.get("apikey", "").encode(), account.secret.encode()):
            return self.expired(Fault())
        missing = [name for name in ("to", "message") if not form.get(name)]
        if missing:
            return PlainTextResponse(f"Request is missing required form field '{missing[0]}'", 400)
        kept = Kept(form["to"], form["message"], f"ATXid_{secrets.token_hex(16)}", form.get("from", ""), asked=form)
        if not _TO.match(kept.to):
            return _answered(kept, 403)
        return await self.take(request, account, kept, lambda kept: _answered(kept, 101))

    def busy(self, fault: Fault) -> Response:
        return PlainTextResponse("Too many requests", 429, {"retry-after": f"{fault.seconds or 1:g}"})

    def expired(self, fault: Fault) -> Response:
        return PlainTextResponse("The supplied authentication is invalid", 401)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        if fault.code.isdigit() or not fault.code:
            return _answered(kept, int(fault.code or 403))
        return JSONResponse({"SMSMessageData": {"Message": fault.code, "Recipients": []}}, 201)

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        form = {"id": kept.id, "status": status, "phoneNumber": kept.to, "networkCode": "60801", "retryCount": "0"}
        return _form(account.hook, form | ({"failureReason": code} if code else {}))

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        form = {
            "date": "2026-11-21 09:00:00",
            "from": sender,
            "id": event_id,
            "linkId": "",
            "text": text,
            "to": SHORT_CODE,
            "networkCode": "60801",
        }
        return _form(account.hook, form)


def _form(url: str, form: dict[str, str]) -> HookCall:
    return HookCall(url, urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"})


def _answered(kept: Kept, code: int) -> Response:
    taken = code < 200
    cost = f"XOF {COST:.4f}" if taken else "0"
    one = {
        "statusCode": code,
        "number": kept.to,
        "status": _STATUSES.get(code, "Failed"),
        "cost": cost,
        "messageId": kept.id if taken else "None",
    }
    words = f"Sent to {int(taken)}/1 Total Cost: {cost}"
    return JSONResponse({"SMSMessageData": {"Message": words, "Recipients": [one]}}, 201)
