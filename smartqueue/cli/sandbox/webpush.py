"""A push service as browsers' makers run them (RFC 8030), and the browser behind it: what arrives is decrypted with the
subscription's private key (RFC 8291), and refused if it was not sent as it should be (RFC 8292).

`GET /subscription/{account}` is what `PushSubscription.toJSON()` gives in a browser; with `?key=` it was made for that
application server's key, and takes messages of no other. Faults of the kind `rejected` have the status in `code`.
"""

import json
import re
import secrets
import time
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any, ClassVar

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from smartqueue.cli.sandbox.frame import Account, Fault, Kept, Sandbox

LONGEST = 4_096
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
_VAPID = re.compile(r"vapid t=(?P<token>[\w.-]+), ?k=(?P<key>[\w-]+)\Z")


class Browser:
    """A subscription with what only the browser has: the private key."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = secrets.token_bytes(16)
        self.made_for = ""

    @property
    def keys(self) -> dict[str, str]:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": base64url(point), "auth": base64url(self.auth)}

    def open(self, body: bytes) -> bytes:
        """The words inside. Raises what http_ece and cryptography raise for others."""
        return opened(body, self.private, self.auth)


def opened(body: bytes, private: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a browser reads: RFC 8291 § 3.4, content encoding aes128gcm."""
    return bytes(http_ece.decrypt(body, private_key=private, auth_secret=auth, version="aes128gcm"))


class WebPush(Sandbox):
    name: ClassVar[str] = "webpush"
    title: ClassVar[str] = "Push service of a browser"
    statuses: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.browser = lru_cache(maxsize=10_000)(lambda account: Browser())

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/subscription/{account}", self.subscribe, methods=["GET"]),
            Route("/push/{account}", self.create, methods=["POST"]),
        ]

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        return {}, {}

    async def subscribe(self, request: Request) -> Response:
        name = str(request.path_params["account"])
        browser = self.browser(name)
        browser.made_for = request.query_params.get("key", "")
        endpoint = str(request.url.replace(query="")).replace(f"/subscription/{name}", f"/push/{name}")
        return JSONResponse({"endpoint": endpoint, "expirationTime": None, "keys": browser.keys})

    async def create(self, request: Request) -> Response:
        name = str(request.path_params["account"])
        browser, body = self.browser(name), await request.body()
        if refusal := _refusal(request, browser, len(body)):
            return refusal
        try:
            words = browser.open(body).decode()
        except Exception as error:  # a browser drops what it cannot read, whatever the reason
            return PlainTextResponse(f"{type(error).__name__}: {error}", 400)
        told = {"headers": dict(request.headers), "payload": _json(words)}
        kept = Kept(str(request.url), words, id=secrets.token_urlsafe(16), asked=told)
        where = {"location": str(request.url.replace(path=f"/webpush/m/{kept.id}")), "ttl": request.headers["ttl"]}
        return await self.take(request, self.account(name), kept, lambda kept: Response(status_code=201, headers=where))

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        return PlainTextResponse("push subscription has unsubscribed or expired.", int(fault.code or 410))


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _refusal(request: Request, browser: Browser, size: int) -> Response | None:
    headers = request.headers
    if size > LONGEST:
        return PlainTextResponse("payload too large", 413)
    if not headers.get("ttl", "").isdigit() or headers.get("content-encoding") != "aes128gcm":
        return PlainTextResponse("TTL and aes128gcm are needed", 400)
    if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
        return PlainTextResponse("urgency", 400)
    if not _TOPIC.match(headers.get("topic", "x")):
        return PlainTextResponse("topic", 400)
    return _who(headers.get("authorization", ""), f"{request.url.scheme}://{request.url.netloc}", browser.made_for)


def _who(authorization: str, origin: str, made_for: str) -> Response | None:
    """RFC 8292: signed by the key that the subscription was made for, for this origin, for a day at most."""
    given = _VAPID.match(authorization)
    if given is None:
        return PlainTextResponse("no VAPID", 401)
    try:
        key = Vapid02.from_raw_public(given["key"].encode()).public_key
        claims = jwt.decode(
            given["token"], key, algorithms=["ES256"], audience=origin, options={"require": ["exp", "sub"]}
        )
    except (jwt.PyJWTError, ValueError) as error:
        return PlainTextResponse(f"{type(error).__name__}", 403)
    is_short = claims["exp"] <= time.time() + 24 * 3600
    if not is_short or not str(claims["sub"]).startswith(("mailto:", "https:")):
        return PlainTextResponse("exp or sub", 403)
    if made_for and made_for != given["key"]:
        return PlainTextResponse("the VAPID credentials do not correspond to the subscription", 403)
    return None


def _json(words: str) -> Any:
    try:
        return json.loads(words)
    except ValueError:
        return None
