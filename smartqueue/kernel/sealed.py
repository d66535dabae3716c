"""Secrets at rest, sealed with a key of their purpose that follows from SECRET_KEY."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class SealBroken(RuleBroken):
    """Sealed for another purpose, with another SECRET_KEY, or damaged: what was inside has to be entered again."""

    code = "seal_broken"
    status = 500
    sentence = _("This secret was kept with another key and cannot be read any more. Enter it again.")


def seal(purpose: str, secret: bytes) -> bytes:
    """Encrypt and sign a secret (AES-128-CBC, HMAC-SHA256) for one purpose, such as `accounts.totp`."""
    return _box(purpose, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(secret)


def unseal(purpose: str, sealed: bytes | memoryview) -> bytes:
    """What `seal` was given for this purpose, with the present SECRET_KEY or one of SECRET_KEY_FALLBACKS.

    Raises:
        SealBroken: the key or the purpose is another, or a byte has changed.
    """
    try:
        return _box(purpose, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(bytes(sealed))
    except InvalidToken:
        raise SealBroken from None


@lru_cache(maxsize=256)
def _box(purpose: str, *keys: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(purpose, key))) for key in keys])


def _derived(purpose: str, key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"smartqueue.sealed:{purpose}".encode()).derive(
        key.encode()
    )
