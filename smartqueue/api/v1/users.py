"""Signing up, signing in and out, and oneself: `/api/v1/users/`. Outside every tenant: people are platform-wide."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartqueue.accounts import actions
from smartqueue.accounts.errors import RefreshTokenReused, SecondFactorRequired, SignInRefused
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import active_user
from smartqueue.accounts.states import CODE_LIFETIME
from smartqueue.api.v1.authentication import BearerToken
from smartqueue.api.v1.base import Strict, actor_of
from smartqueue.api.v1.schema import problems
from smartqueue.api.v1.users_shapes import (
    CodeSent,
    Credentials,
    EmailAndCode,
    EmailOnly,
    MeOut,
    NewPassword,
    PasswordChange,
    Profile,
    RefreshOnly,
    Registration,
    SignedIn,
)
from smartqueue.api.v1.users_standing import Standing, note, note_refusal, note_reuse
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now


class Unstored(APIView):
    """Answers about people are kept by nobody on the way."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        if response.status_code == 401:
            response.setdefault("WWW-Authenticate", BearerToken.header)
        return response


class OpenView(Unstored):
    """For anybody; what stands in the body is the proof."""

    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [AllowAny]  # type: ignore[misc]


class OwnView(Unstored):
    """For a signed-in person, about themselves."""

    permission_classes: ClassVar[list[type[BasePermission]]] = [IsAuthenticated]  # type: ignore[misc]

    person: User

    def check_permissions(self, request: Request) -> None:
        """A token says who it is; whether they still are, the database says, before anything else is looked at."""
        super().check_permissions(request)
        who: Any = request.user
        user = active_user(who.id)
        if user is None:
            raise AuthenticationFailed
        self.person = user

    @property
    def session_tenant_id(self) -> UUID | None:
        return claimed(self.request, "tenant_id")


def claimed(request: Request, name: str) -> UUID | None:
    claims: Any = request.auth
    return UUID(claims[name]) if claims.get(name) else None


def given(shape: type[Strict], request: Request) -> dict[str, Any]:
    """The body, in that shape.

    Raises:
        ValidationError: it has another one.
    """
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def code_sent(email: str) -> Response:
    return Response({"email": email, "expires_in_s": int(CODE_LIFETIME.total_seconds())}, status=202)


class Register(OpenView):
    @extend_schema(
        operation_id="users_register", request=Registration, responses={202: CodeSent, **problems(400, 413, 415, 429)}
    )
    def post(self, request: Request) -> Response:
        """Open an account; a code goes to the address. The answer is the same when it already has one."""
        body, at = given(Registration, request), now()
        user = actions.sign_up(**body, at=at)
        if user:
            note(request, "user.created", AuditKind.CREATE, user_id=user.id, tenant_id=None, at=at)
        return code_sent(body["email"])


class VerifyEmail(OpenView):
    @extend_schema(
        operation_id="users_verify_email", request=EmailAndCode, responses={204: None, **problems(400, 413, 415, 429)}
    )
    def post(self, request: Request) -> Response:
        """Confirm an address with its code: ten minutes, five tries, once."""
        at = now()
        user = actions.verify_email(**given(EmailAndCode, request), at=at)
        note(request, "user.email_verified", AuditKind.UPDATE, user_id=user.id, tenant_id=None, at=at)
        return Response(status=204)


class ResendCode(OpenView):
    @extend_schema(
        operation_id="users_resend_code", request=EmailOnly, responses={202: CodeSent, **problems(400, 413, 415, 429)}
    )
    def post(self, request: Request) -> Response:
        """Send another code to an address that waits for one; three messages within 15 minutes."""
        body = given(EmailOnly, request)
        actions.send_code(**body, at=now())
        return code_sent(body["email"])


class PasswordReset(OpenView):
    @extend_schema(
        operation_id="users_password_reset",
        request=EmailOnly,
        responses={202: CodeSent, **problems(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        """Send a code for choosing a new password."""
        body = given(EmailOnly, request)
        actions.request_password_reset(**body, at=now())
        return code_sent(body["email"])


class PasswordResetConfirm(OpenView):
    @extend_schema(
        operation_id="users_password_reset_confirm",
        request=NewPassword,
        responses={204: None, **problems(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        """Choose a new password with the code; every sign-in ends."""
        at = now()
        user = actions.reset_password(**given(NewPassword, request), at=at)
        note(request, "user.password_reset", AuditKind.UPDATE, user_id=user.id, tenant_id=None, at=at)
        return Response(status=204)


class SignIn(OpenView):
    @extend_schema(
        operation_id="users_sign_in",
        request=Credentials,
        responses={200: SignedIn, **problems(400, 401, 403, 404, 413, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        """Sign in with e-mail and password, to one's first tenant or the named one.

        Somebody who has turned on a second factor sends it in the same request, as `otp`; without it the answer is 401
        with the code `second_factor_required`, with a wrong one `second_factor_refused`.
        """
        body, at = given(Credentials, request), now()
        try:
            user = actions.sign_in(email=body["email"], password=body["password"], at=at)
            actions.pass_second_factor(user=user, code=body.get("otp", ""), at=at)
        except SecondFactorRequired:  # half of a sign-in, and no failure
            raise
        except SignInRefused as refusal:
            note_refusal(request, refusal, at)
            raise
        standing = Standing.by_slug(user, body.get("tenant"))
        return Response(SignedIn(begin(request, standing, at)).data)


def begin(request: Request, standing: Standing, at: datetime) -> dict[str, Any]:
    """A new sign-in and its fact, in one transaction."""
    actor = actor_of(request)
    with transaction.atomic():
        tokens = actions.issue_tokens(
            user=standing.user,
            tenant_id=standing.tenant_id,
            role=standing.role,
            scopes=standing.scopes,
            ip=actor.ip,
            user_agent=actor.user_agent,
            at=at,
        )
        note(request, "user.signed_in", AuditKind.LOGIN, user_id=standing.user.id, tenant_id=standing.tenant_id, at=at)
    return {"access": tokens.access, "refresh": tokens.refresh, "user": standing.user}


class Refresh(OpenView):
    @extend_schema(
        operation_id="users_refresh", request=RefreshOnly, responses={200: SignedIn, **problems(400, 401, 413, 415)}
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once. The same one again ends the sign-in: `refresh_token_reused`."""
        actor, at = actor_of(request), now()
        try:
            session = actions.rotate(**given(RefreshOnly, request), ip=actor.ip, user_agent=actor.user_agent, at=at)
        except RefreshTokenReused as refusal:
            note_reuse(request, refusal, at)
            raise
        standing = Standing.by_id(session.user, session.tenant_id)
        access = actions.access_token(session=session, role=standing.role, scopes=standing.scopes, at=at)
        return Response(SignedIn({"access": access, "refresh": session.refresh, "user": session.user}).data)


class SignOut(OpenView):
    @extend_schema(
        operation_id="users_sign_out", request=RefreshOnly, responses={204: None, **problems(400, 401, 413, 415)}
    )
    def post(self, request: Request) -> Response:
        """End the sign-in of a refresh token. Ending it twice is no error."""
        body, at = given(RefreshOnly, request), now()
        with transaction.atomic():
            token = actions.blacklist(**body, at=at)
            if token:
                note(
                    request,
                    "user.signed_out",
                    AuditKind.LOGOUT,
                    user_id=token.user_id,
                    tenant_id=token.tenant_id,
                    at=at,
                )
        return Response(status=204)


class Me(OwnView):
    @extend_schema(operation_id="users_me", responses={200: MeOut, **problems(401)})
    def get(self, request: Request) -> Response:
        """Oneself, one's tenants, and what one may do in the tenant of this sign-in."""
        return Response(MeOut(Standing.by_id(self.person, self.session_tenant_id)).data)

    @extend_schema(
        operation_id="users_me_change", request=Profile, responses={200: MeOut, **problems(400, 401, 413, 415)}
    )
    def patch(self, request: Request) -> Response:
        """Change one's name, phone or language."""
        body, at, user = given(Profile, request), now(), self.person
        standing = Standing.by_id(user, self.session_tenant_id)
        with transaction.atomic():
            if changed := actions.change_profile(user=user, **body):
                note(
                    request,
                    "user.updated",
                    AuditKind.UPDATE,
                    user_id=user.id,
                    tenant_id=standing.tenant_id,
                    at=at,
                    data={"changed": changed},
                )
        return Response(MeOut(standing).data)


class MyPassword(OwnView):
    @extend_schema(
        operation_id="users_me_password",
        request=PasswordChange,
        responses={204: None, **problems(400, 401, 413, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        """Choose another password; every other sign-in ends."""
        body, at, user = given(PasswordChange, request), now(), self.person
        actions.change_password(user=user, **body, session=claimed(request, "sid"), at=at)
        tenant_id = Standing.by_id(user, self.session_tenant_id).tenant_id
        note(request, "user.password_changed", AuditKind.UPDATE, user_id=user.id, tenant_id=tenant_id, at=at)
        return Response(status=204)
