"""Tenants and who belongs to them, for platform staff; and what the pages of every tenant's rows have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartqueue.accounts.admin import ReadOnlyAdmin, StaffAdmin, badge, language_choice
from smartqueue.tenants.models import Membership, Tenant
from smartqueue.tenants.states import PlanName, Role

if TYPE_CHECKING:
    AnyForm = forms.ModelForm[Any]
else:  # takes no parameter when it runs
    AnyForm = forms.ModelForm

PLAN_TONES = {PlanName.STARTER: "off", PlanName.BUSINESS: "now", PlanName.ENTERPRISE: "ok"}
ROLE_TONES = {Role.ADMIN: "warn", Role.MANAGER: "now", Role.AGENT: "off"}


class TenantForm(AnyForm):
    """A tenant, with a language and a time zone that exist."""

    locale = language_choice()

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise ValidationError(_("There is no such time zone."))
        return name


class TenantAdmin(StaffAdmin):
    """Registered in the journal's room, which adds suspending: that ends in the journal, and this room is below it."""

    form = TenantForm
    fields = ("name", "slug", "type", "plan", "locale", "time_zone", "retention_days", "state", "created_at")
    list_display = ("name", "state", "plan_badge", "type_badge", "slug", "created_at")
    list_filter = ("is_active", "type", "plan")
    search_fields = ("name", "slug")
    search_ids = ("id",)
    readonly_fields = ("state", "created_at")

    def get_readonly_fields(self, request: Any, obj: Tenant | None = None) -> list[str]:
        # The slug is the tenant's address; the plan has a history, which its own page on the platform writes.
        return [*self.readonly_fields, *(("slug", "plan") if obj else ())]

    def has_delete_permission(self, request: Any, obj: Tenant | None = None) -> bool:
        return False  # everything of the tenant would go with it

    @admin.display(description=gettext_lazy("type"), ordering="type")
    def type_badge(self, tenant: Tenant) -> SafeString:
        return badge("off", tenant.get_type_display())

    @admin.display(description=gettext_lazy("plan"), ordering="plan")
    def plan_badge(self, tenant: Tenant) -> SafeString:
        return badge(PLAN_TONES.get(PlanName(tenant.plan), "off"), tenant.get_plan_display())

    @admin.display(description=gettext_lazy("status"), ordering="is_active")
    def state(self, tenant: Tenant) -> SafeString:
        return badge("ok", _("Active")) if tenant.is_active else badge("warn", _("Suspended"))


class TenantOwnedForm(AnyForm):
    """Checks a row against all its constraints; the tenant and the relations are not in the form, but count."""

    def _get_validation_exclusions(self) -> set[str]:
        hidden: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own hook, not in the stubs
        return hidden - {field.name for field in self._meta.model._meta.fields if isinstance(field, ForeignKey)}


class TenantOwnedAdmin(StaffAdmin):
    """Rows of tenants. Staff may correct what stands in them; making and deleting them is the tenant's own."""

    form = TenantOwnedForm
    search_ids = ("id",)
    relations: ClassVar[Sequence[str]] = ()

    def get_fields(self, request: Any, obj: Any = None) -> list[Any]:
        shown = ["tenant", *self.relations]
        return [*shown, *(name for name in super().get_fields(request, obj) if name not in shown)]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return ["tenant", *self.relations, *self.readonly_fields]

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class WatchedAdmin(ReadOnlyAdmin, TenantOwnedAdmin):
    """Rows of tenants that staff only look at."""


class MembershipForm(TenantOwnedForm):
    """`tenant` cannot be edited in the model, so a new membership asks for it under another name."""

    organisation = forms.ModelChoiceField(label=gettext_lazy("tenant"), queryset=Tenant.objects.none())

    class Meta:
        model = Membership
        fields = ("user", "role")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.tenant_id is not None:
            del self.fields["organisation"]
            return
        choice: Any = self.fields["organisation"]
        choice.queryset = Tenant.objects.order_by("name")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if tenant := self.cleaned_data.get("organisation"):
            self.instance.tenant = tenant
        return cleaned


@admin.register(Membership)
class MembershipAdmin(TenantOwnedAdmin):
    """Who has which role where. Staff make the first administrator of a tenant here."""

    form = MembershipForm
    list_display = ("user", "tenant", "role_badge", "created_at")
    list_filter = ("role", "tenant")
    list_select_related = ("user", "tenant")
    search_fields = ("user__email", "user__full_name", "tenant__slug", "tenant__name")
    autocomplete_fields = ("user",)
    ordering = ("-id",)
    permission_fields = frozenset({"role"})
    fact_names: ClassVar[dict[str, str]] = {"created": "member.role_changed", "updated": "member.role_changed"}

    def get_fields(self, request: Any, obj: Membership | None = None) -> list[Any]:
        return ["tenant", "user", "role", "created_at"] if obj else ["organisation", "user", "role"]

    def get_readonly_fields(self, request: Any, obj: Membership | None = None) -> list[str]:
        return ["tenant", "user", "created_at"] if obj else []

    def has_add_permission(self, request: Any) -> bool:
        return StaffAdmin.has_add_permission(self, request)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return StaffAdmin.has_delete_permission(self, request, obj)

    @admin.display(description=gettext_lazy("role"), ordering="role")
    def role_badge(self, membership: Membership) -> SafeString:
        return badge(ROLE_TONES.get(Role(membership.role), "off"), membership.get_role_display())
