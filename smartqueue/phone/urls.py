"""Where gateways and providers call, and where somebody without a phone can try."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
