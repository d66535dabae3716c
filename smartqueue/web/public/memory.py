"""What a browser remembers of its own tickets: a signed cookie, no account."""

import secrets
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "sq_tickets"
SALT = "smartqueue.web.public.memory"
KEPT_S = 24 * 3600
MOST_TOKENS = 6


@dataclass(frozen=True)
class Memory:
    """Attributes:
    browser: random; the owner of the keys of its forms.
    taken: tickets taken so far. Part of a form's key: two pages that were open before the next ticket was taken
        carry the same key, so both together take one.
    tokens: of the newest tickets, newest last.
    """

    browser: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    taken: int = 0
    tokens: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.browser}.{self.taken}"

    def with_ticket(self, token: str) -> "Memory":
        """As it is after this ticket was taken; the same ticket twice is one."""
        if token in self.tokens:
            return self
        return replace(self, taken=self.taken + 1, tokens=(*self.tokens, token)[-MOST_TOKENS:])


def recall(request: HttpRequest) -> Memory:
    """What this browser remembers; a new memory when it has none, or one that is not ours."""
    try:
        browser, taken, tokens = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_S)
        return Memory(str(browser), int(taken), tuple(map(str, tokens)))
    except (signing.BadSignature, TypeError, ValueError):
        return Memory()


def remember(response: HttpResponse, memory: Memory) -> None:
    value = signing.dumps([memory.browser, memory.taken, memory.tokens], salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=KEPT_S, httponly=True, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )
