"""Identifiers: time-ordered ids for rows, unguessable tokens for owners."""

import os
import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A UUID of version 7: 48 bits of Unix milliseconds, then 74 random bits (RFC 9562, section 5.7).

    Time-ordered, so that primary-key inserts stay at the right edge of the index; made here rather than by
    PostgreSQL 18's `uuidv7()`, so that PostgreSQL 15 to 17 work too.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def token() -> str:
    """A capability: 128 random bits in 22 URL-safe characters."""
    return secrets.token_urlsafe(16)
