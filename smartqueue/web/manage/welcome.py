"""`/{slug}/welcome/{person}/{token}/`: where somebody who was invited chooses a password."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from smartqueue.accounts.actions.welcome import accept_invitation, invitation_stands
from smartqueue.accounts.errors import InvitationRefused
from smartqueue.accounts.queries import active_user
from smartqueue.journal.actions import record
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.web.manage.people_forms import PasswordForm
from smartqueue.web.shared.office import tell
from smartqueue.web.shared.pages import TenantPage


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class Welcome(TenantPage):
    """For whoever holds the link. An old link and one that never was look the same."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not invitation_stands(active_user(kwargs["person"]), kwargs["token"]):
            raise InvitationRefused
        return self.page(PasswordForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PasswordForm(request.POST)
        if not form.is_valid():
            return self.page(form, 400)
        try:
            with self.scope():
                user = accept_invitation(
                    user=active_user(kwargs["person"]), token=kwargs["token"], password=form.cleaned_data["password"]
                )
                record(
                    "member.welcomed", kind=AuditKind.UPDATE, tenant_id=self.tenant.id, object_type="user",
                    object_id=user.id, actor=self.actor_of(request, user_id=user.id), at=now(),
                )  # fmt: skip
        except Invalid as refusal:
            tell(form, refusal)
            return self.page(form, 400)
        messages.success(request, gettext("Your password is set. Sign in with it now."))
        return HttpResponseRedirect(f"{reverse('sign-in')}?next={reverse('manage', args=(self.tenant.slug,))}")

    def page(self, form: PasswordForm, status: int = 200) -> HttpResponse:
        response = self.show("manage/welcome.html", {"form": form}, status=status)
        add_never_cache_headers(response)
        return response
