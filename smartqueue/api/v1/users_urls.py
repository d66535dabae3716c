"""Addresses below `/api/v1/users/`."""

from django.urls import path

from smartqueue.api.v1 import users

urlpatterns = [
    path("register/", users.Register.as_view()),
    path("verify-email/", users.VerifyEmail.as_view()),
    path("resend-code/", users.ResendCode.as_view()),
    path("password-reset/", users.PasswordReset.as_view()),
    path("password-reset/confirm/", users.PasswordResetConfirm.as_view()),
    path("jwt/token/", users.SignIn.as_view()),
    path("jwt/refresh/", users.Refresh.as_view()),
    path("jwt/blacklist/", users.SignOut.as_view()),
    path("me/", users.Me.as_view()),
    path("me/password/", users.MyPassword.as_view()),
]
