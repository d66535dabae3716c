"""The shape of every page: find the tenant, ask who may, act, answer."""

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views import View

from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden, NotFound, RuleBroken
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.queries import active_tenant, enter
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Role, Scope, scopes_of
from smartqueue.web.shared.errors import EXPLAINED, Explained, error_page, toast
from smartqueue.web.shared.support import SUPPORT, supports


class SignInFirst(Exception):
    """The page needs a person."""


class TenantPage(View):
    """A page below `/{slug}/`, open to anyone.

    Handlers read and act inside `with self.scope():`, one transaction, and render eagerly inside it. The hot actions
    (issue, call next, close) are called outside: they enter the scope themselves and hold no lock while Python works.

    Attributes:
        tenant: found by the address; a tenant that is not active is a 404.
        actor: for the journal.
    """

    tenant: Tenant
    actor: Actor
    kind: str = ActorKind.CUSTOMER

    def enter(self, request: HttpRequest) -> None:
        """Set `tenant` and `actor`.

        Raises:
            NotFound: there is no such tenant.
        """
        tenant = active_tenant(self.kwargs["slug"])
        if tenant is None:
            raise NotFound
        self.tenant = tenant
        self.actor = self.actor_of(request)

    def actor_of(self, request: HttpRequest, **who: Any) -> Actor:
        return Actor.at_the_door(request.META, f"{request.method} {request.path}", kind=self.kind, **who)

    def scope(self) -> AbstractContextManager[None]:
        """One transaction in which the tenant's rows are open; an exception rolls it back."""
        return in_tenant(self.tenant.id)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.enter(request)
            return super().dispatch(request, *args, **kwargs)
        except RuleBroken as refusal:
            return self.refused(request, refusal)
        except SignInFirst:
            return _to_sign_in(request)

    def show(self, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        """Render a template of this tenant's, now."""
        return render(self.request, template, {"tenant": self.tenant, "page": self} | (context or {}), status=status)

    def refused(self, request: HttpRequest, refusal: RuleBroken) -> HttpResponse:
        """A rule said no: a toast for htmx, a page otherwise. A page with a form overrides this and keeps what was
        typed."""
        if request.headers.get("HX-Request"):
            return toast(request, refusal, status=refusal.status)
        known = EXPLAINED.get(refusal.status)
        told = known if known and type(refusal) in (NotFound, Forbidden) else Explained(str(refusal), "")
        return error_page(request, refusal.status, told)


class MemberPage(TenantPage):
    """A page for members of the tenant. A stranger sees a 404, a member without `needs` a 403, nobody the sign-in.

    Attributes:
        needs: the scope without which nothing here opens; None for every member.
        is_support: a super-admin who has entered this tenant as support, and has the administrator's scopes.
    """

    needs: Scope | None = None
    kind = ActorKind.USER
    user_id: UUID
    scopes: frozenset[Scope]
    role: str
    is_support: bool

    def enter(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            raise SignInFirst
        super().enter(request)
        self.user_id = UUID(str(request.user.pk))
        entrance = enter(slug=self.tenant.slug, user_id=self.user_id)
        if entrance is None:
            raise NotFound
        self.is_support = entrance.role is None and supports(request, self.tenant.id, at=now())
        self.role = Role.ADMIN if self.is_support else entrance.role or ""
        self.scopes = scopes_of(self.role)
        if not self.role:
            raise NotFound
        if self.needs and self.needs not in self.scopes:
            raise Forbidden
        self.actor = self.actor_of(request, user_id=self.user_id, label=SUPPORT if self.is_support else "")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(redirect_to_login(request.get_full_path()).url)
    answer = HttpResponse(status=401)
    answer["HX-Redirect"] = redirect_to_login(request.headers.get("HX-Current-URL", "/")).url
    return answer
