"""E-mail through a tenant's own server, RFC 5321, within one deadline."""

import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formataddr, formatdate, make_msgid
from threading import Timer
from typing import Any

from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import (
    ABOUT_THE_TICKET,
    TEST_SECONDS,
    MessageChannel,
    Outcome,
    Provider,
    Security,
)
from smartqueue.notifications.transports.base import Field, Handed, Outgoing, Transport, TransportFault
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
    """A plain e-mail to one address.

    Attributes:
        id: the part of its Message-ID before the @, the same at every try; '' for one of its own.
        headers: what stands above it besides the usual.
    """

    to: str
    subject: str
    body: str
    sender_name: str = ""
    id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Smtp(Transport):
    """A tenant's own mail server. Delivery reports come to the sender's mailbox, not to us."""

    provider = Provider.SMTP
    channel = MessageChannel.EMAIL
    fields = (
        Field("host", _("Server"), _("For example: mail.example.sn")),
        Field("port", _("Port"), default="587"),
        Field("security", _("Encryption"), choices=Security.choices, default=Security.STARTTLS),
        Field("user", _("User"), _("Leave it empty if the server asks for none."), is_required=False),
        Field("password", _("Password"), is_secret=True, is_required=False, longest=500),
        Field("sender", _("Sender"), _("The address that your customers see.")),
    )

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        known = {name: str(self.settings.get(name, "")) for name in ("host", "security", "user", "sender")}
        server = Server(**known, port=int(self.settings.get("port", 0)), password=self.secrets.get("password", ""))
        letter = Letter(
            to=message.to, subject=one_line(message.subject), body=message.body,
            sender_name=one_line(message.sender_name), id=str(message.id), headers=stop_headers(message, server.sender),
        )  # fmt: skip
        try:
            send_email(server, letter, seconds=deadline.left_s)
        except NoAnswer as silence:
            raise TransportFault.of(silence) from None
        return Handed(provider_id=message_id(server.sender, letter.id))


def stop_headers(message: Outgoing, sender: str) -> dict[str, str]:
    """How a mail program lets its reader stop such letters, with one press where there is a page for it (RFC 2369,
    RFC 8058). What somebody waits for has no such button."""
    if message.kind in ABOUT_THE_TICKET:
        return {}
    by_mail = f"<mailto:{sender}?subject=STOP>"
    if not message.stop_url:
        return {"List-Unsubscribe": by_mail}
    return {
        "List-Unsubscribe": f"<{message.stop_url}>, {by_mail}",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def message_id(sender: str, name: str) -> str:
    """RFC 5322 § 3.6.4. The same letter has the same one when it is sent again, so mailboxes can tell."""
    return f"<{name}@{sender.rpartition('@')[2]}>"


def one_line(words: str) -> str:
    """Words for a header."""
    return " ".join(words.split())


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


class _Whole(EmailPolicy):
    """Leaves an address in a header that is longer than a line as it is; the standard library would encode it, and no
    mail program finds an address there then."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


def _message(server: Server, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=_Whole())
    message["From"] = formataddr((letter.sender_name, server.sender))
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    own = message_id(server.sender, letter.id) if letter.id else make_msgid(domain=server.sender.rpartition("@")[2])
    message["Message-ID"] = own
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.body)
    return message


class _Pinned(smtplib.SMTP):
    """Connects to the address that was judged; the server's name stays what its certificate is compared with."""

    def __init__(self, server: Server, address: str, deadline: Deadline, state: dict[str, Any]) -> None:
        self._address, self._tls, self._state = address, server.security == Security.TLS, state
        # The name in EHLO is the sender's, not this machine's.
        super().__init__(local_hostname=server.sender.rpartition("@")[2], timeout=deadline.left_s)
        self._host = server.host

    def data(self, msg: Any) -> Any:
        self._state["step"] = "letter"
        return super().data(msg)

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
    smtp = _Pinned(server, address, deadline, state)

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
        outcome = Outcome.TIMEOUT if late else _reason(error, state["step"])
        # From DATA on the letter may be there although the answer is not.
        is_unknown = state["step"] == "letter" and outcome in (Outcome.TIMEOUT, Outcome.CLOSED)
        raise TransportFault(outcome, is_unknown=is_unknown, said=_said(error)) from error


def _said(error: Exception) -> str:
    """The server's own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, said),) = error.recipients.values()
        return _line(code, said)
    if isinstance(error, smtplib.SMTPResponseException):
        return _line(error.smtp_code, error.smtp_error)
    return type(error).__name__


def _line(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"


def _is_for_now(error: Exception) -> bool:
    """4xx: not now, perhaps in a minute (RFC 5321 § 4.2.1); so answers a server that makes strangers wait."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _said in error.recipients.values())
    kinds = (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPAuthenticationError)
    return isinstance(error, kinds) and 400 <= error.smtp_code < 500


def _reason(error: Exception, step: str) -> Outcome:
    if _is_for_now(error):
        return Outcome.BUSY
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
