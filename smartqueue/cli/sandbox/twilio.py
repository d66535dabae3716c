"""Twilio: messages of SMS and WhatsApp, 2010-04-01 (https://www.twilio.com/docs/messaging/api/message-resource)."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, HookCall, Kept, Sandbox

_TO = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}\Z")
_TEXTS = {
    20003: "Authenticate",
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
}
_STATUS_OF = {20003: 401, 20429: 429}
NUMBER = "+15005550006"


class Twilio(Sandbox):
    name: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio: SMS and WhatsApp"
    connects: ClassVar[tuple[str, ...]] = ("twilio_sms", "twilio_whatsapp")

    def routes(self) -> list[BaseRoute]:
        account = "/2010-04-01/Accounts/{sid}"
        return [
            Route(f"{account}/Messages.json", self.create, methods=["POST"]),
            Route(f"{account}/Messages.json", self.index, methods=["GET"]),
            Route(account + "/Messages/{message}.json", self.show, methods=["GET"]),
        ]

    def new_name(self) -> str:
        return f"AC{secrets.token_hex(16)}"

    @property
    def demo(self) -> str:
        return f"AC{'0' * 31}1"

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        return {"account_sid": account, "sender": NUMBER}, {"auth_token": self.account(account).secret}

    def _signed_in(self, request: Request) -> Account | None:
        sid = str(request.path_params["sid"])
        pair = base64.b64encode(f"{sid}:{self.account(sid).secret}".encode()).decode()
        given = request.headers.get("authorization", "")
        return self.account(sid) if hmac.compare_digest(given, f"Basic {pair}") else None

    async def create(self, request: Request) -> Response:
        account = self._signed_in(request)
        if account is None:
            return _problem(20003)
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not _TO.match(form.get("To", "")):
            return _problem(21211)
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return _problem(21603)
        if not (form.get("Body") or form.get("ContentSid")):
            return _problem(21602)
        if len(form.get("Body", "")) > 1600:
            return _problem(21617)
        kept = Kept(
            form["To"], form.get("Body", ""), id=f"SM{secrets.token_hex(16)}", sender=form.get("From", ""),
            report_to=form.get("StatusCallback", ""), asked=form, status="queued",
        )  # fmt: skip
        return await self.take(request, account, kept, lambda kept: JSONResponse(_shown(account, kept), 201))

    async def index(self, request: Request) -> Response:
        account = self._signed_in(request)
        if account is None:
            return _problem(20003)
        query = request.query_params
        days = {"DateSent": "==", "DateSent>": ">=", "DateSent<": "<="}
        rows = [one for one in reversed(account.messages) if query.get("To") in (None, one.to)]
        for name, sign in days.items():
            if wanted := query.get(name):
                rows = [one for one in rows if _within(_day(one.at), sign, wanted)]
        most = int(query.get("PageSize", 50))
        return JSONResponse({"messages": [_shown(account, one) for one in rows[:most]], "page": 0, "page_size": most})

    async def show(self, request: Request) -> Response:
        account = self._signed_in(request)
        if account is None:
            return _problem(20003)
        kept = account.message(str(request.path_params["message"]))
        return JSONResponse(_shown(account, kept)) if kept else JSONResponse({"code": 20404, "status": 404}, 404)

    def busy(self, fault: Fault) -> Response:
        return _problem(20429, {"retry-after": f"{fault.seconds or 1:g}"})

    def expired(self, fault: Fault) -> Response:
        return _problem(20003)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        return _problem(int(fault.code or 21211))

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        form = {
            "ApiVersion": "2010-04-01", "AccountSid": account.name, "MessageSid": kept.id, "SmsSid": kept.id,
            "MessageStatus": status, "SmsStatus": status, "To": kept.to, "From": kept.sender,
        }  # fmt: skip
        return _form(kept.report_to or account.hook, form | ({"ErrorCode": code} if code else {}))

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        form = {
            "ToCountry": "SN", "FromCity": "", "Body": text, "SmsMessageSid": event_id, "MessageSid": event_id,
            "SmsSid": event_id, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "From": sender,
            "To": NUMBER, "AccountSid": account.name, "ApiVersion": "2010-04-01",
        }  # fmt: skip
        return _form(account.hook, form)

    def sign(self, account: Account, call: HookCall, how: str) -> HookCall:
        if how == "absent":
            return call
        key = {"bad": "another", "old": f"old-{account.secret}"}.get(how, account.secret)
        form = parse_qsl(call.content.decode(), keep_blank_values=how != "reserialised")
        words = call.url + "".join(name + value for name, value in sorted(form))
        made = base64.b64encode(hmac.new(key.encode(), words.encode(), hashlib.sha1).digest()).decode()
        if how == "reserialised":
            made = made[::-1] if b"=&" not in call.content else made
        return HookCall(call.url, call.content, {**call.headers, "x-twilio-signature": made})


def _form(url: str, form: dict[str, str]) -> HookCall:
    return HookCall(url, urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"})


def _problem(code: int, headers: dict[str, str] | None = None) -> Response:
    status = _STATUS_OF.get(code, 400)
    text, more = _TEXTS.get(code, "Refused"), f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": text, "more_info": more, "status": status}, status, headers)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _within(day: str, sign: str, wanted: str) -> bool:
    return {"==": day == wanted[:10], ">=": day >= wanted[:10], "<=": day <= wanted[:10]}[sign]


def _shown(account: Account, kept: Kept) -> dict[str, Any]:
    at = format_datetime(datetime.fromtimestamp(kept.at, UTC))
    uri = f"/2010-04-01/Accounts/{account.name}/Messages/{kept.id}.json"
    return {
        "account_sid": account.name, "api_version": "2010-04-01", "body": kept.body, "date_created": at,
        "date_sent": None if kept.status == "queued" else at, "date_updated": at, "direction": "outbound-api",
        "error_code": None, "error_message": None, "from": kept.sender or None,
        "messaging_service_sid": kept.asked.get("MessagingServiceSid"), "num_media": "0",
        "num_segments": "1", "price": None, "price_unit": "USD", "sid": kept.id, "status": kept.status,
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")}, "to": kept.to, "uri": uri,
    }  # fmt: skip
