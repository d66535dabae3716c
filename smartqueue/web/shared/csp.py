"""The content policy of our pages: nothing inline, nothing from elsewhere (settings.CONTENT_SECURITY_POLICY)."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PagePolicy(CSPMiddleware):
    """The policy on everything a browser shows as a document; JSON goes without it.

    Older Safari does not take `'self'` for a socket, so the own host is named; any `ws:` would be any host.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(("application/json", "application/problem+json")):
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.replace is None:
            try:
                host = request.get_host()
            except DisallowedHost:  # already refused with 400
                return parts
            parts.update = {**(parts.update or {}), "connect-src": [f"ws://{host}", f"wss://{host}"]}
        return parts
