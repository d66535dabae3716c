"""Who may: membership first (a stranger sees 404), then scopes (403)."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from smartqueue.kernel.errors import NotFound
from smartqueue.tenants.states import Role, Scope


class IsTenantMember(BasePermission):
    """The caller belongs to the tenant in the address; for anyone else that tenant does not exist."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.caller.role is None:
            raise NotFound
        return True


class HasScope(IsTenantMember):
    """The caller's role has the scope that the view names for this method in `scopes`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        needed: Scope | None = view.scopes.get("GET" if request.method == "HEAD" else request.method)
        if needed is None:
            raise MethodNotAllowed(str(request.method))
        return needed in view.caller.scopes


class HasAnyScope(IsTenantMember):
    """The caller's role has at least one of the view's `any_of_scopes`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        return not view.caller.scopes.isdisjoint(view.any_of_scopes)


class HasRole(IsTenantMember):
    role: Role

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        return bool(view.caller.role == self.role)


class IsAgent(HasRole):
    role = Role.AGENT


class IsManager(HasRole):
    role = Role.MANAGER


class IsAdmin(HasRole):
    role = Role.ADMIN
