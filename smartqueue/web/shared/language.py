"""`/language/`: the choice of a reader, kept in a cookie for a year."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST
from django.views.i18n import set_language


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own view, for the languages that we speak: it would remember any of its ninety."""
    if request.POST.get("language") not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    return set_language(request)
