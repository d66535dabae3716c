"""Message templates, for platform staff."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from smartqueue.accounts.admin import badge
from smartqueue.notifications.models import MessageTemplate
from smartqueue.tenants.admin import TenantOwnedAdmin


@admin.register(MessageTemplate)
class MessageTemplateAdmin(TenantOwnedAdmin):
    list_display = ("kind", "channel_badge", "language", "subject", "tenant")
    list_filter = ("channel", "language", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("kind", "subject", "body")

    @admin.display(description=gettext_lazy("channel"), ordering="channel")
    def channel_badge(self, template: MessageTemplate) -> SafeString:
        return badge("now", template.get_channel_display())
