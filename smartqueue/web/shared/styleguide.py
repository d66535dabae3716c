"""The living gallery: every component in every state. Only where `SMARTQUEUE_STYLEGUIDE` or `DEBUG` is set."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from smartqueue.web.shared.errors import CSRF, EXPLAINED, error_page
from smartqueue.web.shared.icons import ICONS

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG_NAME = "Demande de duplicata de certificat de nationalité sénégalaise"
assert len(LONG_NAME) == 61

View = Callable[..., HttpResponse]


def in_development(view: View) -> View:
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SMARTQUEUE_STYLEGUIDE:
            raise Http404
        return view(request, *args, **kwargs)

    return inner


@require_safe
@in_development
def gallery(request: HttpRequest) -> HttpResponse:
    """`?theme=light|dark` fixes the theme, `?sort=` shows sorted headers."""
    theme = request.GET.get("theme", "")
    context = {"theme": theme if theme in {"light", "dark"} else "", "sort": request.GET.get("sort", "-waiting")}
    return render(request, "shared/styleguide.html", context | samples())


@require_safe
@in_development
def error(request: HttpRequest, status: int) -> HttpResponse:
    """An error page on its own; 419 is a form whose token has gone."""
    if status == 419:
        return error_page(request, 403, CSRF)
    if status not in EXPLAINED:
        raise Http404
    return error_page(request, status)


def samples() -> dict[str, Any]:
    """What the gallery shows: fictitious, the same on every day."""
    return {
        "columns": [
            {"label": gettext("Queue"), "key": "name"},
            {"label": gettext("Waiting"), "key": "waiting", "right": True},
            {"label": gettext("Estimate")},
            {"label": gettext("State")},
        ],
        "queues": [
            {"name": "Ouverture de compte", "waiting": 12, "low": 840, "high": 1320, "kind": "late"},
            {"name": "Retrait d'espèces", "waiting": 7, "low": 360, "high": 600, "kind": "ok"},
            {"name": LONG_NAME, "waiting": 4, "low": 1080, "high": 1800, "kind": "warn"},
        ],
        "people": [(f"A-{number:03}", "Retrait d'espèces", 40 * (200 - number)) for number in range(1, 201)],
        "numbers": [{"label": gettext("Number")}, {"label": gettext("Service")}, {"label": gettext("Estimate")}],
        "hours": [f"{hour} h" for hour in range(8, 17)],
        "heat": [_day(name, place) for place, name in enumerate(("Lun", "Mar", "Mer", "Jeu", "Ven"))],
        "bars": [
            {"label": "Retrait d'espèces", "value": 84, "words": "84"},
            {"label": "Conseil", "value": 37, "words": "37"},
            {"label": LONG_NAME, "value": 5, "words": "5"},
        ],
        "events": [
            {"at": NINE, "title": gettext("Ticket taken"), "words": "Borne 1"},
            {"at": NINE + timedelta(minutes=11), "title": gettext("Called"), "words": "Guichet 3 · Binta B."},
            {"at": NINE + timedelta(minutes=13), "title": gettext("Absent"), "words": "", "kind": "late"},
        ],
        "icons": sorted(ICONS),
        "long_name": LONG_NAME,
        "statuses": [*EXPLAINED, 419],
        "since": datetime.now(UTC) - timedelta(seconds=3),
        "long_ago": datetime.now(UTC) - timedelta(minutes=4),
    }


def _day(name: str, place: int) -> dict[str, Any]:
    minutes = [(7 * hour + 5 * place + hour * hour * (place + 2)) % 31 for hour in range(8, 17)]
    return {"label": name, "cells": [{"share": wait / 30, "words": str(wait)} for wait in minutes]}
