"""What the pages before the sign-in have in common: nobody keeps them, and what was refused stands in their form."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from smartqueue.accounts.errors import TooManyTries
from smartqueue.kernel.errors import RuleBroken

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class Email(forms.Form):
    use_required_attribute = True
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class Code(forms.Form):
    use_required_attribute = True
    code = forms.CharField(label=_("Code"), max_length=40, widget=forms.TextInput(attrs=CODE))

    def clean_code(self) -> str:
        """People type it in groups, as they read it."""
        return "".join(self.cleaned_data["code"].split())


@method_decorator(sensitive_post_parameters(), name="dispatch")
class DoorPage(View):
    """A page with one form.

    Attributes:
        template: shows `form` and carries `next`.
    """

    template: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def show(self, form: forms.Form, *, status: int = 200, **more: Any) -> HttpResponse:
        context = {"form": form, "next": safe_next(self.request)}
        return render(self.request, self.template, context | more, status=status)

    def refuse(self, form: forms.Form, refusal: RuleBroken, field: str | None = None, **more: Any) -> HttpResponse:
        """The form again, with the refusal's sentence above it or beside a field."""
        form.add_error(field, str(refusal))
        if not isinstance(refusal, TooManyTries):
            return self.show(form, status=400, **more)
        response = self.show(form, status=refusal.status, **more)
        response["Retry-After"] = str(refusal.facts["retry_after_s"])
        return response


def safe_next(request: HttpRequest) -> str:
    """The page that was asked for before the sign-in; empty when it is not one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else ""
