"""Push to apps by Firebase Cloud Messaging, HTTP v1
(https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages and …/ErrorCode)."""

import hashlib
import json
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote

import jwt
from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.notifications.transports import calling
from smartqueue.notifications.transports.base import Field, Handed, Outgoing, Transport, TransportFault
from smartqueue.notifications.transports.faults import fault_of
from smartqueue.notifications.transports.webpush import topic_of
from smartqueue.outbound.deadline import Deadline
from smartqueue.outbound.http import Answer

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
LONGEST_MESSAGE = 4_000
"""Bytes of JSON; Firebase takes 4,096 of what the app sees."""
QUOTA_PAUSE_S = 60.0
_EARLY_S = 30
_OUTCOMES = {
    "UNREGISTERED": Outcome.RECIPIENT_GONE,
    "SENDER_ID_MISMATCH": Outcome.RECIPIENT_GONE,
    "INVALID_ARGUMENT": Outcome.REFUSED_MESSAGE,
    "QUOTA_EXCEEDED": Outcome.BUSY,
    "UNAVAILABLE": Outcome.THEIR_TROUBLE,
    "INTERNAL": Outcome.THEIR_TROUBLE,
    "THIRD_PARTY_AUTH_ERROR": Outcome.NO_ACCOUNT,
}
_tokens: dict[str, tuple[str, float]] = {}
"""Service account and door → access token, and until when (monotonic) it is good. Of this process."""
_asking = Lock()


class Fcm(Transport):
    """One Firebase project. `Outgoing.to` is the app's registration token, alone or as JSON with `endpoint`."""

    provider = Provider.FCM
    channel = MessageChannel.PUSH
    base_url = "https://fcm.googleapis.com"
    fields = (
        Field("service_account", _("Key of the service account"),
              _("The content of the JSON file that Firebase gives you under “Service accounts”."),
              is_secret=True, longest=2_800),
    )  # fmt: skip

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        account = self._account()
        content = json.dumps({"message": _told(message)}, ensure_ascii=False).encode()
        if len(content) > LONGEST_MESSAGE:
            raise TransportFault(Outcome.TOO_LONG)
        url = f"{self.base}/v1/projects/{quote(str(account['project_id']), safe='')}/messages:send"
        answer = _post(url, content, self._token(account, deadline), deadline)
        if _is_stale(answer):  # taken back before its time: once, with a new one
            self._forget(account)
            answer = _post(url, content, self._token(account, deadline), deadline)
        if not answer.is_ok:
            raise _refusal(answer)
        name = calling.told(answer).get("name")
        if not isinstance(name, str):
            raise calling.not_understood(answer)
        return Handed(provider_id=name[:200])

    def _account(self) -> Mapping[str, Any]:
        try:
            told = json.loads(self.secrets.get("service_account", ""))
            return {name: str(told[name]) for name in ("project_id", "client_email", "private_key")} | {
                "private_key_id": str(told.get("private_key_id", ""))
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            raise TransportFault(Outcome.NO_ACCOUNT, said="not the key of a service account") from None

    @property
    def _token_url(self) -> str:
        """Google's; another base, such as the sandbox, has its door for tokens beside it."""
        return TOKEN_URL if self.base == self.base_url else f"{self.base}/token"

    def _kept_as(self, account: Mapping[str, Any]) -> str:
        key = hashlib.sha256(str(account["private_key"]).encode()).hexdigest()
        return f"{self._token_url} {account['client_email']} {key}"

    def _forget(self, account: Mapping[str, Any]) -> None:
        _tokens.pop(self._kept_as(account), None)

    def _token(self, account: Mapping[str, Any], deadline: Deadline) -> str:
        """The access token that is kept, or a new one: RFC 7523, signed with the service account's key."""
        name = self._kept_as(account)
        kept, until = _tokens.get(name, ("", 0.0))
        if time.monotonic() < until:
            return kept
        assertion = _assertion(account, self._token_url)
        form = calling.form({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion})
        answer = _asked_for_token(self._token_url, form, deadline)
        try:
            told = calling.told(answer)
            token, life_s = str(told["access_token"]), float(told["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise TransportFault(Outcome.NOT_UNDERSTOOD) from None
        with _asking:
            if len(_tokens) > 1_000:
                _tokens.clear()
            _tokens[name] = token, time.monotonic() + life_s - _EARLY_S
        return token


def _assertion(account: Mapping[str, Any], audience: str) -> str:
    now = int(time.time())
    claims = {"iss": account["client_email"], "scope": SCOPE, "aud": audience, "iat": now, "exp": now + 3600}
    try:
        return jwt.encode(claims, account["private_key"], "RS256", headers={"kid": account["private_key_id"]})
    except (ValueError, TypeError, jwt.PyJWTError):
        raise TransportFault(Outcome.NO_ACCOUNT, said="the private key cannot be read") from None


def _asked_for_token(url: str, form: bytes, deadline: Deadline) -> Answer:
    """Whatever goes wrong here, the message itself was not handed over."""
    try:
        answer = calling.ask("POST", url, deadline, headers={"content-type": calling.FORM}, content=form)
        if answer.is_ok:
            return answer
        raise fault_of(answer, otherwise=Outcome.NO_ACCOUNT)
    except TransportFault as fault:
        fault.is_unknown = False
        raise


def _post(url: str, content: bytes, token: str, deadline: Deadline) -> Answer:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return calling.ask("POST", url, deadline, headers=headers, content=content)


def _told(message: Outgoing) -> dict[str, Any]:
    tag = topic_of(message)
    told: dict[str, Any] = {
        "token": _registration(message.to),
        "notification": {"title": message.subject, "body": message.body},
        "data": {
            "id": str(message.id),
            "kind": message.kind,
            "url": message.link,
            "tag": tag,
            "lang": message.language,
        },
        "android": {
            "priority": "HIGH" if message.is_urgent else "NORMAL",
            "ttl": f"{message.life_s}s",
            "collapse_key": tag,
        },
        "apns": {
            "headers": {
                "apns-priority": "10" if message.is_urgent else "5",
                "apns-expiration": str(int(time.time()) + message.life_s),
                "apns-collapse-id": tag,
            }
        },
    }
    return told


def _registration(to: str) -> str:
    if not to.startswith("{"):
        return to
    try:
        return str(json.loads(to)["endpoint"])
    except (ValueError, KeyError, TypeError):
        raise TransportFault(Outcome.RECIPIENT_GONE, said="not a registration") from None


def _error(answer: Answer) -> tuple[str, str]:
    """Firebase's own code, and the status that goes with it; '' where it says none."""
    error = calling.told(answer).get("error")
    if not isinstance(error, dict):
        return "", ""
    details = [one for one in error.get("details") or [] if isinstance(one, dict)]
    codes = [one.get("errorCode", "") for one in details if str(one.get("@type", "")).endswith("FcmError")]
    return str((codes or [""])[0]), str(error.get("status", ""))


def _is_stale(answer: Answer) -> bool:
    return answer.status == 401 and _error(answer)[0] != "THIRD_PARTY_AUTH_ERROR"


def _refusal(answer: Answer) -> TransportFault:
    code, status = _error(answer)
    fault = calling.refusal(answer, outcome=_OUTCOMES.get(code), said=code or status)
    if code == "QUOTA_EXCEEDED":
        fault.retry_after_s = max(fault.retry_after_s or 0.0, QUOTA_PAUSE_S)
    return fault
