"""The providers as tests meet them: one real server with every stand-in, and accounts that nobody else uses."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from smartqueue.cli.processes import wait_until
from smartqueue.cli.sandbox import running_server


@dataclass
class SandboxAccount:
    """One account at one provider.

    Attributes:
        settings: what a transport or an Integration gets, with `base_url`.
        secrets: the sealed part.
    """

    provider: str
    name: str
    url: str
    base_url: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    client: httpx.Client = field(repr=False)

    def _ask(self, method: str, deed: str, **told: Any) -> Any:
        url = f"{self.url}/__sandbox__/{self.provider}/{deed}"
        got = self.client.request(method, url, params={"account": self.name}, json=told or None)
        assert got.is_success, got.text
        return got.json()

    def messages(self) -> list[dict[str, Any]]:
        """What was taken, oldest first; the keys of `frame.Kept`."""
        return self._ask("GET", "messages")  # type: ignore[no-any-return]

    def calls(self) -> list[dict[str, Any]]:
        """What our hooks were told: url, headers, content, and the status and answer that came back."""
        return self._ask("GET", "calls")  # type: ignore[no-any-return]

    def faults(self, *following: str | dict[str, Any], **more: Any) -> None:
        """What happens to the next requests, and `rates`, `seed`, `latency_s`, `hook`, `reports`."""
        self._ask("POST", "faults", next=list(following), **more)

    def report(self, **told: Any) -> list[dict[str, Any]]:
        """Let the provider tell what became of a message; gives what our hook answered."""
        return self._ask("POST", "report", copies=told.pop("copies", 1), **told)  # type: ignore[no-any-return]

    def inbound(self, sender: str, text: str, **told: Any) -> list[dict[str, Any]]:
        """Let a person write to this account; gives what our hook answered."""
        return self._ask("POST", "inbound", sender=sender, text=text, **told)  # type: ignore[no-any-return]


@dataclass
class SandboxServer:
    """The server: `url` is its base, `account("twilio")` an account of its own for a test."""

    url: str
    boxes: dict[str, Any]
    client: httpx.Client

    def account(self, provider: str, name: str = "") -> SandboxAccount:
        box = self.boxes[provider]
        name = name or box.new_name()
        settings, secrets = box.credentials(name)
        base_url = box.base_url(f"{self.url}/{provider}", name)
        return SandboxAccount(
            provider, name, self.url, base_url, {**settings, "base_url": base_url}, secrets, self.client
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    """All providers on a free port of this machine, in a thread. Switch `OUTBOUND_LOOPBACK` on to call it."""
    boxes, server = running_server()
    with socket.create_server(("127.0.0.1", 0)) as listener, httpx.Client(timeout=30, trust_env=False) as client:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert wait_until(lambda: server.started or not thread.is_alive(), seconds=30)
        yield SandboxServer(f"http://127.0.0.1:{listener.getsockname()[1]}", boxes, client)
        server.should_exit = server.force_exit = True  # whoever still holds a connection is not waited for
        thread.join(timeout=60)
        assert not thread.is_alive()
