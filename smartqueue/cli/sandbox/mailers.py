"""SendGrid, Mailgun and Brevo: letters by HTTP, and signed reports about them.

A recipient at `invalid.example` is refused by name. Each takes a letter the way its own API does and says what became
of it the way its own webhooks do: SendGrid signs with ECDSA over time and body, Mailgun with HMAC over time and token,
Brevo not at all.
"""

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64encode
from functools import lru_cache
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, HookCall, Kept, Sandbox, secret_of

REFUSED = "@invalid.example"
_DAY_S = 24 * 3600
JSON = {"content-type": "application/json"}


@lru_cache(maxsize=4_000)
def signing_key(account: str) -> ec.EllipticCurvePrivateKey:
    """SendGrid's private half for an account; another one in every process."""
    return ec.generate_private_key(ec.SECP256R1())


class Mailer(Sandbox):
    """What the three have in common: the key names the account."""

    key_form: ClassVar[str]

    def key_of(self, account: str) -> str:
        return self.key_form.format(account=account, secret=secret_of(account))

    def account_of(self, key: str) -> Account | None:
        """The account that a key opens."""
        before, _, after = self.key_form.partition("{account}")
        name = key.removeprefix(before).partition(after.partition("{")[0])[0]
        return self.account(name) if key and hmac.compare_digest(key, self.key_of(name)) else None

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        raise ValueError("nobody writes to us by mail")


class SendGrid(Mailer):
    name: ClassVar[str] = "sendgrid"
    title: ClassVar[str] = "E-mail by SendGrid"
    connects: ClassVar[tuple[str, ...]] = ("sendgrid",)
    statuses: ClassVar[tuple[str, ...]] = ("processed", "delivered")
    key_form = "SG.{account}.{secret}"

    def routes(self) -> list[BaseRoute]:
        return [Route("/mail/send", self.create, methods=["POST"])]

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        point = signing_key(account).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        settings = {"sender": f"noreply@{account}.example", "webhook_key": b64encode(point).decode()}
        return settings, {"api_key": self.key_of(account)}

    async def create(self, request: Request) -> Response:
        account = self.account_of(request.headers.get("authorization", "").removeprefix("Bearer "))
        if account is None:
            return self.expired(Fault())
        try:
            told = json.loads(await request.body())
            to = str(told["personalizations"][0]["to"][0]["email"])
            words, sender = str(told["content"][0]["value"]), str(told["from"]["email"])
        except (ValueError, KeyError, IndexError, TypeError):
            return _sendgrid_problem(400, "Bad Request", None)
        if to.endswith(REFUSED):
            return _sendgrid_problem(400, "Does not contain a valid address.", "personalizations.0.to.0.email")
        kept = Kept(to, words, id=secrets.token_urlsafe(16), sender=sender, asked=told)
        taken = {"x-message-id": kept.id}
        return await self.take(request, account, kept, lambda kept: Response(status_code=202, headers=taken))

    def busy(self, fault: Fault) -> Response:
        return _sendgrid_problem(429, "too many requests", None, {"retry-after": f"{fault.seconds or 1:g}"})

    def expired(self, fault: Fault) -> Response:
        return _sendgrid_problem(401, "The provided authorization grant is invalid, expired, or revoked", None)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        if fault.code == "from":
            return _sendgrid_problem(403, "The from address does not match a verified Sender Identity.", "from")
        if fault.code == "credits":
            return _sendgrid_problem(401, "Maximum credits exceeded", None)
        return _sendgrid_problem(int(fault.code or 400), "Bad Request", None)

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        """One delivery holds a list: here the event of this letter, and one of a letter that is not ours."""
        told = {
            "email": kept.to, "timestamp": int(time.time()), "smtp-id": "<14c5d75ce93@ismtpd>", "event": status,
            "category": kept.asked.get("categories", []), "sg_event_id": _named(kept, status),
            "sg_message_id": f"{kept.id}.recvd-7cc-1", **kept.asked.get("custom_args", {}),
        }  # fmt: skip
        if status in ("bounce", "dropped"):
            told |= {"reason": "550 5.1.1 The email account does not exist", "status": "5.1.1", "type": "bounce"}
        other = {"email": "x@example.org", "event": "delivered", "sg_event_id": "b" * 22, "sg_message_id": "other.x"}
        return HookCall(account.hook, json.dumps([told, other]).encode(), JSON)

    def sign(self, account: Account, call: HookCall, how: str) -> HookCall:
        if how == "absent":
            return call
        key = signing_key(f"not-{account.name}" if how == "bad" else account.name)
        stamp = str(int(time.time()) - (30 * _DAY_S if how == "old" else 0))
        content = call.content
        if how == "reserialised":
            content = json.dumps(json.loads(content), indent=1).encode()
        made = b64encode(key.sign(stamp.encode() + content, ec.ECDSA(SHA256()))).decode()
        signed = {
            "x-twilio-email-event-webhook-signature": made, "x-twilio-email-event-webhook-timestamp": stamp,
        }  # fmt: skip
        return HookCall(call.url, call.content, {**call.headers, **signed})


class Mailgun(Mailer):
    name: ClassVar[str] = "mailgun"
    title: ClassVar[str] = "E-mail by Mailgun"
    connects: ClassVar[tuple[str, ...]] = ("mailgun",)
    statuses: ClassVar[tuple[str, ...]] = ("accepted", "delivered")
    key_form = "key-{account}-{secret}"

    def routes(self) -> list[BaseRoute]:
        return [Route("/{domain}/messages", self.create, methods=["POST"])]

    def new_name(self) -> str:
        return f"mg{secrets.token_hex(6)}.example"

    @property
    def demo(self) -> str:
        return "demo.example"

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        told = {"api_key": self.key_of(account), "signing_key": f"signing-{account}"}
        return {"domain": account, "sender": f"noreply@{account}"}, told

    async def create(self, request: Request) -> Response:
        domain = str(request.path_params["domain"])
        pair = b64encode(f"api:{self.key_of(domain)}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return self.expired(Fault())
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not form.get("to") or REFUSED in form["to"]:
            return JSONResponse({"message": "to parameter is not a valid address. please check documentation"}, 400)
        if not form.get("from"):
            return JSONResponse({"message": "from parameter is missing"}, 400)
        headers = {name.lower(): value for name, value in form.items() if name.startswith("h:")}
        name = headers.get("h:message-id", f"<{secrets.token_hex(12)}@{domain}>")
        kept = Kept(form["to"], form.get("text", ""), id=name, sender=form["from"], asked=form)
        taken = {"id": name, "message": "Queued. Thank you."}
        return await self.take(request, self.account(domain), kept, lambda kept: JSONResponse(taken))

    def expired(self, fault: Fault) -> Response:
        return PlainTextResponse("Forbidden", 401)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        if fault.code == "404":
            return JSONResponse({"message": f"Domain not found: {account.name}"}, 404)
        return JSONResponse({"message": "from parameter is not a valid address."}, int(fault.code or 400))

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        """`failed` is for good; `failed-temporary` is tried again there."""
        event = {
            "event": status.split("-")[0], "id": _named(kept, status), "timestamp": time.time(),
            "recipient": kept.to, "message": {"headers": {"message-id": kept.id.strip("<>"), "to": kept.to}},
            "user-variables": {name[2:]: value for name, value in kept.asked.items() if name.startswith("v:")},
        }  # fmt: skip
        if status.startswith("failed"):
            event |= {"severity": status.partition("-")[2] or "permanent", "reason": "bounce",
                      "delivery-status": {"code": 550, "message": "5.1.1 no such user"}}  # fmt: skip
        told = {"signature": {"token": _named(kept, status), "timestamp": "", "signature": ""}, "event-data": event}
        return HookCall(account.hook, json.dumps(told).encode(), JSON)

    def sign(self, account: Account, call: HookCall, how: str) -> HookCall:
        """Over time and token: the body is not signed, so that writing it anew changes nothing."""
        if how == "absent":
            return call
        told = json.loads(call.content)
        stamp = str(int(time.time()) - (30 * _DAY_S if how == "old" else 0))
        key = "another" if how == "bad" else f"signing-{account.name}"
        words = f"{stamp}{told['signature']['token']}"
        made = hmac.new(key.encode(), words.encode(), hashlib.sha256).hexdigest()
        told["signature"] |= {"timestamp": stamp, "signature": made}
        return HookCall(call.url, json.dumps(told).encode(), call.headers)


class Brevo(Mailer):
    name: ClassVar[str] = "brevo"
    title: ClassVar[str] = "E-mail by Brevo"
    connects: ClassVar[tuple[str, ...]] = ("brevo",)
    statuses: ClassVar[tuple[str, ...]] = ("request", "delivered")
    key_form = "xkeysib-{account}-{secret}"

    def routes(self) -> list[BaseRoute]:
        return [Route("/smtp/email", self.create, methods=["POST"])]

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        return {"sender": f"noreply@{account}.example"}, {"api_key": self.key_of(account)}

    async def create(self, request: Request) -> Response:
        account = self.account_of(request.headers.get("api-key", ""))
        if account is None:
            return self.expired(Fault())
        try:
            told = json.loads(await request.body())
            to, words, sender = str(told["to"][0]["email"]), str(told["textContent"]), str(told["sender"]["email"])
        except (ValueError, KeyError, IndexError, TypeError):
            return _brevo_problem(400, "missing_parameter", "to is missing")
        if to.endswith(REFUSED):
            return _brevo_problem(400, "invalid_parameter", "email is not valid in to")
        key = str(told.get("headers", {}).get("idempotencyKey", ""))
        former = next(
            (one for one in account.messages if key and one.asked["headers"].get("idempotencyKey") == key), None
        )
        if former:  # within its quarter of an hour: the same answer, no second letter
            return JSONResponse({"messageId": former.id}, 201)
        kept = Kept(to, words, id=f"<{secrets.token_hex(12)}@smtp-relay.mailin.fr>", sender=sender, asked=told)
        return await self.take(request, account, kept, lambda kept: JSONResponse({"messageId": kept.id}, 201))

    def busy(self, fault: Fault) -> Response:
        return _brevo_problem(429, "too_many_requests", "slow down", {"retry-after": f"{fault.seconds or 1:g}"})

    def expired(self, fault: Fault) -> Response:
        return _brevo_problem(401, "unauthorized", "Key not found")

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        if fault.code == "credits":
            return _brevo_problem(402, "not_enough_credits", "You have insufficient credits")
        return _brevo_problem(400, "invalid_parameter", "Sending has been rejected because the sender is not valid")

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        told = {
            "event": status, "email": kept.to, "id": 26224, "date": "2026-11-21 10:00:00",
            "ts_epoch": int(kept.at * 1000), "message-id": kept.id, "tags": kept.asked.get("tags", []),
            "X-Mailin-custom": kept.asked.get("headers", {}).get("X-Mailin-custom", ""),
        }  # fmt: skip
        if "bounce" in status:
            told["reason"] = "550 5.1.1 no such user"
        return HookCall(account.hook, json.dumps(told).encode(), JSON)


def _named(kept: Kept, status: str) -> str:
    """An event's own name: the same when it is told again."""
    return hashlib.sha256(f"{kept.id} {status}".encode()).hexdigest()[:50]


def _sendgrid_problem(status: int, words: str, field: str | None, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"message": words, "field": field, "help": None}]}, status, headers)


def _brevo_problem(status: int, code: str, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"code": code, "message": words}, status, headers)
