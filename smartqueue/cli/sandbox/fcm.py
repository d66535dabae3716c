"""Firebase Cloud Messaging, HTTP v1, with its door for access tokens beside it at `/token`.

An account is a project. The key of its service account is made when the server starts, so it is another one every
time. A registration token that begins with `gone-` is UNREGISTERED, with `other-` it belongs to another project.
"""

import json
import secrets
from functools import cached_property
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, Kept, Sandbox

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_STATUS_OF = {
    "UNREGISTERED": (404, "NOT_FOUND"),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED"),
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT"),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED"),
    "UNAVAILABLE": (503, "UNAVAILABLE"),
    "INTERNAL": (500, "INTERNAL"),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED"),
}


class Fcm(Sandbox):
    name: ClassVar[str] = "fcm"
    title: ClassVar[str] = "Firebase Cloud Messaging"
    connects: ClassVar[tuple[str, ...]] = ("fcm",)
    statuses: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/token", self.token, methods=["POST"]),
            Route("/v1/projects/{project}/messages:send", self.create, methods=["POST"]),
        ]

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        told = {
            "type": "service_account", "project_id": account, "private_key_id": "1", "private_key": secret,
            "client_email": f"sq@{account}.iam.gserviceaccount.com",
        }  # fmt: skip
        return {}, {"service_account": json.dumps(told)}

    async def token(self, request: Request) -> Response:
        """RFC 7523: who signs with the account's key gets a token for an hour."""
        form = await request.form()
        try:
            claims = jwt.decode(
                str(form.get("assertion", "")), self.key.public_key(), algorithms=["RS256"], audience=str(request.url)
            )
            project = str(claims["iss"]).removeprefix("sq@").removesuffix(".iam.gserviceaccount.com")
        except (jwt.PyJWTError, KeyError) as error:
            return JSONResponse({"error": "invalid_grant", "error_description": type(error).__name__}, 400)
        if form.get("grant_type") != GRANT or claims.get("scope") != SCOPE or claims["exp"] - claims["iat"] > 3600:
            return JSONResponse({"error": "invalid_scope"}, 400)
        made = self.account(project).new_token()
        return JSONResponse({"access_token": made, "expires_in": 3599, "token_type": "Bearer"})

    async def create(self, request: Request) -> Response:
        account = self.account(str(request.path_params["project"]))
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in account.tokens:
            return self.expired(Fault())
        try:
            message = json.loads(await request.body())["message"]
            to, shown = str(message["token"]), dict(message["notification"])
        except (ValueError, KeyError, TypeError):
            return _problem("INVALID_ARGUMENT")
        data = message.get("data", {})
        is_fit = all(isinstance(value, str) for value in data.values()) and len(json.dumps(shown | data)) <= 4_096
        if not is_fit or not to or " " in to:
            return _problem("INVALID_ARGUMENT")
        if to.startswith(("gone-", "other-")):
            return _problem("UNREGISTERED" if to.startswith("gone-") else "SENDER_ID_MISMATCH")
        name = f"projects/{account.name}/messages/0:{secrets.token_hex(12)}"
        kept = Kept(to, str(shown.get("body", "")), id=name, asked=message)
        return await self.take(request, account, kept, lambda kept: JSONResponse({"name": kept.id}))

    def busy(self, fault: Fault) -> Response:
        return _problem("QUOTA_EXCEEDED", {"retry-after": f"{fault.seconds:g}"} if fault.seconds else None)

    def broken(self, fault: Fault) -> Response:
        return _problem("INTERNAL" if fault.code == "500" else "UNAVAILABLE")

    def expired(self, fault: Fault) -> Response:
        told = {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}
        return JSONResponse({"error": told}, 401)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        return _problem(fault.code or "UNREGISTERED")


def _problem(code: str, headers: dict[str, str] | None = None) -> Response:
    number, status = _STATUS_OF[code]
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]
    told = {"code": number, "message": "The request was refused.", "status": status, "details": details}
    return JSONResponse({"error": told}, number, headers)
