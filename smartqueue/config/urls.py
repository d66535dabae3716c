"""Every address of the house."""

from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from smartqueue.api.v1 import ground_urls, problems, queueing_urls
from smartqueue.tenants.queries import database_answers


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve: its database answers."""
    ready = database_answers()
    return JsonResponse({"status": "ok" if ready else "unavailable"}, status=200 if ready else 503)


v1: list[URLPattern | URLResolver] = [
    path("tenants/<slug:slug>/", include("smartqueue.api.v1.queueing_urls")),  # the busiest first
    path("tenants/<slug:slug>/", include("smartqueue.api.v1.ground_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("users/", include("smartqueue.api.v1.users_urls")),
    path("public/", include(queueing_urls.public_urlpatterns)),
    path("", include(ground_urls.public_urlpatterns)),
]

urlpatterns = [
    path("api/v1/", include(v1)),
    path("", RedirectView.as_view(pattern_name="docs")),
    path("healthz", healthz),
    path("platform/admin/", admin.site.urls),
]

handler404 = problems.unknown_address
handler500 = problems.server_error
