"""Whether an address may be called, asked when somebody types it. Each call asks again (outbound.http)."""

from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from typing import Final
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid
from smartqueue.outbound.addresses import judge_url, public_address
from smartqueue.outbound.deadline import NoAnswer

LOOK_UP_S: Final = 3.0
"""The request's transaction is open meanwhile, and PostgreSQL ends one that idles for ten seconds."""
SENTENCES: Final[dict[str, str | Promise]] = {
    NoAnswer.NOT_UNDERSTOOD: _("Write a whole address, for example https://example.com/smartqueue."),
    NoAnswer.NO_TLS: _("The address has to begin with https://."),
    NoAnswer.NOT_ALLOWED: _(
        "We call public addresses only: no private network, no user and password, port 443 or 8443."
    ),
    NoAnswer.NOT_FOUND: _("This name leads nowhere. Look for a typing mistake."),
}
_looking_up = ThreadPoolExecutor(max_workers=4, thread_name_prefix="look-up")


def judged(url: str) -> str:
    """The URL, if one that we would call.

    Raises:
        Invalid: under `url`, with a sentence that says what is wrong.
    """
    url = url.strip()
    try:
        judge_url(url)
        _look_up(url)
    except NoAnswer as silence:
        sentence = SENTENCES.get(silence.code, SENTENCES[NoAnswer.NOT_UNDERSTOOD])
        raise Invalid(url={"code": silence.code, "message": str(sentence)}) from None
    return url


def _look_up(url: str) -> None:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    asked: Future[str] = _looking_up.submit(public_address, parts.hostname or "", port)
    try:
        asked.result(timeout=LOOK_UP_S)
    except TimeoutError:
        raise NoAnswer(NoAnswer.NOT_FOUND) from None
