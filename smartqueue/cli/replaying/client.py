"""A patient HTTP client: signed in, a bounded number of connections, every write repeatable."""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import jwt

from smartqueue.cli.processes import PlainError

CONNECTIONS = 16
TRIES = 8
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0  # eight tries are spread over some 11 seconds: a server may restart
TRY_AGAIN = {429, 503}
RENEW_EARLY_S = 60.0


class Refused(PlainError):
    """The API said no.

    Attributes:
        status: of HTTP.
        code: the stable word in its answer.
    """

    def __init__(self, response: httpx.Response) -> None:
        problem = _problem(response)
        self.status, self.code = response.status_code, str(problem.get("code", ""))
        asked = f"{response.request.method} {response.request.url.path}"
        words = problem.get("detail", response.reason_phrase)
        fields = problem.get("errors") or ""
        super().__init__(f"{asked}: {self.status} {self.code} {words} {fields}".rstrip())


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@dataclass
class Traffic:
    """What went over the wire.

    Attributes:
        seconds: how long each answered request took, from sending to the whole answer.
        retried: attempts that were made again: connection lost, or the server was busy.
        replayed: writes whose first answer had been lost and was given again, not done again.
    """

    seconds: list[float] = field(default_factory=list)
    retried: int = 0
    replayed: int = 0

    def percentile_ms(self, share: float) -> float:
        """The time within which that share of the requests was answered, in milliseconds."""
        ranked = sorted(self.seconds)
        return 1000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


class Api:
    """One administrator's sign-in at one tenant; paths are below `/api/v1/tenants/{slug}/`. Use as a context."""

    def __init__(self, *, url: str, tenant: str, email: str, password: str) -> None:
        self.url, self.base = url.rstrip("/"), f"/api/v1/tenants/{tenant}/"
        self.traffic = Traffic()
        self._credentials = {"email": email, "password": password, "tenant": tenant}
        self._lanes = asyncio.Semaphore(CONNECTIONS)
        self._renewing = asyncio.Lock()
        self._access, self._refresh, self._renew_at = "", "", 0.0
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=30)
        self._http = httpx.AsyncClient(base_url=self.url, limits=limits, timeout=30, trust_env=False)

    async def __aenter__(self) -> Self:
        try:
            await self._sign_in(tries=1)
        except Exception:
            await self._http.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **parameters: Any) -> Any:
        """Read one thing.

        Raises:
            Refused: the answer is an error. PlainError: no answer.
        """
        return _body(await self._authorised("GET", path, params=parameters))

    async def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """Read a list, all pages of it."""
        page = await self.get(path, limit=200, **parameters)
        found: list[dict[str, Any]] = page["results"]
        while page["next"]:
            page = await self.get(path, **httpx.URL(page["next"]).params)
            found += page["results"]
        return found

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Write; tried again under the same `Idempotency-Key`, so that it happens once. None when nothing came back.

        Raises:
            Refused: the answer is an error. PlainError: no answer.
        """
        response = await self._authorised("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})
        self.traffic.replayed += response.headers.get("Idempotency-Replayed") == "true"
        return _body(response)

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        """Replace something; as safe to repeat as a read."""
        return _body(await self._authorised("PUT", path, json=body))

    async def _authorised(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send with a token that still lives; one refused all the same is renewed once."""
        headers = options.pop("headers", {})
        for last_try in (False, True):
            await self._renew_when_due()
            used = self._access
            signed = headers | {"Authorization": f"Bearer {used}"}
            response = await self._send(method, self.base + path, headers=signed, **options)
            if response.status_code != 401 or last_try:
                break
            if used == self._access:
                self._renew_at = 0
        return response

    async def _send(self, method: str, path: str, *, tries: int = TRIES, **options: Any) -> httpx.Response:
        why = ""
        for attempt in range(tries):
            pause_s = FIRST_PAUSE_S * 2**attempt
            try:
                response = await self._timed(method, path, **options)
            except httpx.TransportError as lost:
                why = f"{type(lost).__name__} {lost}".strip()
            else:
                if response.status_code not in TRY_AGAIN:
                    return response
                why = str(Refused(response))
                pause_s = max(pause_s, float(response.headers.get("Retry-After") or 0))
            if attempt + 1 < tries:
                self.traffic.retried += 1
                await asyncio.sleep(min(pause_s, LONGEST_PAUSE_S))
        raise PlainError(f"{self.url} does not answer ({why}). Is `smartqueue up` running there?")

    async def _timed(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with self._lanes:
            began = time.perf_counter()
            response = await self._http.request(method, path, **options)
            self.traffic.seconds.append(time.perf_counter() - began)
        return response

    async def _renew_when_due(self) -> None:
        if time.monotonic() < self._renew_at:
            return
        async with self._renewing:
            if time.monotonic() < self._renew_at:  # another task has done it meanwhile
                return
            answer = await self._send("POST", "/api/v1/users/jwt/refresh/", json={"refresh": self._refresh})
            if answer.is_success:
                self._keep(answer.json())
            else:  # the answer to an earlier exchange was lost, so that the token counts as used twice
                await self._sign_in()

    async def _sign_in(self, tries: int = TRIES) -> None:
        answer = await self._send("POST", "/api/v1/users/jwt/token/", json=self._credentials, tries=tries)
        if not answer.is_success:
            raise Refused(answer)
        self._keep(answer.json())

    def _keep(self, tokens: dict[str, str]) -> None:
        self._access, self._refresh = tokens["access"], tokens["refresh"]
        claims = jwt.decode(self._access, options={"verify_signature": False})
        life_s = claims["exp"] - claims["iat"]  # a difference, so that the two clocks need not agree
        self._renew_at = time.monotonic() + life_s - min(RENEW_EARLY_S, life_s / 5)


def _body(response: httpx.Response) -> Any:
    if not response.is_success:
        raise Refused(response)
    return response.json() if response.content else None
