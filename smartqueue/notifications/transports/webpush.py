"""Web Push: to a browser, through the push service that its maker runs (RFC 8030, 8291, 8292).

No account is needed. The key is the installation's: VAPID_PRIVATE_KEY, or, without it, one that follows from
SECRET_KEY, so that every process has the same one and no second secret has to be kept. With another key every browser
has to subscribe again.
"""

import hashlib
import json
import time
from base64 import urlsafe_b64encode
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, VapidException

from smartqueue.notifications.states import MessageChannel, Outcome
from smartqueue.notifications.transports import calling
from smartqueue.notifications.transports.base import Handed, Outgoing, Transport, TransportFault
from smartqueue.outbound.deadline import Deadline
from smartqueue.outbound.http import Answer

LONGEST_PAYLOAD = 3_000
"""Bytes of JSON: push services take 4,096 with the encryption around it."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group P-256."""
_SIGNED_FOR_S = 12 * 3600
"""RFC 8292 § 2 allows 24 h; half of it leaves room for clocks that differ."""


def public_key() -> str:
    """The installation's key as a page hands it to `PushManager.subscribe`: base64url, 65 bytes."""
    point = _vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _base64url(point)


class WebPush(Transport):
    """One browser's subscription at a time: `Outgoing.to` is JSON with `endpoint`, `p256dh` and `auth`, as the browser
    told them."""

    provider = "webpush"  # type: ignore[assignment]  # no account, so no Provider
    channel = MessageChannel.PUSH

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        subscription = _subscription(message.to)
        headers = {
            "authorization": _authorization(subscription["endpoint"]),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(message.life_s),
            "urgency": "high" if message.is_urgent else "normal",
            "topic": topic_of(message),
        }
        body = _encrypted(subscription, payload_of(message))
        answer = calling.ask("POST", subscription["endpoint"], deadline, headers=headers, content=body)
        if not answer.is_ok:
            raise _refusal(answer)
        return Handed(provider_id=answer.headers.get("location", "").rstrip("/").rpartition("/")[2][-200:])


def topic_of(message: Outgoing) -> str:
    """What a later message about the same ticket replaces, on its way (RFC 8030 § 5.4) and on the phone's screen. The
    ticket's address is its owner's key, so the push service sees a digest."""
    about = message.link or str(message.id)
    return _base64url(hashlib.sha256(about.encode()).digest())[:32]


def payload_of(message: Outgoing) -> bytes:
    """What the service worker reads: `title`, `body`, `url`, `tag`, `kind`, `lang`.

    Raises:
        TransportFault: too long.
    """
    told = {
        "title": message.subject, "body": message.body, "url": message.link, "tag": topic_of(message),
        "kind": message.kind, "lang": message.language,
    }  # fmt: skip
    payload = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > LONGEST_PAYLOAD:
        raise TransportFault(Outcome.TOO_LONG)
    return payload


def _subscription(to: str) -> dict[str, str]:
    """
    Raises:
        TransportFault: it is none, and will never be one.
    """
    try:
        told = json.loads(to)
        return {name: str(told[name]) for name in ("endpoint", "p256dh", "auth")}
    except (ValueError, TypeError, KeyError):
        raise TransportFault(Outcome.RECIPIENT_GONE, said="not a subscription") from None


def _encrypted(subscription: dict[str, str], payload: bytes) -> bytes:
    """RFC 8291, with a key pair for this message alone."""
    # Late: it imports two HTTP clients that we do not use.
    from pywebpush import WebPusher, WebPushException

    keys = {"p256dh": subscription["p256dh"], "auth": subscription["auth"]}
    try:
        pusher = WebPusher({"endpoint": subscription["endpoint"], "keys": keys})
        return bytes(pusher.encode(payload)["body"])
    except (WebPushException, ValueError, TypeError, IndexError) as error:
        raise TransportFault(Outcome.RECIPIENT_GONE, said=f"keys: {type(error).__name__}") from None


def _refusal(answer: Answer) -> TransportFault:
    if answer.status in (404, 410):
        return TransportFault(Outcome.RECIPIENT_GONE, said=str(answer.status))
    return calling.refusal(answer)


def _authorization(endpoint: str) -> str:
    """VAPID: who we are, and that this is meant for this push service. The same one for an hour, as RFC 8292 § 4.2
    asks."""
    parts = urlsplit(endpoint)
    return _signed(f"{parts.scheme}://{parts.netloc}", int(time.time()) // 3600, _vapid())


@lru_cache(maxsize=256)
def _signed(audience: str, hour: int, vapid: Vapid02) -> str:
    claims = {"aud": audience, "exp": hour * 3600 + _SIGNED_FOR_S, "sub": _contact()}
    try:
        return str(vapid.sign(claims)["Authorization"])
    except VapidException:  # an audience that is no origin
        raise TransportFault(Outcome.RECIPIENT_GONE, said="endpoint") from None


def _contact() -> str:
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


def _vapid() -> Vapid02:
    return _made(settings.VAPID_PRIVATE_KEY, settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _made(given: str, secret_key: str) -> Any:
    if given:
        return Vapid02.from_string(given)
    # 16 bytes more than the order has: no scalar is likelier than another (FIPS 186-5, A.2.1).
    seed = HKDF(algorithm=SHA256(), length=48, salt=None, info=b"smartqueue.webpush.vapid").derive(secret_key.encode())
    scalar = int.from_bytes(seed, "big") % (_ORDER - 1) + 1
    return Vapid02(ec.derive_private_key(scalar, ec.SECP256R1()))


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
