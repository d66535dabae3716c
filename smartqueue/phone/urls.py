"""Where gateways and providers call, and where somebody without a phone can try."""

from django.urls import path

from smartqueue.phone.hooks import Hook
from smartqueue.phone.simulator import Say, Simulator

urlpatterns = [
    path("hooks/<slug:provider>/<slug:hook_key>/", Hook.as_view(), name="hook"),
    path("phone/<slug:slug>/", Simulator.as_view(), name="phone-simulator"),
    path("phone/<slug:slug>/say/", Say.as_view(), name="phone-say"),
]
