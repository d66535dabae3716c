"""The admin pages of platform staff, below /platform/admin/: every query of theirs runs as `sq_platform`."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext, gettext_lazy

from smartqueue.accounts.actions import tallies
from smartqueue.accounts.actions.sessions import end_sessions_of
from smartqueue.accounts.errors import TooManyTries
from smartqueue.accounts.queries import has_second_factor
from smartqueue.accounts.states import TallyKind
from smartqueue.journal.actions.platform import PLATFORM, record_by_staff
from smartqueue.journal.states import Actor, ActorKind, AuditKind
from smartqueue.kernel.clock import now
from smartqueue.tenants.routers import as_platform

if TYPE_CHECKING:
    from smartqueue.accounts.models import User

    AnyAdmin = admin.ModelAdmin[Any]
else:  # takes no parameter when it runs
    AnyAdmin = admin.ModelAdmin

View = Callable[..., HttpResponseBase]


def on_platform(view: View) -> View:
    """The view, its template and its session, all on the platform connection."""

    @wraps(view)
    def inner(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with as_platform():
            request.session.save = as_platform()(request.session.save)  # the middleware saves when the view is over
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()
            return response

    return inner


def staff_actor(request: Any) -> Actor:
    """The signed-in member of staff, for the journal."""
    known = request.user.is_authenticated
    return Actor(
        kind=ActorKind.USER,
        user_id=request.user.pk if known else None,
        label=request.user.full_name if known else "",
        ip=request.META.get("REMOTE_ADDR") or None,
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        endpoint=f"{request.method} {request.path}",
    )


class SignIn(AdminAuthenticationForm):
    """Refuses an address that has used up its tries, before its password is looked at, and then whoever has a second
    factor, which this page does not ask for."""

    def clean(self) -> dict[str, Any]:
        refusal: TooManyTries | None = getattr(self.request, "too_many_tries", None)
        if refusal:
            raise ValidationError(str(refusal), code=refusal.code)
        return super().clean()

    def confirm_login_allowed(self, user: "User") -> None:
        super().confirm_login_allowed(user)
        if has_second_factor(user.id):
            told = gettext("Sign in at /sign-in/: your account has a second factor.")
            raise ValidationError(told, code="second_factor_required")


class PlatformAdminSite(admin.AdminSite):
    site_header = "SmartQueue"
    site_title = "SmartQueue"
    index_title = gettext_lazy("Platform")
    site_url = None
    enable_nav_sidebar = False  # beside it and the filters, a list had half of the screen
    login_form = SignIn

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every page of every room records what staff change, those of the rooms below the journal too."""
        base = admin_class or admin.ModelAdmin
        recorded = type(base.__name__, (Recorded, base), {"__module__": base.__module__})
        super().register(model_or_iterable, recorded, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def known(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.actor = staff_actor(request)
            return view(request, *args, **kwargs)  # type: ignore[no-any-return]

        return on_platform(super().admin_view(known, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign in with the same limit of tries as everywhere; each sign-in and each failure is a fact."""
        show = on_platform(super().login)
        if request.method != "POST":
            return show(request, extra_context)
        email = request.POST.get("username", "")
        try:
            tallies.refuse_if_full(kind=TallyKind.SIGN_IN_FAILED, email=email, at=now())
        except TooManyTries as refusal:
            request.too_many_tries = refusal  # type: ignore[attr-defined]
            return show(request, extra_context)
        response = show(request, extra_context)
        signed_in = response.status_code == 302
        if not signed_in:
            tallies.count_failure(kind=TallyKind.SIGN_IN_FAILED, email=email, at=now())
        record_person(
            request,
            "user.signed_in" if signed_in else "user.sign_in_failed",
            AuditKind.LOGIN if signed_in else AuditKind.LOGIN_FAILED,
        )
        return response

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST":
            record_person(request, "user.signed_out", AuditKind.LOGOUT)
        return super().logout(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One's own password; every other sign-in of that person ends."""
        with transaction.atomic(using=PLATFORM):
            response = super().password_change(request, extra_context)
            if response.status_code == 302:
                end_sessions_of(request.user, at=now())  # type: ignore[arg-type]  # staff, or the page had not opened
                record_person(request, "user.password_changed", AuditKind.UPDATE)
        return response


def record_person(request: HttpRequest, fact: str, kind: AuditKind) -> None:
    """A fact about whoever signs in or out, outside every tenant."""
    failed = kind == AuditKind.LOGIN_FAILED
    with as_platform():
        actor = Actor(kind=ActorKind.USER, ip=request.META.get("REMOTE_ADDR")) if failed else staff_actor(request)
        record_by_staff(
            fact,
            kind=kind,
            tenant_id=None,
            object_type="user",
            object_id=actor.user_id,
            actor=actor,
            at=now(),
            data={"where": "platform"},
        )


class Recorded(AnyAdmin):
    """Writes the fact beside the change, in the same transaction, wherever Django writes its own log."""

    def save_model(self, request: Any, obj: Model, form: Any, change: bool) -> None:
        if change:
            stored = type(obj)._base_manager.select_for_update(no_key=True).get(pk=obj.pk)
            request.values_before = values_of(stored)
        super().save_model(request, obj, form, change)

    def log_addition(self, request: Any, obj: Model, message: Any) -> Any:
        self._record(request, obj, "created", AuditKind.CREATE, after=values_of(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: Model, message: Any) -> Any:
        before = getattr(request, "values_before", None)
        if before is None:  # the one page that changes a row without saving a form of the row
            self._record(request, obj, "password_changed", AuditKind.UPDATE)
        else:
            after = values_of(obj)
            changed = [name for name in after if after[name] != before[name]]
            permission = set(changed) & getattr(self, "permission_fields", frozenset())
            kind = AuditKind.PERMISSION_CHANGE if permission else AuditKind.UPDATE
            if changed:
                was, became = ({name: values[name] for name in changed} for values in (before, after))
                self._record(request, obj, "updated", kind, before=was, after=became)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: Any, queryset: Iterable[Model]) -> Any:
        for row in queryset:
            self._record(request, row, "deleted", AuditKind.DELETE, before=values_of(row))
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]  # a list, from Django's own page

    def response_action(self, request: Any, queryset: Any, *place: Any) -> Any:
        with transaction.atomic(using=PLATFORM):
            return super().response_action(request, queryset, *place)

    def _record(self, request: Any, row: Model, happened: str, kind: AuditKind, **values: dict[str, Any]) -> None:
        noun = row._meta.model_name or ""
        is_tenant = noun == "tenant"
        hidden: frozenset[str] = getattr(self, "unrecorded", frozenset())
        is_uuid = isinstance(row.pk, UUID)
        record_by_staff(
            getattr(self, "fact_names", {}).get(happened, f"{noun}.{happened}"),
            kind=kind,
            tenant_id=row.pk if is_tenant else getattr(row, "tenant_id", None),
            object_type=noun,
            object_id=row.pk if is_uuid else None,
            actor=request.actor,
            at=now(),
            data={} if is_uuid else {"id": row.pk},
            **{
                when: {name: "…" if name in hidden else one for name, one in told.items()}
                for when, told in values.items()
            },
        )


def values_of(row: Model) -> dict[str, Any]:
    """A row's columns and the keys it is tied to, JSON-ready."""
    values: dict[str, Any] = {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.attname not in {"id", "tenant_id"}
    }
    for ties in row._meta.many_to_many:
        values[ties.name] = sorted(str(other.pk) for other in ties.value_from_object(row))
    plain: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return plain
