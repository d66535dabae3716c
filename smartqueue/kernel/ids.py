"""Identifiers: time-ordered ids for rows, unguessable tokens for owners."""

import os
import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A UUID of version 7: 48 bits of Unix milliseconds, 12 of the fraction, 62 random (RFC 9562, 5.7 and 6.2 no. 3).

    Time-ordered, so that primary-key inserts stay at the right edge of the index; made here rather than by
    PostgreSQL 18's `uuidv7()`, so that PostgreSQL 15 to 17 work too.
    """
    milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


def token() -> str:
    """A capability: 128 random bits in 22 URL-safe characters."""
    return secrets.token_urlsafe(16)
