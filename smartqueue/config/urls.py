"""Every address of the house."""

from csp.decorators import csp_update
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from smartqueue.api.v1 import ground_urls, problems, queueing_urls
from smartqueue.kernel.errors import Forbidden, Invalid
from smartqueue.tenants.queries import database_answers
from smartqueue.web.shared.errors import error_page, for_programs


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve: its database answers."""
    ready = database_answers()
    return JsonResponse({"status": "ok" if ready else "unavailable"}, status=200 if ready else 503)


# Swagger UI writes its own style elements and draws its logo from a data address.
docs = csp_update({"style-src": ["'unsafe-inline'"]})(SpectacularSwaggerSplitView.as_view(url_name="schema"))

v1: list[URLPattern | URLResolver] = [
    path("tenants/<slug:slug>/", include("smartqueue.api.v1.queueing_urls")),  # the busiest first
    path("tenants/<slug:slug>/", include("smartqueue.api.v1.ground_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("users/", include("smartqueue.api.v1.users_urls")),
    path("public/", include(queueing_urls.public_urlpatterns)),
    path("", include(ground_urls.public_urlpatterns)),
]

urlpatterns = [
    path("api/v1/", include(v1)),
    path("healthz", healthz),
    path("", include("smartqueue.phone.urls")),
    path("platform/admin/", admin.site.urls),
    path("", include("smartqueue.web.shared.urls")),
    path("", include("smartqueue.web.platform.urls")),
    path("", include("smartqueue.web.display.urls")),
    path("", include("smartqueue.web.kiosk.urls")),
    path("", include("smartqueue.web.manage.urls")),
    path("", include("smartqueue.web.agent.urls")),
    path("", include("smartqueue.web.public.urls")),  # last: an organisation's own name is an address
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.problem_response(Invalid()) if for_programs(request) else error_page(request, 400)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.problem_response(Forbidden()) if for_programs(request) else error_page(request, 403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.unknown_address(request) if for_programs(request) else error_page(request, 404)


def handler500(request: HttpRequest) -> HttpResponse:
    return problems.server_error(request) if for_programs(request) else error_page(request, 500)
