"""A wire between kiosk and house that can be cut, or that loses the answers of tickets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.proxy import CuttingProxy, Message, cutting


class Gate:
    """`url` instead of the house's own. `is_cut`: nothing gets through. `loses`: what is written at these addresses
    reaches the house, and its answer never comes back."""

    def __init__(self, proxy: CuttingProxy) -> None:
        self.is_cut, self.loses = False, ()
        self.passed: list[str] = []
        self.url = f"http://127.0.0.1:{proxy.port}"
        self._forward, self._proxy = proxy.forward, proxy
        proxy.forward = self.forward  # type: ignore[method-assign]

    async def forward(self, request: Message, *wire: Any) -> bool:
        line = request.head.partition(b" HTTP")[0].decode()
        fate = "kept"
        if self.is_cut:
            fate = "cut before"
        elif line in self.loses:
            fate = "cut after"
        self._proxy.draw = lambda: fate  # type: ignore[method-assign]
        self.passed.append(line)
        return await self._forward(request, *wire)


@contextmanager
def gate(house: str) -> Iterator[Gate]:
    where = urlsplit(house)
    with cutting((str(where.hostname), int(where.port or 0)), seed=1, delay_s=0) as proxy:
        yield Gate(proxy)
