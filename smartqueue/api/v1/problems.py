"""Errors as `application/problem+json` (RFC 9457): a stable code, a sentence for the reader, errors per field."""

import logging
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as ModelInvalid
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from psycopg_pool import PoolTimeout, TooManyRequests
from rest_framework import exceptions
from rest_framework.response import Response

from smartqueue.kernel.errors import Invalid, NotFound, RuleBroken
from smartqueue.kernel.refusing import constraint_of

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
TIMED_OUT = {"25P03", "25P04"}  # PostgreSQL has ended a transaction that a stalled process had left open

SENTENCES = {
    "parse_error": gettext_lazy("The body is not valid JSON."),
    "not_authenticated": gettext_lazy("Sign in first."),
    "authentication_failed": gettext_lazy("This sign-in is not valid any more. Sign in again."),
    "permission_denied": gettext_lazy("Your role does not allow this."),
    "not_found": gettext_lazy("There is nothing here."),
    "method_not_allowed": gettext_lazy("This address does not take this method."),
    "not_acceptable": gettext_lazy("Answers are JSON only."),
    "unsupported_media_type": gettext_lazy("Send the body as application/json."),
    "throttled": gettext_lazy("Too many requests. Try again in a moment."),
    "too_large": gettext_lazy("The body is too large."),
    "already_exists": gettext_lazy("There is already one with these values."),
    "in_use": gettext_lazy("Other things still refer to this."),
    "unavailable": gettext_lazy("The service cannot answer now. Try again in a moment, with the same Idempotency-Key."),
    "server_error": gettext_lazy("Something went wrong on our side."),
}


class Unavailable(RuleBroken):
    """The database cannot answer now. Whether anything was changed is not known: it may have died while committing."""

    code = "unavailable"
    status = 503
    sentence = SENTENCES["unavailable"]


class TooLarge(RuleBroken):
    code = "too_large"
    status = 413
    sentence = SENTENCES["too_large"]


class AlreadyExists(RuleBroken):
    code = "already_exists"
    sentence = SENTENCES["already_exists"]


class InUse(RuleBroken):
    code = "in_use"
    sentence = SENTENCES["in_use"]


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything that a caller can cause has an answer; None lets a real fault be a 500."""
    refusal = as_refusal(error)
    if refusal is not None:
        return as_response(refusal)
    if isinstance(error, exceptions.ValidationError):
        return _answer("invalid", 400, str(Invalid.sentence), errors=flatten(error.get_full_details()))
    if isinstance(error, exceptions.APIException):
        return _api_exception(error)
    return None


def as_refusal(error: Exception) -> RuleBroken | None:
    """The named refusal behind an exception of Django or PostgreSQL, or None."""
    match error:
        case RuleBroken():
            return error
        case Http404():
            return NotFound()
        case RequestDataTooBig():
            return TooLarge()
        case ModelInvalid():
            return Invalid(**error.message_dict) if hasattr(error, "error_dict") else Invalid(body=error.messages)
        case DataError():
            return Invalid()
        case ProtectedError() | RestrictedError():
            return InUse()
        case IntegrityError():
            return _integrity(error)
        case OperationalError() | InterfaceError() | PoolTimeout() | TooManyRequests():
            logger.warning("database unavailable: %s", error)
            return Unavailable()
        case InternalError() if getattr(error.__cause__, "sqlstate", "") in TIMED_OUT:
            return Unavailable()
    return None


def _integrity(error: IntegrityError) -> RuleBroken:
    """A unique or foreign-key violation that no action has named. PostgreSQL's own words are never shown."""
    state = getattr(error.__cause__, "sqlstate", "")
    if state == "23503":
        return InUse()
    if state in {"23505", "23P01"}:
        return AlreadyExists()
    logger.warning("refused by %s", constraint_of(error))
    return Invalid()


def as_response(refusal: RuleBroken) -> Response:
    response = _answer(refusal.code, refusal.status, str(refusal), **refusal.facts)
    if refusal.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if refusal.status in {429, 503}:
        response["Retry-After"] = str(refusal.facts.get("retry_after_s", 1))
    return response


def problem_response(refusal: RuleBroken) -> HttpResponse:
    """The same answer outside DRF: middleware, unknown addresses."""
    answer = as_response(refusal)
    headers = {"Retry-After": answer["Retry-After"]} if "Retry-After" in answer else {}
    return HttpResponse(orjson.dumps(answer.data), status=refusal.status, content_type=PROBLEM_JSON, headers=headers)


def unknown_address(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    refusal = RuleBroken()
    refusal.code, refusal.status, refusal.sentence = "server_error", 500, SENTENCES["server_error"]
    return problem_response(refusal)


def _api_exception(error: exceptions.APIException) -> Response:
    theirs = str(error.default_code)
    code = {"permission_denied": "forbidden", "error": "server_error"}.get(theirs, theirs)
    response = _answer(code, error.status_code, str(SENTENCES.get(theirs, error.detail)))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _answer(code: str, status: int, sentence: str, **members: Any) -> Response:
    body = {
        "type": f"urn:smartqueue:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": sentence,
        **members,
    }
    return Response(body, status=status, content_type=PROBLEM_JSON)


def flatten(details: Any, path: str = "") -> dict[str, list[dict[str, str]]]:
    """DRF's nested details as `field.path` → `[{code, message}]`."""
    if isinstance(details, dict) and {"message", "code"} <= details.keys() and isinstance(details["message"], str):
        return {path or "body": [{"code": str(details["code"]), "message": str(details["message"])}]}
    flat: dict[str, list[dict[str, str]]] = {}
    pairs = details.items() if isinstance(details, dict) else (("", item) for item in details)
    for name, inner in pairs:
        name = "" if name == "non_field_errors" else str(name)
        for field, messages in flatten(inner, ".".join(filter(None, (path, name)))).items():
            flat.setdefault(field, []).extend(messages)
    return flat
