"""Addresses every audience shares: signing in and out, language, a tenant's colour and logo, the gallery."""

from django.urls import path

from smartqueue.web.shared import brand, devices, signin, statics, styleguide
from smartqueue.web.shared.language import choose_language

urlpatterns = [
    path("favicon.ico", statics.favicon),
    path("sign-in/", signin.SignIn.as_view(), name="sign-in"),
    path("sign-out/", signin.sign_out, name="sign-out"),
    path("devices/pairing/", devices.PairingView.as_view(), name="device-pairing"),
    path("devices/heartbeat/", devices.HeartbeatView.as_view(), name="device-heartbeat"),
    path("language/", choose_language, name="language"),
    path("styleguide/", styleguide.gallery, name="styleguide"),
    path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
    path("<slug:slug>/brand.css", brand.stylesheet, name="brand-css"),
    path("<slug:slug>/logo", brand.logo, name="logo"),
]
