"""The platform's own log: what belongs to no organisation, what happened to one as such, what support did inside."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.queries import names_of, people_like
from smartqueue.journal.models import Entry
from smartqueue.journal.queries import platform_entries
from smartqueue.tenants.queries import tenants_like, tenants_named
from smartqueue.web.platform.forms import AuditFilters
from smartqueue.web.platform.pages import PlatformPage
from smartqueue.web.shared.office import Column, ListPage

WORDS: dict[str, str | Promise] = {
    "tenant.created": _("Organisation opened"),
    "tenant.updated": _("Organisation changed"),
    "tenant.suspended": _("Organisation suspended"),
    "tenant.reactivated": _("Organisation open again"),
    "tenant.plan_changed": _("Plan changed"),
    "plan.updated": _("Prices or quotas changed"),
    "support.entered": _("Support entered"),
    "support.left": _("Support left"),
    "usage.exported": _("Usage exported"),
    "user.signed_in": _("Signed in"),
    "user.signed_out": _("Signed out"),
    "user.sign_in_failed": _("Sign-in failed"),
    "user.updated": _("Person changed"),
    "user.created": _("Person added"),
    "user.password_changed": _("Password changed"),
    "user.second_factor_on": _("Second factor turned on"),
    "user.second_factor_off": _("Second factor turned off"),
    "user.recovery_codes_renewed": _("Recovery codes renewed"),
    "user.signed_out_everywhere": _("Signed out everywhere"),
    "user.deactivated": _("Account closed"),
    "user.reactivated": _("Account opened again"),
}
NAMES: dict[str, str | Promise] = {
    "plan": _("Plan"), "name": _("Name"), "slug": _("Address"), "type": _("Type"), "locale": _("Language"),
    "time_zone": _("Time zone"), "is_active": _("Open"), "is_superuser": _("Super-admin"), "is_staff": _("Staff"),
    "reason": _("Reason"), "role": _("Role"), "price_xof": _("Price for a month, F CFA"), "sites": _("Sites"),
    "agents": _("Agents"), "tickets": _("Tickets a month"), "messages": _("Messages a month"),
    "ticket_price_xof": _("Price of a ticket beyond the quota, F CFA"),
    "message_price_xof": _("Price of a message beyond the quota, F CFA"),
}  # fmt: skip
YES_NO = {True: _("yes"), False: _("no"), None: _("none")}
Shown = str | Promise


@dataclass(frozen=True)
class Difference:
    """One value, before and after, as words; None where there was none to compare with."""

    name: Shown
    before: Shown | None
    after: Shown | None


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it."""

    entry: Entry
    words: Shown
    who: str
    where: str
    differences: list[Difference]


class Audit(PlatformPage, ListPage):
    """`/platform/audit/`: newest first."""

    section = "platform-audit"
    template = "platform/audit.html"
    filters = AuditFilters
    sorts = {"newest": ("-id",)}
    columns = (
        Column("", _("When")), Column("", _("Who")), Column("", _("What")), Column("", _("Organisation")),
        Column("", _("What changed")),
    )  # fmt: skip

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Entry]:
        rows = platform_entries()
        if words := wanted.get("q"):
            known = [fact for fact, said in WORDS.items() if words.lower() in str(said).lower()]
            rows = rows.filter(Q(fact__icontains=words) | Q(fact__in=known))
        if kind := wanted.get("kind"):
            rows = rows.filter(kind=kind)
        if person := wanted.get("person"):
            ids = people_like(person)
            rows = rows.filter(Q(actor_id__in=ids) | Q(object_type="user", object_id__in=ids))
        if tenant := wanted.get("tenant"):
            rows = rows.filter(tenant_id__in=tenants_like(tenant))
        if since := wanted.get("since"):
            rows = rows.filter(at__gte=datetime.combine(since, time.min, UTC))
        if until := wanted.get("until"):
            rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, UTC))
        return rows

    def about(self, rows: Any) -> dict[str, Any]:
        entries = list(rows.object_list)
        people = names_of([id for entry in entries for id in (entry.actor_id, _person(entry)) if id])
        tenants = tenants_named([entry.tenant_id for entry in entries if entry.tenant_id])
        rows.object_list = [_line(entry, people, tenants) for entry in entries]
        return {}


def _person(entry: Entry) -> UUID | None:
    return entry.object_id if entry.object_type == "user" else None


def _line(entry: Entry, people: dict[UUID, str], tenants: dict[UUID, str]) -> Line:
    who = people.get(entry.actor_id) if entry.actor_id else None
    said = entry.actor_label if entry.actor_label and entry.actor_label != who else ""
    about = people.get(entry.object_id, "") if _person(entry) and entry.object_id else ""
    where = tenants.get(entry.tenant_id, str(entry.tenant_id)[-8:]) if entry.tenant_id else about
    known = " · ".join(word for word in (who, said) if word) or str(entry.get_actor_kind_display())
    return Line(entry, WORDS.get(entry.fact, entry.fact), known, where, differences(entry.before, entry.after))


def differences(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Difference]:
    """What changed, value by value, those that are new last; a value that stayed is left out."""
    was, became = before or {}, after or {}
    return [
        Difference(
            NAMES.get(name, name),
            _shown(was[name]) if name in was else None,
            _shown(became[name]) if name in became else None,
        )
        for name in dict.fromkeys([*was, *became])
        if not (name in was and name in became and was[name] == became[name])
    ]


def _shown(value: Any) -> Shown:
    if value is None or isinstance(value, bool):
        return YES_NO[value]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
