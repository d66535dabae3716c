"""JSON in, JSON out, and nothing that PostgreSQL could not keep."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

DEEPEST = 32
"""Levels of lists and objects; no endpoint needs more than four, and Python's own stack ends at a thousand."""


class StrictJSON(BaseParser):
    """UTF-8 JSON by the letter: no NaN, no U+0000, no bottomless nesting, at most `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        raw = stream.body if isinstance(stream, HttpRequest) else stream.read()  # `body` keeps to the size limit
        try:
            data = orjson.loads(raw) if raw else {}
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if raw.count(b"[") + raw.count(b"{") > DEEPEST and depth(data) > DEEPEST:
            raise ParseError(_("The body is nested too deeply."))
        if b"\\u0000" in raw and contains_nul(data):
            raise ParseError(_("The body contains a character that cannot be stored."))
        return data


def depth(data: Any) -> int:
    """Levels of lists and objects, counted level by level, without recursion."""
    levels, level = 0, [data]
    while level := [item for item in level if isinstance(item, dict | list)]:
        levels += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return levels


def exceeds_64_bits(data: Any) -> bool:
    """Whether a free JSON value holds a number that jsonb would keep and no answer could be written with."""
    match data:
        case float():
            return abs(data) >= 2**63
        case list():
            return any(exceeds_64_bits(item) for item in data)
        case dict():
            return any(exceeds_64_bits(value) for value in data.values())
    return False


def contains_nul(data: Any) -> bool:
    match data:
        case str():
            return "\x00" in data
        case list():
            return any(contains_nul(item) for item in data)
        case dict():
            return any("\x00" in key or contains_nul(value) for key, value in data.items())
    return False


class AlwaysJSON(BaseContentNegotiation):
    """One representation: whatever `Accept` says, the answer is JSON (RFC 9110 allows disregarding it)."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if content_type == parser.media_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type
