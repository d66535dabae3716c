"""The audit log: who did what to what, from where, before and after; and the same as a file."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.actions import record
from smartqueue.journal.models import Entry
from smartqueue.journal.queries import changes_of, narrowed_entries
from smartqueue.journal.states import ActorKind, AuditKind
from smartqueue.kernel.clock import now
from smartqueue.queueing.queries.people import tickets_numbered
from smartqueue.tenants.queries import members, names_of
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.audit_words import OBJECTS, field_word, words_of
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import Filters
from smartqueue.web.shared.sheets import csv_response

PAGE = 50
PART = 1000

ACTORS: dict[str, str | Promise] = {
    ActorKind.CUSTOMER: _("a customer"),
    ActorKind.DEVICE: _("a device"),
    ActorKind.SYSTEM: _("SmartQueue itself"),
}


class AuditFilters(Filters):
    kind = forms.ChoiceField(label=_("What was done"), choices=[("", _("Everything")), *AuditKind.choices])
    person = forms.UUIDField(label=_("By whom"), widget=forms.Select)
    object = forms.ChoiceField(label=_("To what"), choices=[("", _("Anything")), *OBJECTS.items()])
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def offer_people(self) -> None:
        """Everybody of the tenant in scope."""
        people = members().order_by("shown", "id").values_list("user_id", "shown")
        widget: Any = self.fields["person"].widget
        widget.choices = [("", _("Anybody")), *people]


class AuditPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-audit"

    def narrowed(self, filters: AuditFilters) -> dict[str, Any]:
        """The filters as the query takes them; inside the scope."""
        wanted, zone = filters.wanted, ZoneInfo(self.tenant.time_zone)
        return {
            "tenant_id": self.tenant.id,
            "kind": wanted.get("kind", ""),
            "actor_id": wanted.get("person"),
            "object_type": wanted.get("object", ""),
            "object_ids": objects_named(wanted["q"]) if "q" in wanted else None,
            "since": midnight(wanted.get("since"), zone),
            "until": midnight(wanted.get("until"), zone, days=1),
        }


class AuditLog(AuditPage):
    """`/{slug}/manage/audit/`: newest first; `?before=` a number goes on with what is older."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        filters, before = AuditFilters(request.GET), request.GET.get("before", "")
        with self.scope():
            filters.offer_people()
            older = int(before) if before.isdecimal() and len(before) < 19 else None
            found = list(narrowed_entries(**self.narrowed(filters), before_id=older)[: PAGE + 1])
            told = {
                "title": gettext("Audit log"),
                "rows": [told_of(entry) for entry in named(found[:PAGE])],
                "filters": filters,
                "is_narrowed": bool(filters.wanted),
                "older": found[PAGE - 1].id if len(found) > PAGE else None,
                "is_later_page": older is not None,
            }
            return self.show("manage/audit.html", told)


class AuditExport(AuditPage):
    """POST `…/export/`, with the list's filters in the address: the file, and a fact that says it was taken."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        filters = AuditFilters(request.GET)
        with self.scope():
            wanted = self.narrowed(filters)
            record(
                "audit_log.exported", kind=AuditKind.EXPORT, tenant_id=self.tenant.id, object_type="audit_log",
                object_id=None, actor=self.actor, at=now(),
                after={name: str(value) for name, value in filters.wanted.items()},
            )  # fmt: skip
        return csv_response(f"audit-{self.tenant.slug}", exported(wanted, ZoneInfo(self.tenant.time_zone)))


def exported(wanted: dict[str, Any], zone: ZoneInfo) -> Iterator[Sequence[Any]]:
    """Head and rows, newest first, a thousand in each transaction: a long file holds no snapshot."""
    yield (
        "at",
        "kind",
        "fact",
        "object_type",
        "object_id",
        "by",
        "actor_id",
        "ip",
        "user_agent",
        "endpoint",
        "changes",
    )
    last = None
    while True:
        with in_tenant(wanted["tenant_id"]):
            part = named(list(narrowed_entries(**wanted, before_id=last)[:PART]))
        for one in part:
            changes = "; ".join(f"{c.field}: {words_of(c.before)} → {words_of(c.after)}" for c in changes_of(one))
            yield (
                one.at.astimezone(zone).isoformat(timespec="seconds"), one.kind, one.fact, one.object_type,
                one.object_id, actor_of(one), one.actor_id, one.ip, one.user_agent, one.endpoint, changes,
            )  # fmt: skip
        if len(part) < PART:
            return
        last = part[-1].id


def named(found: list[Entry]) -> list[Entry]:
    """The same entries, each with the name of the member who did it; one query."""
    names = names_of(entry.actor_id for entry in found if entry.actor_id and entry.actor_kind == ActorKind.USER)
    for entry in found:
        entry.member = names.get(entry.actor_id) if entry.actor_id else None  # type: ignore[attr-defined]
    return found


def actor_of(entry: Any) -> str:
    """Who did it, in words: a member's name, what the actor was called, or what it was."""
    if entry.member and entry.actor_label not in ("", entry.member):
        return f"{entry.actor_label} ({entry.member})"
    someone = ACTORS.get(entry.actor_kind, _("somebody who is no member any more"))
    return entry.member or entry.actor_label or str(someone)


def told_of(entry: Any) -> dict[str, Any]:
    """An entry as the page shows it."""
    held = (entry.after or {}) | (entry.before or {}) | (entry.data or {})
    return {
        "entry": entry,
        "actor": actor_of(entry),
        "object": OBJECTS.get(entry.object_type, entry.object_type),
        "name": str(held.get("number") or held.get("name") or "")[:80],
        "changes": [
            {
                "field": field_word(one.field, entry.object_type),
                "before": words_of(one.before),
                "after": words_of(one.after),
            }
            for one in changes_of(entry)
        ],
    }


def objects_named(words: str) -> list[UUID]:
    """What a search means: an id, or a ticket's number; nothing else is cheap to find."""
    try:
        return [UUID(words.strip())]
    except ValueError:
        return tickets_numbered(words)


def midnight(day: date | None, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """The beginning of a local day, or of one some days later."""
    if day is None or not date.min + timedelta(2) < day < date.max - timedelta(2):
        return None
    return datetime.combine(day + timedelta(days=days), time(), zone)
