"""Static files: hashed, compressed and cached for ever once they are collected; by their own names before that."""

from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]  # it has no types


class HashedOnceCollected(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # for the same reason
    """A file that `collectstatic` has not seen keeps its plain name, which whitenoise finds in the packages.

    So tests and development need no collecting, and a file added since the last one is served all the same.
    """

    def stored_name(self, name: str) -> str:
        known: str | None = self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return known or name


@cache_control(public=True, max_age=3600)
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """What browsers ask for where a page names no icon, as those of the admin and of Swagger."""
    return HttpResponseRedirect(static("shared/icon.svg"))
