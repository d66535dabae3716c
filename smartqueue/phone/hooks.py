"""`/hooks/{provider}/{hook_key}/`: where gateways and providers call. The key in the address is a secret."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.sending import transport_of
from smartqueue.notifications.actions.statuses import apply_reading
from smartqueue.notifications.models import Integration
from smartqueue.notifications.queries.hooks import integration_of_hook, tenant_of_hook
from smartqueue.notifications.states import CHANNEL_OF, MessageChannel
from smartqueue.notifications.transports.base import Call, Forged, TransportFault
from smartqueue.phone import gateways
from smartqueue.phone.chats import take_in
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

LONGEST_BODY = 64 * 1024
LONGEST_KEY = 32
CHATTY = (MessageChannel.SMS, MessageChannel.WHATSAPP)


@method_decorator(csrf_exempt, name="dispatch")
class Hook(View):
    """One transaction for a request: what it says and all that follows from it stand together, so a request that
    failed can be sent again, and one that is sent again does nothing."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, provider: str, hook_key: str) -> HttpResponse:
        return self.take(request, provider, hook_key)

    def post(self, request: HttpRequest, provider: str, hook_key: str) -> HttpResponse:
        return self.take(request, provider, hook_key)

    def take(self, request: HttpRequest, provider: str, hook_key: str) -> HttpResponse:
        if _length(request) > LONGEST_BODY:
            return HttpResponse(status=413)
        body = request.body  # before a form is read from it: signatures are over bytes
        tenant_id = tenant_of_hook(hook_key) if len(hook_key) <= LONGEST_KEY else None
        if tenant_id is None:
            raise Http404
        with in_tenant(tenant_id):
            row = integration_of_hook(provider=provider, key=hook_key)
            if row is None:
                raise Http404
            try:
                return self.answered(row, body, now())
            except Forged:
                logger.warning("a request for %s of tenant %s is not from there", row.provider, row.tenant_id)
                raise PermissionDenied from None
            except TransportFault:  # its secret cannot be read: nothing proves who calls, and it may call again
                logger.error("the secret of %s of tenant %s cannot be read", row.provider, row.tenant_id)
                return HttpResponse(status=503)

    def answered(self, row: Integration, body: bytes, at: datetime) -> HttpResponse:
        """
        Raises:
            Forged: nothing is kept.
        """
        if row.provider in gateways.GATEWAYS:
            return self.hopped(row, at)
        reading = transport_of(row).read(self.call(body))
        new = apply_reading(integration=row, reading=reading, at=at)
        if row.is_active and CHANNEL_OF[row.provider] in CHATTY:
            for message in new:
                take_in(row, message, self.actor, at)
        return HttpResponse(reading.answer, content_type=reading.answer_type)

    def hopped(self, row: Integration, at: datetime) -> HttpResponse:
        """A hop of a USSD gateway, by form or in the address."""
        if not gateways.comes_from_gateway(row.settings, self.request.META.get("REMOTE_ADDR", "")):
            raise Forged
        if not row.is_active:
            raise Http404
        form = {**self.request.GET.dict(), **self.request.POST.dict()}
        try:
            said = gateways.answer(row, {name: str(value) for name, value in form.items()}, self.actor, at)
        except gateways.NotUnderstood:
            return HttpResponse(status=400)
        return HttpResponse(said, content_type="text/plain; charset=utf-8")

    def call(self, body: bytes) -> Call:
        """The request as its sender made it: the address is the one that we gave away."""
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        url = f"{settings.PUBLIC_URL}{self.request.get_full_path()}"
        return Call(self.request.method or "", url, headers, self.request.GET.dict(), body)

    @property
    def actor(self) -> Actor:
        """For the journal, without the key that is in the address."""
        line = f"{self.request.method} /hooks/{self.kwargs['provider']}/…/"
        return Actor.at_the_door(self.request.META, line, kind=ActorKind.CUSTOMER)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return LONGEST_BODY + 1
