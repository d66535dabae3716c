"""Customers, for platform staff who help a tenant to find one. The list shows no whole number."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from smartqueue.customers.models import Customer
from smartqueue.customers.states import masked_phone
from smartqueue.tenants.admin import WatchedAdmin


@admin.register(Customer)
class CustomerAdmin(WatchedAdmin):
    list_display = ("name", "phone_masked", "tenant", "language", "created_at")
    list_filter = ("language", "created_at", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("full_name", "phone", "email")
    readonly_fields = ("created_at",)

    @admin.display(description=gettext_lazy("name"), ordering="full_name")
    def name(self, customer: Customer) -> str:
        return customer.full_name or f"…{str(customer.id)[-8:]}"

    @admin.display(description=gettext_lazy("phone"))
    def phone_masked(self, customer: Customer) -> str:
        return masked_phone(customer.phone)
