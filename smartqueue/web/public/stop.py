"""`/t/stop/{key}`: where the link of a mail's List-Unsubscribe leads. One press, and it can be taken back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.consent import start, stop
from smartqueue.notifications.queries.optout import OptOut, optout_of
from smartqueue.notifications.queries.told import Address, are_stopped, masked_address
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.shared.errors import Explained, error_page

NO_SUCH_LINK = Explained(
    _("This link stops nothing"),
    _("It may be cut off. Open it again from the message, or answer the message."),
    icon="alert",
)


@method_decorator(csrf_exempt, name="dispatch")
class StopPage(View):
    """The key in the address is all that is needed: a mail program presses without a browser (RFC 8058).

    Attributes:
        whom: whose messages end, where.
    """

    http_method_names = ["get", "head", "post"]
    whom: OptOut

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        whom = optout_of(self.kwargs["key"])
        if whom is None:
            return error_page(request, 404, NO_SUCH_LINK)
        self.whom = whom
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        with in_tenant(self.whom.tenant.id):
            is_stopped = are_stopped([Address(self.whom.channel, self.whom.address)])
        return self.show(is_stopped)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Stop, or start again when that button was pressed."""
        is_stopped = request.POST.get("messages") != "on"
        actor = Actor.at_the_door(request.META, "POST /t/stop/…", kind=ActorKind.CUSTOMER)
        with in_tenant(self.whom.tenant.id):
            (stop if is_stopped else start)(
                tenant_id=self.whom.tenant.id,
                channel=self.whom.channel,
                address=self.whom.address,
                actor=actor,
                at=now(),
            )
        return self.show(is_stopped)

    def show(self, is_stopped: bool) -> HttpResponse:
        to = masked_address(Address(self.whom.channel, self.whom.address))
        response = render(
            self.request, "public/stop.html", {"tenant": self.whom.tenant, "to": to, "is_stopped": is_stopped}
        )
        response["Referrer-Policy"] = "no-referrer"
        patch_cache_control(response, private=True, no_store=True)
        return response
