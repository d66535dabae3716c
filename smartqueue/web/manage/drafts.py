"""What waits to be published: seen as the public would see it, published or discarded.

A preview is the public page itself, made while the drafts are published in a transaction that is then rolled back.
"""

from base64 import b64decode
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.actions.drafts import (
    DEFAULT,
    Draftable,
    RowDraft,
    differences,
    discard_draft,
    publish_draft,
    save_draft,
)
from smartqueue.journal.actions.organisation import BrandDraft
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound, RuleBroken
from smartqueue.queueing.queries.setup import queues_listed
from smartqueue.sites.actions.rows import change_ground
from smartqueue.sites.models import Service, Site
from smartqueue.sites.queries.office import row_or_refuse
from smartqueue.tenants.models import Draft
from smartqueue.tenants.queries import as_drafted, draft_of, drafts, names_of
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.audit_words import field_word, words_of
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.brand import NoBrandColour, brand_css
from smartqueue.web.shared.office import DeedPage, OfficePage

Row = TypeVar("Row", Site, Service)
DRAFTED = "draft"
"""Stands for the version of a logo that nobody has published."""


@dataclass(frozen=True)
class Kind:
    """A kind of object whose changes are drafted, as these pages show it.

    Attributes:
        draftable: how it is read and published.
        label: what such a thing is called.
        edited_at: the name of the page on which it is edited.
        seen_at: slug and id → the public page on which a preview shows it; inside the scope.
    """

    draftable: Draftable
    label: str | Promise
    edited_at: str
    seen_at: Callable[[str, UUID], str]


def _list_of_sites(slug: str, _id: UUID) -> str:
    return reverse("sites", args=(slug,))


def _site(slug: str, id: UUID) -> str:
    return reverse("site", args=(slug, row_or_refuse(Site, id).code))


def _site_of_service(slug: str, id: UUID) -> str:
    """The first site that offers it; the list where none does."""
    offered = queues_listed(service=row_or_refuse(Service, id).id, is_active=True).filter(site__is_active=True)
    queue = offered.order_by("site__name", "site_id", "id").first()
    return reverse("site", args=(slug, queue.site.code)) if queue else _list_of_sites(slug, id)


KINDS: dict[str, Kind] = {
    kind.draftable.object_type: kind
    for kind in (
        Kind(BrandDraft(), _("Appearance"), "manage-brand", _list_of_sites),
        Kind(
            RowDraft(Site, ("name", "address", "phone", "email", "latitude", "longitude"), change_ground),
            _("Site"),
            "manage-site-edit",
            _site,
        ),
        Kind(
            RowDraft(Service, ("name", "description", "price_xof", "pictogram"), change_ground),
            _("Service"),
            "manage-service",
            _site_of_service,
        ),
    )
}
"""Object type → how its drafts are shown and published."""


def kind_or_refuse(object_type: str) -> Kind:
    """
    Raises:
        NotFound: nothing of that kind is drafted.
    """
    if object_type not in KINDS:
        raise NotFound
    return KINDS[object_type]


class Drafting(OfficePage):
    """For a `FormPage` over a kind of `KINDS`, with `manage/draft_note.html` above and `manage/draft_buttons.html` in
    its form: `drafted` or `as_drafted` for the form's initial values, `keep_or_publish` in `save`."""

    drafted_kind: str

    def drafted(self, object_id: UUID) -> dict[str, Any]:
        """What is drafted of this object, field → value, to lay over the form's initial values; inside the scope."""
        draft = draft_of(self.drafted_kind, object_id)
        return draft.values if draft else {}

    def as_drafted(self, row: Row) -> Row:
        """The same row, not to be saved, with what is drafted of it in its place."""
        row = copy(row)
        for name, value in self.drafted(row.id).items():
            setattr(row, name, value)
        return row

    def noted(self, object_id: UUID) -> dict[str, Any] | None:
        """What `manage/draft_note.html` says of the draft that waits; None where none does. Inside the scope."""
        draft = draft_of(self.drafted_kind, object_id)
        if draft is None:
            return None
        return told_of(draft, names_of([draft.made_by]).get(draft.made_by, "") if draft.made_by else "")

    def keep_or_publish(
        self, object_id: UUID, values: dict[str, Any], publish: Callable[[dict[str, Any]], Any]
    ) -> None:
        """By the button that was pressed: draft what the public sees and save the rest, or publish all of it; then
        nothing is left of a draft.

        Args:
            publish: saves the values that it is given.

        Raises:
            RuleBroken: as `publish` and `keep`.
        """
        if "draft" in self.request.POST:
            publish(self.keep(object_id, values))
            messages.success(self.request, gettext("Kept as a draft. Look at it, then publish it."))
        else:
            publish(values)
            self.keep(object_id, values)
            messages.success(self.request, gettext("Saved and published."))

    def keep(self, object_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
        """Draft what may be drafted of these values; returns the others, for the page to save at once.

        Raises:
            Invalid: as `save_draft`.
        """
        kind = kind_or_refuse(self.drafted_kind).draftable
        save_draft(
            kind=kind, tenant_id=self.tenant.id, object_id=object_id, actor=self.actor, at=now(),
            values={name: value for name, value in values.items() if name in kind.fields},
        )  # fmt: skip
        return {name: value for name, value in values.items() if name not in kind.fields}


class DraftsPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-brand"


class Drafts(DraftsPage):
    """`/{slug}/manage/drafts/`: everything that is not published yet, beside what is."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            found = [one for one in drafts() if one.object_type in KINDS]
            names = names_of(one.made_by for one in found if one.made_by)
            rows = [told_of(one, names.get(one.made_by, "") if one.made_by else "") for one in found]
            return self.show("manage/drafts.html", {"title": gettext("Not published yet"), "rows": rows})


def told_of(draft: Draft, maker: str) -> dict[str, Any]:
    """A draft as the page shows it: each field published, drafted, and whether somebody else has changed it since."""
    kind = KINDS[draft.object_type]
    published = kind.draftable.now(draft.object_id)
    changed = differences(draft, published)
    base, then, drafted = (kind.draftable.told(values) for values in (draft.base, published, draft.values))
    fields = [
        {
            "field": field_word(name, draft.object_type), "published": words_of(then[name]),
            "drafted": words_of(drafted[name]),
            "base": words_of(base[name]) if name in changed else "",
        }
        for name in drafted
    ]  # fmt: skip
    return {"draft": draft, "label": kind.label, "name": published.get("name", ""), "fields": fields, "maker": maker,
            "conflict": bool(changed)}  # fmt: skip


class DraftDeed(DraftsPage, DeedPage):
    """A press on one draft, named by `kind` and `id` in the address."""

    def back(self, **kwargs: Any) -> HttpResponse:
        """To where it was pressed: the list of drafts, or the page on which the object is edited."""
        if "here" not in self.request.POST:
            return self.go("manage-drafts")
        return self.go(KINDS[kwargs["kind"]].edited_at, kwargs["id"])

    def named(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kind = kind_or_refuse(kwargs["kind"]).draftable
        at_home = kwargs["id"] == self.tenant.id or kind.object_type != BrandDraft.object_type
        if not at_home:  # read past row-level security: no other tenant's may be named
            raise NotFound
        return {"kind": kind, "tenant_id": self.tenant.id, "object_id": kwargs["id"], "actor": self.actor, "at": now()}


class Publish(DraftDeed):
    """With `anyway`, also over what somebody else has changed since."""

    def do(self, **kwargs: Any) -> str:
        publish_draft(**self.named(kwargs), anyway=self.request.POST.get("anyway") == "1")
        return gettext("Published. The public sees it now.")


class Discard(DraftDeed):
    def do(self, **kwargs: Any) -> str:
        discard_draft(**self.named(kwargs))
        return gettext("The draft is discarded.")


class PublishAll(DraftsPage, DeedPage):
    """Each by itself: one that is refused leaves the others published."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            self.waiting = [(one.object_type, one.object_id) for one in drafts() if one.object_type in KINDS]
        return super().post(request, *args, **kwargs)

    def do(self, **kwargs: Any) -> str:
        done = sum(self.publish(*one) for one in self.waiting)
        said = ngettext("{count} change is published.", "{count} changes are published.", done).format(count=done)
        left = len(self.waiting) - done
        rest = gettext("What is left has to be looked at.")
        return f"{said} {rest}" if left else said

    def publish(self, object_type: str, object_id: UUID) -> bool:
        try:
            with transaction.atomic():
                publish_draft(
                    kind=KINDS[object_type].draftable, tenant_id=self.tenant.id, object_id=object_id,
                    actor=self.actor, at=now(),
                )  # fmt: skip
        except RuleBroken:
            return False
        return True

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-drafts")


def waiting(object_type: str) -> int:
    """How many drafts of one kind wait; inside the scope."""
    return drafts().filter(object_type=object_type).count()


class Preview(DraftsPage):
    """`…/drafts/preview/`: the organisation's public page as it will be, with everything drafted in its place;
    `…/drafts/{kind}/{id}/preview/`: the public page on which that one is seen."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            waiting = list(drafts())
            brand: dict[str, Any] = next(
                (one.values for one in waiting if one.object_type == BrandDraft.object_type), {}
            )
            with as_drafted(self.tenant.slug, brand_shown(brand)):
                for one in waiting:
                    kind = KINDS[one.object_type].draftable if one.object_type in KINDS else None
                    if kind and kind.using == DEFAULT:
                        kind.apply(one.object_id, one.values, actor=self.actor, at=now())
                page = self.public_page(request)
            transaction.set_rollback(True)
        return self.framed(page, brand)

    def public_page(self, request: HttpRequest) -> HttpResponse:
        """The page that is meant; where the public has none, as for a site that is closed down, the list."""
        slug, kwargs = self.tenant.slug, self.kwargs
        meant = kind_or_refuse(kwargs["kind"]).seen_at(slug, kwargs["id"]) if "kind" in kwargs else ""
        for address in filter(None, (meant, reverse("sites", args=(slug,)))):
            found = resolve(address)
            page: Any = found.func(request, *found.args, **found.kwargs)
            if page.status_code == 200:
                break
        return page  # type: ignore[no-any-return]

    def framed(self, page: HttpResponse, brand: dict[str, Any]) -> HttpResponse:
        """The page with a banner above, nothing in it to be pressed, and the drafted colour and logo."""
        slug, words = self.tenant.slug, page.content.decode()
        banner = render_to_string("manage/preview.html", {"tenant": self.tenant, "any": bool(brand)}, self.request)
        words = words.replace('<a class="skip"', banner + '<a class="skip"', 1)
        words = words.replace('<main id="main"', '<main id="main" inert', 1)
        words = words.replace(reverse("brand-css", args=(slug,)), reverse("manage-draft-css", args=(slug,)))
        own, drafted = (reverse(name, args=(slug,)) for name in ("logo", "manage-draft-logo"))
        page.content = words.replace(f"{own}?v={DRAFTED}", drafted).encode()
        add_never_cache_headers(page)
        return page


def brand_shown(values: dict[str, Any]) -> dict[str, Any]:
    """A tenant's columns as a draft would have them."""
    shown: dict[str, Any] = {}
    if "colour" in values:
        shown["brand_colour"] = values["colour"]
    if "logo" in values:
        shown["logo_version"] = DRAFTED if values["logo"] else ""
    return shown


class DraftedFile(DraftsPage):
    """A file of the brand as it is drafted, else as it is published; for the members who may publish it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            draft = draft_of(BrandDraft.object_type, self.tenant.id)
            return self.file(draft.values if draft else {})

    def file(self, values: dict[str, Any]) -> HttpResponse:
        raise NotImplementedError


class DraftedCss(DraftedFile):
    def file(self, values: dict[str, Any]) -> HttpResponse:
        colour = values.get("colour", self.tenant.brand_colour)
        try:
            rules = brand_css(colour) if colour else ""
        except NoBrandColour:
            rules = ""
        return HttpResponse(rules, content_type="text/css; charset=utf-8")


class DraftedLogo(DraftedFile):
    def file(self, values: dict[str, Any]) -> HttpResponse:
        picture = b64decode(values.get("logo", ""))
        if not picture:
            raise Http404
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return HttpResponse(picture, content_type=kind)
