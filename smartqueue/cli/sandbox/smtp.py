"""A mail server for whoever builds on this: takes every letter, keeps it, delivers none (RFC 5321, by aiosmtpd).

It listens on a port of its own, 8651 if that is free, without encryption and without a sign-in. An account is the
domain of the sender's address. Faults: `busy` is 451, `rejected` 550 (`code` is another one), `broken` 421; `cut`,
`slow` and `hang` as everywhere. There are no reports: a mail server writes to the sender.
"""

import asyncio
import email
import errno
import secrets
import socket
import threading
from email import policy
from functools import cached_property
from typing import Any, ClassVar

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.routing import BaseRoute

from smartqueue.cli.sandbox.frame import Account, HookCall, Kept, Sandbox

PORT = 8651


class Mail(Sandbox):
    name: ClassVar[str] = "smtp"
    title: ClassVar[str] = "A mail server"
    connects: ClassVar[tuple[str, ...]] = ("smtp",)
    statuses: ClassVar[tuple[str, ...]] = ()

    def routes(self) -> list[BaseRoute]:
        return []

    def new_name(self) -> str:
        return f"mail{secrets.token_hex(6)}.example"

    @property
    def demo(self) -> str:
        return "demo.example"

    def credentials(self, account: str) -> tuple[dict[str, Any], dict[str, str]]:
        told = {
            "host": "127.0.0.1",
            "port": str(self.port),
            "security": "none",
            "user": "",
            "sender": f"noreply@{account}",
        }
        return told, {}

    @cached_property
    def port(self) -> int:
        """Where it listens: from the moment at which somebody asks, in a thread, to the end of the process."""
        listener = _listener()
        threading.Thread(target=_serve, args=(self, listener), daemon=True).start()
        return int(listener.getsockname()[1])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
        """A letter is here."""
        account = self.account((envelope.mail_from or "").rpartition("@")[2])
        fault = account.next_fault()
        await asyncio.sleep(account.latency_s)
        refusals = {"busy": "451 4.7.1 Try again later", "rejected": f"{fault.code or 550} 5.1.1 No such user here",
                    "broken": "421 4.3.2 Service not available"}  # fmt: skip
        if fault.name in refusals:
            return refusals[fault.name]
        if fault.name == "hang":
            await asyncio.sleep(120)
        account.messages.append(kept_of(envelope))
        if fault.name == "slow":
            await asyncio.sleep(fault.seconds or 30)
        if fault.name == "cut" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 Kept"

    def report(self, account: Account, kept: Kept, status: str, code: str = "") -> HookCall:
        raise ValueError("a mail server reports by letters")

    def inbound(self, account: Account, sender: str, text: str, event_id: str) -> HookCall:
        raise ValueError("nobody writes to us by mail")


def kept_of(envelope: Envelope) -> Kept:
    """A letter as the sandbox keeps it: its headers are in `asked`."""
    raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
    letter = email.message_from_bytes(raw, policy=policy.default)
    part = letter.get_body(("plain",))
    return Kept(
        ", ".join(envelope.rcpt_tos), str(part.get_content()) if part else "", id=str(letter["Message-ID"] or ""),
        sender=envelope.mail_from or "", asked={name: str(value) for name, value in letter.items()},
    )  # fmt: skip


def _listener() -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", PORT))
    except OSError as taken:
        if taken.errno != errno.EADDRINUSE:
            raise
        return socket.create_server(("127.0.0.1", 0))


def _serve(handler: Mail, listener: socket.socket) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(handler, hostname="sandbox", ident="SmartQueue"), sock=listener)
        await server.serve_forever()

    asyncio.run(serve())
