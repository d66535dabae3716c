"""Demba and his mailbox."""

import re
import time
from typing import Any
from uuid import uuid4

PASSWORD = "le thiof est cuit"


def new_email() -> str:
    return f"{uuid4().hex[:12]}@example.sn"


def demba(**fields: Any) -> Any:
    """A person with a password and a confirmed address, unless told otherwise."""
    from smartqueue.accounts.models import User

    about = {"email": new_email(), "password": PASSWORD, "email_verified": True, "full_name": "Demba Sow"}
    return User.objects.create_user(**about | fields)


def letters_to(email: str, count: int = 1, patience_s: float = 5) -> list[Any]:
    """What has arrived for an address, oldest first, once there are `count` letters; they travel in a thread."""
    from django.core import mail

    deadline = time.monotonic() + patience_s
    while True:
        found = [letter for letter in mail.outbox if letter.to == [email]]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.01)


def code_for(email: str, count: int = 1) -> str:
    """The six digits of the newest of `count` letters."""
    found = re.search(r"\b[0-9]{6}\b", letters_to(email, count)[-1].body)
    assert found
    return found.group()


def another_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def start(user: Any, at: Any, tenant_id: Any = None) -> Any:
    """A sign-in from nowhere special."""
    from smartqueue.accounts.actions import issue_tokens

    return issue_tokens(user=user, tenant_id=tenant_id, role=None, scopes=(), ip="192.0.2.7", user_agent="phone", at=at)


def turn(refresh: str, at: Any) -> Any:
    """One exchange from the same place."""
    from smartqueue.accounts.actions import rotate

    return rotate(refresh=refresh, ip="192.0.2.7", user_agent="phone", at=at)
