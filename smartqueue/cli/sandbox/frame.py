"""What the stand-ins of all providers share: accounts, the menu of faults, and calling our hooks.

A stand-in is a class below `Sandbox`, one for each provider, registered in `app.WHERE` under the name of its path
(`http://127.0.0.1:PORT/twilio` …). It has:

- `routes()`: the provider's own addresses. A handler finds its account (`self.account(name)`), checks the sign-in
  against its `secret`, makes a `Kept` and ends in `return await self.take(request, account, kept, answer)`. There the
  next fault of the account is played, the message is kept and reports go out: a handler knows no faults.
- `credentials(name)`: what a tenant would type to connect this account: (settings, secrets), without `base_url`.
- `report(account, kept, status, code)` and `inbound(account, sender, text, event_id)`: the `HookCall` that the provider
  would make; `sign(account, call, how)` puts the signature on it, or a wrong one.
- `busy`, `broken`, `expired`, `rejected`: its error answers, where they differ from the plain ones here.

Every account name is good, and its secret is `secret-<name>`: tests take a name of their own (`sandbox.account(…)` in
`tests/sandbox.py`) and meet nobody. Faults are a queue for the next requests, or rates with a seed.

The control API, all JSON, `?account=` names the account everywhere:

    GET  /__sandbox__/{provider}/messages    what was taken, oldest first
    GET  /__sandbox__/{provider}/calls       what our hooks were told, and what they answered
    POST /__sandbox__/{provider}/faults      {"next": ["busy", {"name": "slow", "seconds": 5}], "rates": {"cut": 0.1},
                                              "seed": 7, "latency_s": 0.02, "hook": "https://…",
                                              "reports": {"when": "after|before|never", "statuses": […], "copies": 2,
                                                          "shuffle": true, "signature": "good", "seconds": 0}}
    POST /__sandbox__/{provider}/reset       forget the account
    POST /__sandbox__/{provider}/report      {"id": "…", "status": "delivered", "code": "", "copies": 1,
                                              "signature": "good", "url": "…"} → what the hook answered
    POST /__sandbox__/{provider}/inbound     {"sender": "+221…", "text": "…", "event_id": "…", "copies": 1,
                                              "signature": "good", "url": "…"} → what the hook answered

A `url` given to `inbound` is from then on the account's hook.
"""

import asyncio
import random
import secrets
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, ClassVar

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

FAULTS = {
    "ok": "taken and answered",
    "cut": "taken, then the connection is cut: nobody hears of it",
    "slow": "taken, answered after `seconds` (30 if none are given)",
    "hang": "not taken, never answered (120 s)",
    "busy": "429, with Retry-After: `seconds` (1 if none are given)",
    "broken": "not taken, answered with the status in `code` (503 if none is given)",
    "taken_broken": "taken, and answered with 500 all the same",
    "expired": "the token, or the sign-in, is refused once",
    "rejected": "refused for what it is: `code` is the provider's own",
    "garbage": "taken, answered with something that is not the protocol",
    "huge": "taken, answered with 200 kB",
    "says": "taken, answered with 200 and whatever is in `code`",
    "moved": "not taken, answered with a redirect",
    "early": "taken, and the report comes before the answer",
}
SIGNATURES = ("good", "absent", "bad", "old", "reserialised")
"""How a call to our hooks is signed: with the account's secret, not at all, with another one, with the former one, or
over other bytes than those that are sent."""
MOST_KEPT, MOST_ACCOUNTS = 20_000, 2_000


@cache
def _trust() -> ssl.SSLContext:
    """Made once: it takes longer than a call."""
    return httpx.create_ssl_context()


def secret_of(account: str) -> str:
    return f"secret-{account}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request; see `FAULTS`."""

    name: str = "ok"
    seconds: float = 0
    code: str = ""

    @classmethod
    def of(cls, told: str | Mapping[str, Any]) -> "Fault":
        """Raises ValueError: there is none of this name."""
        fault = cls(told) if isinstance(told, str) else cls(**told)
        if fault.name not in FAULTS:
            raise ValueError(f"no fault is called {fault.name}; there are {', '.join(FAULTS)}")
        return fault


@dataclass(frozen=True, slots=True)
class Reports:
    """How an account tells what became of a message.

    Attributes:
        when: `after` the answer, `before` it, or `never`, which leaves it to POST report.
        statuses: the provider's own words, in order; none for its usual ones.
        copies: how often each is told.
    """

    when: str = "after"
    statuses: Sequence[str] = ()
    copies: int = 1
    shuffle: bool = False
    signature: str = "good"
    seconds: float = 0


@dataclass(slots=True)
class Kept:
    """A message that was taken.

    Attributes:
        report_to: where this message's fate is told; '' for the account's hook.
        asked: the request as it was understood, for whoever looks into it.
    """

    to: str
    body: str
    id: str = ""
    sender: str = ""
    report_to: str = ""
    asked: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)
    status: str = ""


@dataclass(frozen=True, slots=True)
class HookCall:
    """A request of the provider to us."""

    url: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class Account:
    """Everything that one account has and does; `hook` is the address that its owner has declared to the provider."""

    def __init__(self, name: str) -> None:
        self.name, self.secret = name, secret_of(name)
        self.messages: deque[Kept] = deque(maxlen=MOST_KEPT)
        self.calls: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)
        self.faults: deque[Fault] = deque()
        self.rates: dict[str, float] = {}
        self.chance = random.Random(0)  # noqa: S311  # faults, not secrets
        self.latency_s = 0.0
        self.reports = Reports()
        self.hook = ""
        self.tokens: set[str] = set()
        """Access tokens that are good now."""

    def next_fault(self) -> Fault:
        """The next of the queue; with an empty one, by the rates."""
        if self.faults:
            return self.faults.popleft()
        drawn = self.chance.random()
        for name, rate in self.rates.items():
            if drawn < rate:
                return Fault(name)
            drawn -= rate
        return Fault()

    def set_up(self, told: Mapping[str, Any]) -> None:
        """Take what POST faults says; what it does not name stays.

        Raises:
            ValueError, TypeError: it is not understood.
        """
        self.faults.extend(Fault.of(one) for one in told.get("next", ()))
        if "rates" in told:
            self.rates = {Fault.of(name).name: float(rate) for name, rate in told["rates"].items()}
        if "seed" in told:
            self.chance.seed(told["seed"])
        self.latency_s = float(told.get("latency_s", self.latency_s))
        self.hook = str(told.get("hook", self.hook))
        self.reports = replace(self.reports, **told.get("reports", {}))

    def message(self, name: str = "") -> Kept | None:
        """The one of this id, or the last."""
        return next((one for one in reversed(self.messages) if not name or one.id == name), None)

    def new_token(self) -> str:
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return token


class Sandbox:
    """One provider's stand-in."""

    name: ClassVar[str]
    """Its path, and its name in the control API."""
    title: ClassVar[str]
    connects: ClassVar[tuple[str, ...]] = ()
    """The values of `notifications.states.Provider` that talk to it."""
    statuses: ClassVar[tuple[str, ...]] = ("sent", "delivered")
    """What it usually tells about a message, in order."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self._underway: set[asyncio.Task[Any]] = set()

    # What a provider fills in.

    def routes(self) -> list[BaseRoute]:
        """Its own addresses, below its path."""
        raise NotImplementedError

    def new_name(self) -> str:
        """A fresh name of an account, as this provider's names look."""
        return f"demo{secrets.token_hex(6)}"

    @property
    def demo(self) -> str:
        """The account that `smartqueue sandbox` prints: always the same, so that it may be kept."""
        return "demo"

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        """What connects this account: fields in the open, and secrets."""
        raise NotImplementedError

    def base_url(self, url: str, account: str) -> str:
        """What connects an account as `base_url`, when this stand-in is at `url`."""
        return url

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        """How the provider says what became of a message."""
        raise NotImplementedError

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        """How it hands over what a person has written. The URL is the account's hook."""
        raise NotImplementedError

    def sign(self, account: Account, call: HookCall, how: str) -> HookCall:
        """The call with its signature; providers that sign nothing leave it."""
        return call

    def busy(self, fault: Fault) -> Response:
        return PlainTextResponse("Too many requests", 429, {"retry-after": f"{fault.seconds or 1:g}"})

    def broken(self, fault: Fault) -> Response:
        return PlainTextResponse("Service trouble", int(fault.code or 503))

    def expired(self, fault: Fault) -> Response:
        return JSONResponse({"error": "unauthorized"}, 401)

    def rejected(self, account: Account, kept: Kept, fault: Fault) -> Response:
        return JSONResponse({"error": fault.code or "rejected"}, 400)

    # What the frame does.

    def account(self, name: str) -> Account:
        """The account of this name; every name is one."""
        if name not in self.accounts:
            while len(self.accounts) >= MOST_ACCOUNTS:
                self.accounts.pop(next(iter(self.accounts)))
            self.accounts[name] = Account(name)
        return self.accounts[name]

    async def take(
        self, request: Request, account: Account, kept: Kept, answer: Callable[[Kept], Response]
    ) -> Response:
        """Play the account's next fault on a request that is in order, else take the message.

        Args:
            kept: the message; it gets its id from the caller.
            answer: the provider's answer to a message that it has taken.
        """
        fault = account.next_fault()
        await asyncio.sleep(account.latency_s)
        refusal = await self._refusal(account, kept, fault)
        if refusal is not None:
            return refusal
        account.messages.append(kept)
        early = fault.name == "early" or account.reports.when == "before"
        if early:
            await self.tell_all(account, kept)
        if fault.name == "slow":
            await asyncio.sleep(fault.seconds or 30)
        if fault.name == "cut":
            request.scope["cut"]()
        told = self._answer_to(fault) or answer(kept)
        if not early and account.reports.when == "after":
            told.background = BackgroundTask(self._tell_later, account, kept)
        return told

    async def _refusal(self, account: Account, kept: Kept, fault: Fault) -> Response | None:
        """The answer of a fault before anything was taken."""
        match fault.name:
            case "hang":
                await asyncio.sleep(120)
                return self.broken(fault)
            case "busy":
                return self.busy(fault)
            case "broken":
                return self.broken(fault)
            case "expired":
                account.tokens.clear()
                return self.expired(fault)
            case "rejected":
                return self.rejected(account, kept, fault)
            case "moved":
                return RedirectResponse("http://127.0.0.1:9/elsewhere", 302)
        return None

    def _answer_to(self, fault: Fault) -> Response | None:
        """The answer of a fault although the message was taken."""
        match fault.name:
            case "taken_broken":
                return self.broken(Fault("broken", code="500"))
            case "garbage":
                return PlainTextResponse("<html><p>It works!</p></html>")
            case "huge":
                return PlainTextResponse("x" * 200_000)
            case "says":
                return Response(fault.code, 200, media_type="application/json")
        return None

    async def _tell_later(self, account: Account, kept: Kept) -> None:
        """Not within the request: a server that ends waits for those."""
        task = asyncio.create_task(self.tell_all(account, kept))
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def tell_all(self, account: Account, kept: Kept) -> None:
        """Tell the usual statuses, the way the account is set up."""
        how = account.reports
        if not (kept.report_to or account.hook):
            return
        told = [status for status in how.statuses or self.statuses for _ in range(how.copies)]
        if how.shuffle:
            account.chance.shuffle(told)
        await asyncio.sleep(how.seconds)
        for status in told:
            await self.tell(account, kept, status, signature=how.signature)

    async def tell(
        self, account: Account, kept: Kept, status: str, *, code: str = "", signature: str = "good", url: str = ""
    ) -> dict[str, Any]:
        """Tell our hook one status of a message."""
        kept.status = status
        call = self.report(account, kept, status, code)
        return await self.ring(account, self.sign(account, replace(call, url=url or call.url), signature))

    async def ring(self, account: Account, call: HookCall) -> dict[str, Any]:
        """Call our hook, and keep what it answered: status 0 for no answer."""
        told = {
            "method": call.method,
            "url": call.url,
            "headers": dict(call.headers),
            "content": call.content.decode("utf-8", "replace"),
        }
        try:
            async with httpx.AsyncClient(timeout=15, trust_env=False, verify=_trust()) as client:
                got = await client.request(call.method, call.url, headers=dict(call.headers), content=call.content)
            heard = {"status": got.status_code, "answer": got.text[:500]}
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            heard = {"status": 0, "answer": type(error).__name__}
        account.calls.append(told | heard)
        return heard


# The control API.


async def messages(box: Sandbox, request: Request) -> Response:
    account = box.account(request.query_params.get("account", ""))
    return JSONResponse([asdict(one) for one in account.messages])


async def calls(box: Sandbox, request: Request) -> Response:
    return JSONResponse(list(box.account(request.query_params.get("account", "")).calls))


async def faults(box: Sandbox, request: Request) -> Response:
    account = box.account(request.query_params.get("account", ""))
    try:
        account.set_up(await request.json())
    except (ValueError, TypeError, AttributeError) as error:
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse({"next": [one.name for one in account.faults], "rates": account.rates})


async def reset(box: Sandbox, request: Request) -> Response:
    box.accounts.pop(request.query_params.get("account", ""), None)
    return JSONResponse({})


async def report(box: Sandbox, request: Request) -> Response:
    account = box.account(request.query_params.get("account", ""))
    told = await request.json()
    kept = account.message(told.get("id", ""))
    if kept is None:
        return JSONResponse({"error": "no such message"}, 404)
    more = {name: str(told[name]) for name in ("code", "signature", "url") if name in told}
    status = told.get("status") or box.statuses[-1]
    heard = [await box.tell(account, kept, status, **more) for _ in range(int(told.get("copies", 1)))]
    return JSONResponse(heard)


async def inbound(box: Sandbox, request: Request) -> Response:
    account = box.account(request.query_params.get("account", ""))
    told = await request.json()
    account.hook = told.get("url") or account.hook
    event_id = told.get("event_id") or secrets.token_hex(16)
    call = box.inbound(account, told["sender"], told["text"], event_id)
    signed = box.sign(account, call, told.get("signature", "good"))
    heard = [await box.ring(account, signed) for _ in range(int(told.get("copies", 1)))]
    return JSONResponse(heard)


CONTROLS = {
    ("GET", "messages"): messages,
    ("GET", "calls"): calls,
    ("POST", "faults"): faults,
    ("POST", "reset"): reset,
    ("POST", "report"): report,
    ("POST", "inbound"): inbound,
}
