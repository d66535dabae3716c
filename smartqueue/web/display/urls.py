"""Addresses of the audience `display`."""

from django.urls import URLPattern, path

from smartqueue.web.display import views

urlpatterns: list[URLPattern] = [
    path("display/", views.Display.as_view(), name="display"),
    path("display/now/", views.Now.as_view(), name="display-now"),
    path("display/words/", views.Words.as_view(), name="display-words"),
    path("display/worker.js", views.service_worker, name="display-worker"),
    path("<slug:slug>/voice/<slug:language>/<slug:key>", views.ClipSound.as_view(), name="clip"),
]
