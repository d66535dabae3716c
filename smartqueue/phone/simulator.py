"""`/phone/{slug}/`: a phone on the page, for members who try what people without a smartphone see.

It speaks to the same conversation as gateways and providers do. Tickets that it takes are real ones.
"""

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views import View

from smartqueue.journal.states import Actor
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.actions.conversations import conversation_of
from smartqueue.phone.limits import may_speak
from smartqueue.phone.sessions import Caller, hear
from smartqueue.queueing.states import Channel
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.queries import active_tenant, enter
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Scope

WAYS = (Channel.USSD, Channel.SMS, Channel.WHATSAPP)
FIRST_NUMBER = "77 000 00 01"
DIALLED = "*384#"
KEYS = "123456789*0#"
LONGEST_TYPED = 200
LONGEST_NUMBER = 30


class Simulator(View):
    """A member with `write:ticket`; a stranger finds nothing, nobody is sent to the sign-in.

    The pages' own base class belongs to the other surfaces, which this one does not know.
    """

    http_method_names = ["get", "post"]
    tenant: Tenant
    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        self.enter(request, UUID(str(request.user.pk)))
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def enter(self, request: HttpRequest, user_id: UUID) -> None:
        tenant = active_tenant(self.kwargs["slug"])
        entrance = tenant and enter(slug=tenant.slug, user_id=user_id)
        if tenant is None or not entrance or not entrance.role:
            raise Http404
        if Scope.WRITE_TICKET not in entrance.scopes:
            raise PermissionDenied
        self.tenant = tenant
        self.actor = Actor.at_the_door(request.META, f"{request.method} {request.path}", user_id=user_id)

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        wanted = request.GET.get("way", "")
        way = Channel(wanted) if wanted in WAYS else Channel.USSD
        return self.show({"way": way, "number": FIRST_NUMBER, "session": ""})

    def show(self, shown: dict[str, Any], status: int = 200) -> HttpResponse:
        try:
            outbox = reverse("manage-outbox", args=(self.tenant.slug,))
        except NoReverseMatch:
            outbox = ""
        context = {"tenant": self.tenant, "ways": WAYS, "keys": KEYS, "outbox": outbox, "dialled": DIALLED}
        return render(self.request, "phone/simulator.html", context | shown, status=status)


class Say(Simulator):
    """`/phone/{slug}/say/`: something is dialled or typed."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        return redirect("phone-simulator", slug=slug)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        posted = request.POST
        way = Channel(posted["way"]) if posted.get("way") in WAYS else Channel.USSD
        written = posted.get("number", "")[:LONGEST_NUMBER]
        shown: dict[str, Any] = {"way": way, "number": written, "session": ""}
        try:
            phone = normalise(written)
        except Invalid as refusal:
            wrong = refusal.facts["errors"]["phone"][0]["message"]
            return self.show(shown | {"number_error": wrong}, status=400)
        if not may_speak(tenant_id=self.tenant.id, channel=way, phone=phone):
            return self.show(shown | {"number_error": _("Too many messages from this number. Wait a minute.")}, 429)
        # Dialling begins a session; a chat goes on where it was.
        session = posted.get("session", "")[:40] if posted.get("act") != "dial" else ""
        return self.show(shown | self.said(way, phone, session or uuid4().hex, self.typed()))

    def typed(self) -> str:
        posted = self.request.POST
        return "" if posted.get("act") == "dial" else (posted.get("key") or posted.get("text", ""))[:LONGEST_TYPED]

    def said(self, way: Channel, phone: str, session: str, text: str) -> dict[str, Any]:
        """The screen, or the whole chat, after one more message."""
        name = f"{self.actor.user_id}:{way}:{phone}:{session if way == Channel.USSD else ''}"
        caller = Caller(self.tenant.id, self.tenant.name, way, phone, name, self.actor, DIALLED, is_trial=True)
        with in_tenant(self.tenant.id):
            hop = self.request.POST.get("hop", "")[:10] if way == Channel.USSD and text else ""
            if way == Channel.USSD or text:
                hear(caller, text, now(), hop=hop)
            talk = conversation_of(channel=caller.kept_as, session=caller.session)
        hops = talk.hops if talk else []
        last = hops[-1] if hops else None
        return {"session": session, "hops": hops, "last": last, "signs": len(last["text"]) if last else 0}
