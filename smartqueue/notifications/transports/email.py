"""E-mail through a tenant's own server, RFC 5321, within one deadline."""

import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from threading import Timer
from typing import Any

from smartqueue.notifications.states import TEST_SECONDS, Outcome, Security
from smartqueue.notifications.transports.base import TransportFault
from smartqueue.outbound.addresses import public_address
from smartqueue.outbound.deadline import Deadline, NoAnswer


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server; without `user` it is spoken to without a sign-in."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain e-mail to one address."""

    to: str
    subject: str
    body: str
    sender_name: str = ""


def send_email(server: Server, letter: Letter, *, seconds: float = TEST_SECONDS) -> None:
    """Hand one letter to the server. Never call it inside a transaction.

    Args:
        seconds: for everything together, after the name was looked up.

    Raises:
        TransportFault: with the reason.
    """
    try:
        address = public_address(server.host, server.port)
    except NoAnswer as silence:
        raise TransportFault.of(silence) from None
    deadline = Deadline(seconds)
    with _named_faults() as state, _connected(server, address, deadline, state) as smtp:
        if server.security == Security.STARTTLS:
            state["step"] = "tls"
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            state["step"] = "login"
            _sign_in(smtp, server)
        state["step"] = "send"
        smtp.send_message(_message(server, letter), from_addr=server.sender, to_addrs=[letter.to])


def _sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    """smtplib only knows ASCII; SASL's PLAIN takes UTF-8 (RFC 4616 § 2)."""
    words = f"\0{server.user}\0{server.password}"
    if words.isascii():
        smtp.login(server.user, server.password)
        return
    smtp.ehlo_or_helo_if_needed()
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError
    code, said = smtp.docmd("AUTH", f"PLAIN {b64encode(words.encode()).decode()}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _message(server: Server, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr((letter.sender_name, server.sender))
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


class _Pinned(smtplib.SMTP):
    """Connects to the address that was judged; the server's name stays what its certificate is compared with."""

    def __init__(self, server: Server, address: str, deadline: Deadline) -> None:
        self._address, self._tls = address, server.security == Security.TLS
        # The name in EHLO is the sender's, not this machine's.
        super().__init__(local_hostname=server.sender.rpartition("@")[2], timeout=deadline.left_s)
        self._host = server.host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self._address, port), timeout)
        if not self._tls:
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except Exception:
            plain.close()
            raise


@contextmanager
def _connected(server: Server, address: str, deadline: Deadline, state: dict[str, Any]) -> Iterator[smtplib.SMTP]:
    """A connection that is cut at the deadline, however slowly the server drips its answers."""
    smtp = _Pinned(server, address, deadline)

    def cut() -> None:
        state["is_late"] = True
        if (sock := smtp.sock) is not None:
            with suppress(OSError, smtplib.SMTPException):
                sock.shutdown(socket.SHUT_RDWR)

    watch = Timer(deadline.left_s, cut)
    watch.daemon = True
    watch.start()
    try:
        code, _said = smtp.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, b"")
        yield smtp
        with suppress(
            OSError, smtplib.SMTPException
        ):  # the letter is there; how the server says goodbye does not matter
            smtp.quit()
    finally:
        watch.cancel()
        smtp.close()


@contextmanager
def _named_faults() -> Iterator[dict[str, Any]]:
    """Every way in which it goes wrong, as an `Outcome`. The yielded notes say how far it came."""
    state: dict[str, Any] = {"step": "connect", "is_late": False}
    try:
        yield state
    except NoAnswer as silence:
        raise TransportFault.of(silence) from silence
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        late = state["is_late"] or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        raise TransportFault(Outcome.TIMEOUT if late else _reason(error, state["step"])) from error


def _reason(error: Exception, step: str) -> Outcome:
    match error:
        case smtplib.SMTPNotSupportedError():
            return {"tls": Outcome.NO_TLS, "login": Outcome.NO_LOGIN}.get(step, Outcome.REFUSED_MESSAGE)
        case smtplib.SMTPRecipientsRefused():
            ((code, said),) = error.recipients.values()
            return _wants_more(code, said) or Outcome.REFUSED_RECIPIENT
        case smtplib.SMTPConnectError():
            return Outcome.NOT_UNDERSTOOD if error.smtp_code == -1 else Outcome.CLOSED
        case smtplib.SMTPAuthenticationError():
            return Outcome.NEEDS_TLS if error.smtp_code in (530, 538) else Outcome.REFUSED_LOGIN
        case smtplib.SMTPSenderRefused():
            return _wants_more(error.smtp_code, error.smtp_error) or Outcome.REFUSED_SENDER
        case smtplib.SMTPDataError():
            return Outcome.REFUSED_MESSAGE
        case smtplib.SMTPResponseException():
            return Outcome.NO_TLS if step == "tls" else Outcome.NOT_UNDERSTOOD
        case ssl.SSLCertVerificationError():
            return Outcome.BAD_CERTIFICATE
        case ssl.SSLError():
            return Outcome.NO_TLS
        case smtplib.SMTPServerDisconnected() | ConnectionResetError() | BrokenPipeError():
            return Outcome.CLOSED
        case OSError() if not isinstance(error, smtplib.SMTPException):
            return Outcome.UNREACHABLE
    return Outcome.NOT_UNDERSTOOD


def _wants_more(code: int, said: bytes | str) -> Outcome | None:
    """530 (RFC 3207 § 4, RFC 4954 § 6): encryption first, or a sign-in."""
    if code != 530:
        return None
    words = said.decode("latin-1") if isinstance(said, bytes) else said
    return Outcome.NEEDS_TLS if "starttls" in words.lower() else Outcome.REFUSED_LOGIN
