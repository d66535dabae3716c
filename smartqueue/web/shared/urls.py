"""Addresses every audience shares: signing in and out, language, a tenant's colour and logo, the gallery."""

from django.urls import path

from smartqueue.web.shared import brand, devices, passkeys, security, signin, statics, styleguide, ways
from smartqueue.web.shared.language import choose_language

urlpatterns = [
    path("favicon.ico", statics.favicon),
    path("sign-in/", signin.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/send/", ways.SendCode.as_view(), name="sign-in-send-code"),
    path("sign-in/code/", ways.EnterCode.as_view(), name="sign-in-code"),
    path("sign-in/second-factor/", ways.SecondFactor.as_view(), name="sign-in-second-factor"),
    path("sign-in/forgotten/", ways.Forgotten.as_view(), name="forgotten"),
    path("sign-in/new-password/", ways.NewPassword.as_view(), name="new-password"),
    path("sign-in/passkey/begin/", passkeys.BeginSignIn.as_view(), name="sign-in-passkey-begin"),
    path("sign-in/passkey/", passkeys.SignIn.as_view(), name="sign-in-passkey"),
    path("me/security/", security.Security.as_view(http_method_names=["get", "head"]), name="security"),
    path("me/security/password/", security.Password.as_view(), name="security-password"),
    path("me/security/second-factor/", security.TurnOn.as_view(), name="second-factor"),
    path("me/security/second-factor/off/", security.TurnOff.as_view(), name="second-factor-off"),
    path("me/security/recovery-codes/", security.Renew.as_view(), name="recovery-codes"),
    path("me/security/passkeys/begin/", passkeys.BeginAdding.as_view(), name="passkey-begin"),
    path("me/security/passkeys/", passkeys.Add.as_view(), name="passkey-add"),
    path("me/security/passkeys/<uuid:passkey_id>/remove/", passkeys.Remove.as_view(), name="passkey-remove"),
    path("me/security/sign-out-everywhere/", security.SignOutEverywhere.as_view(), name="sign-out-everywhere"),
    path("organisations/", signin.organisations, name="organisations"),
    path("sign-out/", signin.sign_out, name="sign-out"),
    path("devices/pairing/", devices.PairingView.as_view(), name="device-pairing"),
    path("devices/heartbeat/", devices.HeartbeatView.as_view(), name="device-heartbeat"),
    path("language/", choose_language, name="language"),
    path("styleguide/", styleguide.gallery, name="styleguide"),
    path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
    path("<slug:slug>/brand.css", brand.stylesheet, name="brand-css"),
    path("<slug:slug>/logo", brand.logo, name="logo"),
]
