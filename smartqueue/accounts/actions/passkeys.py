"""Passkeys (WebAuthn): a device signs our challenge, once its owner has unlocked it. That is both factors in one.

The ceremonies' cryptography is python-fido2's; here are the rules and the rows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from smartqueue.accounts.actions import letters
from smartqueue.accounts.errors import PasskeyKnown, PasskeyRefused
from smartqueue.accounts.models import Passkey, User
from smartqueue.accounts.states import MOST_PASSKEYS
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.kernel.refusing import refusing

Told = dict[str, Any]


@dataclass(frozen=True)
class Party:
    """The site that passkeys are made for.

    Attributes:
        host: its name, without a port; a passkey of another name is never offered.
        origins: what the browser may say it stands on, `https://host:port`.
    """

    host: str
    origins: frozenset[str]

    @property
    def server(self) -> Fido2Server:
        return Fido2Server(
            PublicKeyCredentialRpEntity(name="SmartQueue", id=self.host), verify_origin=self.origins.__contains__
        )


def begin_passkey(*, user: User, party: Party) -> tuple[Told, Told]:
    """What the browser is asked to make, and what to keep until `add_passkey`: good for one answer."""
    known = [AttestedCredentialData(bytes(one.credential)) for one in Passkey.objects.filter(user=user)]
    options, state = party.server.register_begin(
        PublicKeyCredentialUserEntity(id=user.id.bytes, name=user.email, display_name=user.full_name or user.email),
        credentials=known,
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), dict(state)


def add_passkey(*, user: User, name: str, party: Party, state: Told, answer: Told, at: datetime) -> Passkey:
    """Keep the public half of a new passkey.

    Args:
        state: from `begin_passkey`, used here for the only time.
        answer: the browser's `PublicKeyCredential`, as JSON.

    Raises:
        Invalid: it has no name.
        PasskeyRefused: not an answer to this challenge, from this site, by an unlocked device.
        PasskeyKnown: it is here already, or the person has 20.
    """
    name = name.strip()[:60]
    if not name:
        raise Invalid(name=_("Give it a name, such as the device it is on."))
    try:
        made = party.server.register_complete(state, answer)
        credential = made.credential_data
        if credential is None or len(credential.credential_id) > 1023:  # WebAuthn 3, § 7.1, step 25
            raise ValueError
    except Exception:  # what a stranger can make the parsers of CBOR and JSON raise has no bounds
        raise PasskeyRefused(user.id) from None
    with refusing(passkey_once=PasskeyKnown), transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=user.id)
        if Passkey.objects.filter(user=user).count() >= MOST_PASSKEYS:
            raise PasskeyKnown
        passkey = Passkey.objects.create(
            user=user,
            name=name,
            credential_id=credential.credential_id,
            credential=bytes(credential),
            sign_count=made.counter,
            created_at=at,
        )
        letters.write(user, letters.PASSKEY_ADDED)
    return passkey


def begin_passkey_sign_in(*, party: Party) -> tuple[Told, Told]:
    """A challenge for whatever passkey of ours the browser has, and what to keep until `sign_in_with_passkey`."""
    options, state = party.server.authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options), dict(state)


def sign_in_with_passkey(*, party: Party, state: Told, answer: Told, at: datetime) -> User:
    """Who has signed the challenge.

    A counter that did not grow tells of a copied device, and is refused; devices that do not count say 0.

    Raises:
        PasskeyRefused: nobody of ours, or not this challenge, this site, an unlocked device.
    """
    try:
        said = AuthenticationResponse.from_dict(answer)
        told, counter = said.raw_id, said.response.authenticator_data.counter
    except Exception:  # as in add_passkey
        raise PasskeyRefused from None
    with transaction.atomic():
        passkey = Passkey.objects.select_for_update().select_related("user").filter(credential_id=told).first()
        if passkey is None:
            raise PasskeyRefused
        user = passkey.user
        try:
            party.server.authenticate_complete(state, [AttestedCredentialData(bytes(passkey.credential))], said)
        except Exception:  # as in add_passkey
            raise PasskeyRefused(user.id) from None
        is_copy = counter <= passkey.sign_count and (counter or passkey.sign_count)
        is_other = said.response.user_handle not in (None, user.id.bytes)
        if is_copy or is_other or not user.is_active:
            raise PasskeyRefused(user.id)
        passkey.sign_count, passkey.last_used_at, user.last_login = counter, at, at
        passkey.save(update_fields=["sign_count", "last_used_at"])
        user.save(update_fields=["last_login"])
    return user


def remove_passkey(*, user: User, passkey_id: UUID) -> None:
    """Forget one: it opens nothing any more.

    Raises:
        NotFound: this person has none of that id.
    """
    if not Passkey.objects.filter(user=user, id=passkey_id).delete()[0]:
        raise NotFound
