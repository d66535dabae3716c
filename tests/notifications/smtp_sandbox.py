"""A mail server that does what a test asks of it: RFC 5321 with STARTTLS and AUTH PLAIN, as far as we speak it."""

import asyncio
import base64
import datetime
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "banque", "motdepasse-très-long"


@dataclass
class Sandbox:
    """A server on a free port of this machine.

    Attributes:
        answers: command, such as `MAIL` or `banner` → what is answered instead of the usual; `close` and `hang` do
            just that, `drip` never comes to an end.
        got: the letters, as they came: (sender, recipients, bytes).
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    starttls: bool = True
    needs_tls: bool = True
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    got: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Command words of all connections, in order."""
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Command → what happens before it is answered, in a thread."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Talk(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError, EOFError):
            pass
        finally:
            writer.close()


class _Talk:
    def __init__(self, box: Sandbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.box, self.reader, self.writer = box, reader, writer
        self.secure, self.signed_in = box.at_once, False
        self.sender, self.to = "", list[str]()

    async def run(self) -> None:
        await self.answer("banner", "220 sandbox ESMTP")
        while line := (await self.reader.readline()).decode().strip():
            word = line.split()[0].upper().split(":")[0]
            self.box.said.append(word)
            if word == "QUIT":
                await self.answer("QUIT", "221 bye")
                return
            await getattr(self, word.lower(), self.unknown)(line)

    async def answer(self, word: str, usual: str) -> str:
        said = self.box.answers.get(word, usual)
        if deed := self.box.meanwhile.get(word):
            await asyncio.to_thread(deed)
        if said == "close":
            raise EOFError
        if said == "hang":
            await asyncio.sleep(120)
        while said == "drip":
            self.writer.write(b"220-and so on\r\n")
            await self.writer.drain()
            await asyncio.sleep(0.1)
        self.writer.write(said.encode() + b"\r\n")
        await self.writer.drain()
        return said

    async def unknown(self, line: str) -> None:
        await self.answer("unknown", "500 what")

    async def ehlo(self, line: str) -> None:
        more = ["STARTTLS"] if self.box.starttls and not self.secure else []
        more += ["AUTH PLAIN LOGIN"] if self.secure and "noauth" not in self.box.answers else []
        lines = ["sandbox", "SIZE 1000000", *more]
        text = "\r\n".join(f"250{' ' if one == lines[-1] else '-'}{one}" for one in lines)
        await self.answer("EHLO", text)

    async def starttls(self, line: str) -> None:
        if (await self.answer("STARTTLS", "220 go")).startswith("220"):
            await self.writer.start_tls(self.box.tls)  # type: ignore[arg-type]  # given wherever it is offered
            self.secure = True

    async def auth(self, line: str) -> None:
        words = line.split()
        told = base64.b64decode(words[2]).split(b"\0") if len(words) > 2 else []
        self.signed_in = told[1:] == [USER.encode(), PASSWORD.encode()]
        await self.answer("AUTH", "235 welcome" if self.signed_in else "535 5.7.8 no")

    async def mail(self, line: str) -> None:
        if self.box.needs_tls and not self.secure:
            await self.answer("MAIL", "530 5.7.0 Must issue a STARTTLS command first")
            return
        self.sender, self.to = line.split("<")[1].split(">")[0], []
        await self.answer("MAIL", "250 ok")

    async def rcpt(self, line: str) -> None:
        self.to.append(line.split("<")[1].split(">")[0])
        await self.answer("RCPT", "250 ok")

    async def rset(self, line: str) -> None:
        await self.answer("RSET", "250 ok")

    async def data(self, line: str) -> None:
        if not (await self.answer("DATA", "354 go")).startswith("354"):
            return
        letter = await self.reader.readuntil(b"\r\n.\r\n")
        if (await self.answer("letter", "250 kept")).startswith("250"):
            # RFC 5321 § 4.5.2: a leading dot was doubled.
            self.box.got.append((self.sender, self.to, letter[:-3].replace(b"\r\n..", b"\r\n.")))


@contextmanager
def mail_server(folder: Path, *, at_once: bool = False, **options: Any) -> Iterator[Sandbox]:
    """Run one in a thread. Its certificate, for 127.0.0.1, lies in `folder` as `ca.pem`."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate(folder))
    box = Sandbox(tls=tls, at_once=at_once, **options)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(box.talk, "127.0.0.1", 0, ssl=tls if at_once else None))
    box.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def certificate(folder: Path) -> Path:
    """Key and certificate for 127.0.0.1 in one file; the certificate alone as `ca.pem`."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = signed.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(public)
    (folder / "both.pem").write_bytes(secret + public)
    return folder / "both.pem"
