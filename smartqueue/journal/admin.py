"""The journal, for platform staff: read, never written; and suspending a tenant, which is a fact."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from smartqueue.accounts.admin import FirstTenThousand, ReadOnlyAdmin, badge, instant
from smartqueue.journal.actions.platform import reactivate_tenant, suspend_tenant
from smartqueue.journal.models import Entry
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.tenants.admin import TenantAdmin
from smartqueue.tenants.models import Tenant

KIND_TONES = {
    AuditKind.CREATE: "ok",
    AuditKind.CALL: "now",
    AuditKind.TRANSFER: "now",
    AuditKind.STATUS_CHANGE: "now",
    AuditKind.EXPORT: "wait",
    AuditKind.PERMISSION_CHANGE: "wait",
    AuditKind.DELETE: "warn",
    AuditKind.LOGIN_FAILED: "warn",
}
RECENT = 5_000


class FactFilter(admin.SimpleListFilter):
    """The facts that the newest entries tell; asking the whole table for its distinct values would read all of it."""

    title = gettext_lazy("fact")
    parameter_name = "fact"

    def lookups(self, request: Any, model_admin: Any) -> Iterator[tuple[str, str]]:
        newest = Entry.objects.order_by("-id").values("fact")[:RECENT]
        facts = {row["fact"] for row in newest} | {self.value() or ""}
        return ((fact, fact) for fact in sorted(facts - {""}))

    def queryset(self, request: Any, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return queryset.filter(fact=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("when", "kind_badge", "fact", "tenant", "about", "actor", "ip")
    list_filter = ("at", "kind", FactFilter, "tenant")
    list_select_related = ("tenant",)
    search_fields = ("fact", "actor_label")
    search_ids = ("object_id", "actor_id")
    search_help_text = gettext_lazy("An object's or an actor's identifier, a fact, the name of an actor.")
    ordering = ("-id",)
    paginator = FirstTenThousand
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (None, {"fields": ("when", "tenant", "kind_badge", "fact", "object_type", "object_id", "version", "queue_id")}),
        (
            gettext_lazy("Actor"),
            {"fields": ("actor_kind", "actor_id", "actor_label", "ip", "user_agent", "endpoint")},
        ),
        (gettext_lazy("Values"), {"fields": ("data_shown", "before_shown", "after_shown")}),
        (gettext_lazy("Delivery"), {"fields": ("dispatched_at", "tries", "not_before", "stream_seq")}),
    )
    readonly_fields = ("when", "kind_badge", "data_shown", "before_shown", "after_shown")

    @admin.display(description=gettext_lazy("at"), ordering="id")
    def when(self, entry: Entry) -> str:
        return instant(entry.at)

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_badge(self, entry: Entry) -> SafeString:
        return badge(KIND_TONES.get(AuditKind(entry.kind), "off"), entry.get_kind_display())

    @admin.display(description=gettext_lazy("object"))
    def about(self, entry: Entry) -> str:
        return f"{entry.object_type} {str(entry.object_id)[-8:]}" if entry.object_id else entry.object_type

    @admin.display(description=gettext_lazy("actor"))
    def actor(self, entry: Entry) -> str:
        return entry.actor_label or entry.get_actor_kind_display()

    @admin.display(description=gettext_lazy("facts"))
    def data_shown(self, entry: Entry) -> SafeString | None:
        return pretty(entry.data)

    @admin.display(description=gettext_lazy("before"))
    def before_shown(self, entry: Entry) -> SafeString | None:
        return pretty(entry.before)

    @admin.display(description=gettext_lazy("after"))
    def after_shown(self, entry: Entry) -> SafeString | None:
        return pretty(entry.after)


def pretty(values: Any) -> SafeString | None:
    """JSON over several lines; None where there is nothing."""
    if not values:
        return None
    return format_html(
        '<pre class="sq-json">{}</pre>', json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True)
    )


@admin.register(Tenant)
class SuspendableTenantAdmin(TenantAdmin):
    """The tenants' page, with what ends in the journal."""

    actions = ("suspend", "reactivate")

    @admin.action(description=gettext_lazy("Suspend the selected tenants"), permissions=["change"])
    def suspend(self, request: Any, tenants: QuerySet[Tenant]) -> None:
        changed = _each(suspend_tenant, request, tenants)
        self.message_user(
            request,
            ngettext("%d tenant was suspended.", "%d tenants were suspended.", changed) % changed,
            messages.SUCCESS,
        )

    @admin.action(description=gettext_lazy("Reactivate the selected tenants"), permissions=["change"])
    def reactivate(self, request: Any, tenants: QuerySet[Tenant]) -> None:
        changed = _each(reactivate_tenant, request, tenants)
        self.message_user(
            request,
            ngettext("%d tenant was reactivated.", "%d tenants were reactivated.", changed) % changed,
            messages.SUCCESS,
        )


def _each(doing: Callable[..., bool], request: Any, tenants: QuerySet[Tenant]) -> int:
    """How many of them were changed; the site knows who the request's actor is."""
    at: datetime = now()
    return sum(doing(tenant_id=tenant.id, actor=request.actor, at=at) for tenant in tenants)
