"""Standard Webhooks 1.0.0, symmetric: secrets, signatures, and whether one fits.

Source: the specification at standardwebhooks.com; the tests check it against its reference library.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from smartqueue.kernel.sealed import seal, unseal
from smartqueue.webhooks.errors import BadSignature
from smartqueue.webhooks.states import SECRET_PREFIX, TOLERANCE


def new_secret() -> str:
    """`whsec_` and 256 random bits."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(*, message_id: str, body: bytes, live: Sequence[str], at: datetime) -> dict[str, str]:
    """The three headers of one try; a signature for each live secret.

    Args:
        at: the instant of the try, not of the fact: whoever verifies refuses what is old.
    """
    second = str(int(at.timestamp()))
    signatures = " ".join(_signature(secret, message_id, second, body) for secret in live)
    return {"webhook-id": message_id, "webhook-timestamp": second, "webhook-signature": signatures}


def verify(*, headers: Mapping[str, str], body: bytes, secret: str, at: datetime) -> str:
    """The id of a message of which one signature fits.

    Args:
        headers: by lower-case name.

    Raises:
        BadSignature: for whatever reason.
    """
    message_id = headers.get("webhook-id", "")
    second, given = headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
    if not 1 <= len(message_id) <= 255 or not message_id.isprintable() or not message_id.isascii():
        raise BadSignature
    if not (second.isascii() and second.isdigit() and len(second) <= 12):
        raise BadSignature
    # An instant far beyond the calendar would be an error of another kind.
    if abs(at.timestamp() - int(second)) > TOLERANCE.total_seconds():
        raise BadSignature
    expected = _signature(secret, message_id, second, body).encode()
    if not any(hmac.compare_digest(expected, one.encode()) for one in given.split(" ")[:10]):
        raise BadSignature
    return message_id


def _signature(secret: str, message_id: str, second: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.digest(key, b".".join((message_id.encode(), second.encode(), body)), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


Kept = list[dict[str, Any]]
"""Secrets and when each ends, the newest first: `{"secret", "until"}`, `until` in ISO 8601 or None."""


def seal_secrets(kept: Kept, *, tenant_id: UUID, row_id: UUID) -> bytes:
    return seal(_purpose(tenant_id, row_id), orjson.dumps(kept))


def unseal_secrets(sealed: bytes | memoryview, *, tenant_id: UUID, row_id: UUID) -> Kept:
    """Raises: SealBroken."""
    kept: Kept = orjson.loads(unseal(_purpose(tenant_id, row_id), sealed))
    return kept


def live_at(kept: Kept, at: datetime) -> list[str]:
    """The secrets that sign at this instant."""
    return [one["secret"] for one in kept if one["until"] is None or datetime.fromisoformat(one["until"]) > at]


def rotated(kept: Kept, fresh: str, *, at: datetime, overlap: timedelta) -> Kept:
    """With a new secret; the present one signs beside it until the overlap ends, and what has ended is forgotten."""
    until = (at + overlap).astimezone(UTC).isoformat()
    return [{"secret": fresh, "until": None}, *({"secret": one, "until": until} for one in live_at(kept, at)[:1])]


def _purpose(tenant_id: UUID, row_id: UUID) -> str:
    """Another row's sealed secret, copied into this one, opens nothing."""
    return f"webhooks.secret:{tenant_id}:{row_id}"
