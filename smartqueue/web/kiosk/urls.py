"""Addresses of the audience `kiosk`."""

from django.urls import URLPattern, path

from smartqueue.web.kiosk import answers, page

urlpatterns: list[URLPattern] = [
    path("kiosk/", page.Kiosk.as_view(), name="kiosk"),
    path("kiosk/sw.js", page.worker, name="kiosk-worker"),
    path("kiosk/state/", answers.State.as_view(), name="kiosk-state"),
    path("kiosk/blocks/", answers.Blocks.as_view(), name="kiosk-blocks"),
    path("kiosk/tickets/", answers.Tickets.as_view(), name="kiosk-tickets"),
    path("kiosk/sync/", answers.Sync.as_view(), name="kiosk-sync"),
    path("kiosk/prints/<uuid:print_id>/", answers.Prints.as_view(), name="kiosk-prints"),
]
