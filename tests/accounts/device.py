"""A device that holds a passkey, in software: what a phone answers to the browser's WebAuthn calls."""

import hashlib
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

HOST, ORIGIN = "testserver", "https://testserver"
FLAG = AuthenticatorData.FLAG


class Device:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.counter = 1
        self.user_handle = b""

    def make(self, options: Any, *, origin: str = ORIGIN, host: str = HOST, is_unlocked: bool = True) -> dict[str, Any]:
        """The answer to `navigator.credentials.create()`."""
        asked = options["publicKey"]
        self.user_handle = websafe_decode(asked["user"]["id"])
        held = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key()))
        told = self._told(host, FLAG.AT, is_unlocked, held)
        made = AttestationObject.create("none", told, {})
        client = CollectedClientData.create("webauthn.create", asked["challenge"], origin)
        return self._answer({"clientDataJSON": client.b64, "attestationObject": websafe_encode(made)})

    def sign(self, options: Any, *, origin: str = ORIGIN, host: str = HOST, is_unlocked: bool = True) -> dict[str, Any]:
        """The answer to `navigator.credentials.get()`; the counter goes up."""
        self.counter += bool(self.counter)
        told = self._told(host, FLAG(0), is_unlocked)
        client = CollectedClientData.create("webauthn.get", options["publicKey"]["challenge"], origin)
        signature = self.key.sign(told + client.hash, ec.ECDSA(SHA256()))
        said = {"clientDataJSON": client.b64, "authenticatorData": told, "signature": signature,
                "userHandle": self.user_handle}  # fmt: skip
        return self._answer(
            {name: one if isinstance(one, str) else websafe_encode(bytes(one)) for name, one in said.items()}
        )

    def _told(self, host: str, more: Any, is_unlocked: bool, held: bytes = b"") -> AuthenticatorData:
        flags = FLAG.UP | more | (FLAG.UV if is_unlocked else FLAG(0))
        return AuthenticatorData.create(hashlib.sha256(host.encode()).digest(), flags, self.counter, held)

    def _answer(self, said: dict[str, str]) -> dict[str, Any]:
        own = websafe_encode(self.id)
        return {"id": own, "rawId": own, "type": "public-key", "response": said, "clientExtensionResults": {}}
