"""Addresses of the audience `manage`."""

from django.urls import URLPattern, path

from smartqueue.web.manage import devices, voice

DEVICES = "<slug:slug>/manage/devices/"

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/manage/", devices.Home.as_view(), name="manage"),
    path(DEVICES, devices.Devices.as_view(), name="manage-devices"),
    path(DEVICES + "<uuid:id>/", devices.OneDevice.as_view(), name="manage-device"),
    path(DEVICES + "<uuid:id>/pair/", devices.PairAgain.as_view(), name="manage-device-pair"),
    path(DEVICES + "<uuid:id>/refresh/", devices.Refresh.as_view(), name="manage-device-refresh"),
    path(DEVICES + "<uuid:id>/revoke/", devices.Revoke.as_view(), name="manage-device-revoke"),
    path(DEVICES + "<uuid:id>/delete/", devices.Delete.as_view(), name="manage-device-delete"),
    path("<slug:slug>/manage/voice/", voice.VoicePage.as_view(), name="manage-voice"),
]
