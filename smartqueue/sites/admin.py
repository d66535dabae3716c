"""Places, counters, services and the calendar, for platform staff."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartqueue.accounts.admin import ReadOnlyAdmin, StaffAdmin, active_badge, badge
from smartqueue.sites.models import (
    Counter,
    Division,
    HolidayOverride,
    PublicHoliday,
    Service,
    ServiceCategory,
    Site,
)
from smartqueue.tenants.admin import TenantOwnedAdmin


class OpenableAdmin(TenantOwnedAdmin):
    """Rows with an `is_active`."""

    @admin.display(description=gettext_lazy("status"), ordering="is_active")
    def state(self, row: Site | Counter | Service) -> SafeString:
        return active_badge(row.is_active)


@admin.register(Site)
class SiteAdmin(OpenableAdmin):
    list_display = ("name", "code", "tenant", "commune", "time_zone", "state")
    list_filter = ("is_active", "observes_holidays", "country", "tenant")
    list_select_related = ("tenant", "commune")
    search_fields = ("name", "code", "address")
    autocomplete_fields = ("commune",)
    readonly_fields = ("created_at",)


@admin.register(Counter)
class CounterAdmin(OpenableAdmin):
    list_display = ("name", "site", "tenant", "state")
    list_filter = ("is_active", "tenant")
    list_select_related = ("tenant", "site")
    search_fields = ("name", "site__name", "site__code")
    relations = ("site",)


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(TenantOwnedAdmin):
    list_display = ("name", "tenant", "position")
    list_filter = ("tenant",)
    list_select_related = ("tenant",)
    search_fields = ("name",)


@admin.register(Service)
class ServiceAdmin(OpenableAdmin):
    list_display = ("name", "code", "tenant", "category", "minutes", "price_xof", "state")
    list_filter = ("is_active", "tenant")
    list_select_related = ("tenant", "category")
    search_fields = ("name", "code")
    relations = ("category",)
    readonly_fields = ("created_at",)

    @admin.display(description=gettext_lazy("usual duration"), ordering="duration_s")
    def minutes(self, service: Service) -> str:
        return _("{minutes} min").format(minutes=round(service.duration_s / 60, 1))


@admin.register(HolidayOverride)
class HolidayOverrideAdmin(TenantOwnedAdmin):
    list_display = ("date", "name", "tenant", "state")
    list_filter = ("is_holiday", "date", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("name",)
    ordering = ("-date", "-id")

    @admin.display(description=gettext_lazy("status"), ordering="is_holiday")
    def state(self, override: HolidayOverride) -> SafeString:
        return badge("wait", _("Day off")) if override.is_holiday else badge("ok", _("Working day"))


@admin.register(PublicHoliday)
class PublicHolidayAdmin(StaffAdmin):
    """The one calendar of everybody: staff confirm the dates that wait for the moon."""

    list_display = ("date", "name_fr", "name_en", "country", "certainty")
    list_filter = ("provisional", "date", "country")
    search_fields = ("name_fr", "name_en")
    ordering = ("date",)
    date_hierarchy = "date"

    @admin.display(description=gettext_lazy("status"), ordering="provisional")
    def certainty(self, holiday: PublicHoliday) -> SafeString:
        return badge("wait", _("Provisional")) if holiday.provisional else badge("ok", _("Announced"))


@admin.register(Division)
class DivisionAdmin(ReadOnlyAdmin):
    """Public knowledge that comes with the migrations."""

    list_display = ("name", "level_badge", "parent", "code")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("name", "code")

    @admin.display(description=gettext_lazy("level"), ordering="level")
    def level_badge(self, division: Division) -> SafeString:
        return badge("off", division.get_level_display())
