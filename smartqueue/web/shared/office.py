"""The shapes of back-office pages: a page in the frame, a list, a form, one deed.

A list's search, filters, order and page stand in the address, so a link shows what its sender saw.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.tenants.states import Scope
from smartqueue.web.shared.pages import MemberPage

Words = str | Promise


@dataclass(frozen=True)
class Section:
    """One line of the sidebar: `name` is its address's name; without `needs` it is open to every member."""

    name: str
    label: Words
    icon: str
    needs: Scope | None = None


@dataclass(frozen=True)
class Group:
    title: Words
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Column:
    """One column of a list: `key` is what `sort` may name; empty for one that cannot be ordered by."""

    key: str
    label: Words
    right: bool = False


class OfficePage(MemberPage):
    """A page of the back office, in its frame.

    Attributes:
        section: the name of the sidebar's line that is lit.
    """

    section: ClassVar[str] = ""

    def groups(self) -> Sequence[Group]:
        """What the sidebar shows to this person."""
        raise NotImplementedError

    def show(self, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        frame = {"groups": self.groups(), "section": self.section, "is_narrow": self.request.COOKIES.get("sq_side")}
        return super().show(template, frame | (context or {}), status=status)

    def go(self, name: str, *words: Any) -> HttpResponse:
        """See other: loading the next page again sends nothing twice."""
        return HttpResponseRedirect(reverse(name, args=(self.tenant.slug, *words)), status=303)


class Filters(forms.Form):
    """What a list may be narrowed by; subclasses add fields, all optional. A value that cannot be is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=80)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": "", "auto_id": "filter-%s"})
        for field in self.fields.values():
            field.required = False

    @property
    def wanted(self) -> dict[str, Any]:
        """What was asked for, without what is empty or cannot be."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}

    @property
    def narrowing(self) -> list[forms.BoundField]:
        """The fields beside the search."""
        return [self[name] for name in self.fields if name != "q"]


class ListPage(OfficePage):
    """A list with search, filters, order and pages.

    Attributes:
        template: extends `shared/list.html`, which it feeds with `rows` (a page of a paginator), `filters`, `columns`,
            `sort`, `is_narrowed`.
        sorts: what `?sort=` may name → the columns of the order, which must end in one that is unique; `-name` turns
            the first column round.
        columns: of the table.
        bulk: names of what may be done with several rows → its words; `do_bulk` does it.
    """

    template: ClassVar[str]
    filters: ClassVar[type[Filters]] = Filters
    sorts: ClassVar[dict[str, tuple[str, ...]]]
    columns: ClassVar[tuple[Column, ...]]
    bulk: ClassVar[dict[str, Words]] = {}
    size: ClassVar[int] = 50

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        """Every row that `wanted`, the filters' values, lets through; unordered."""
        raise NotImplementedError

    def about(self, rows: Any) -> dict[str, Any]:
        """What else the template needs to know of this page of rows."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            return self.page(request)

    def page(self, request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
        """The list as asked for by the address; inside the scope."""
        filters = self.filters(request.GET)
        sort = request.GET.get("sort", "")
        first = next(iter(self.sorts))
        key, backwards = sort.lstrip("-"), sort.startswith("-")
        order = list(self.sorts.get(key, self.sorts[first]))
        if backwards and key in self.sorts:
            order[0] = order[0].removeprefix("-") if order[0].startswith("-") else f"-{order[0]}"
        rows = Paginator(self.rows(filters.wanted).order_by(*order), self.size).get_page(request.GET.get("page"))
        shown = {
            "rows": rows,
            "filters": filters,
            "columns": self.columns,
            "sort": sort if key in self.sorts else first,
            "is_narrowed": bool(filters.wanted),
            "bulk": self.bulk,
        }
        return self.show(self.template, shown | self.about(rows) | more, status=status)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do one thing with the rows that are ticked, all of them or none."""
        deed, ids = request.POST.get("deed", ""), request.POST.getlist("row")
        if deed in self.bulk and ids:
            try:
                with self.scope():
                    said = self.do_bulk(deed, ids)
            except RuleBroken as refusal:
                if refusal.status == 403:
                    raise
                messages.error(request, str(refusal))
            else:
                messages.success(request, said)
        return HttpResponseRedirect(request.get_full_path(), status=303)

    def do_bulk(self, deed: str, ids: list[str]) -> str:
        """Do it, through actions, and say what was done. Ids come from the browser: find the rows before use."""
        raise NotImplementedError


class FormPage(OfficePage):
    """A form over one action. What the rules refuse is said beside its field, and nothing typed is lost.

    Attributes:
        template: extends `shared/form.html`, or shows `form` itself.
        said: the toast after it was saved.
    """

    template: ClassVar[str] = "shared/form.html"
    said: ClassVar[Words] = _("Saved.")

    def find(self) -> None:
        """Load what the form is about; inside the scope.

        Raises:
            NotFound: there is no such thing in this organisation.
        """

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form, empty or filled with what is; inside the scope."""
        raise NotImplementedError

    def save(self, form: Any) -> HttpResponse:
        """Call the action, inside the scope, and say where to go; a refusal rolls everything back.

        Raises:
            RuleBroken: `Invalid` goes to its fields, anything else above the form.
        """
        raise NotImplementedError

    def about(self, form: Any) -> dict[str, Any]:
        """What else the template needs: `title`, `back` (an address), `lead`, `fieldsets`."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            self.find()
            form = self.form()
            return self.show(self.template, {"form": form} | self.about(form))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with self.scope():
                self.find()
                form = self.form(request.POST, request.FILES)
                if not form.is_valid():
                    return self.again(form, 400)
                answer = self.save(form)
        except RuleBroken as refusal:
            if refusal.status in (403, 404):
                raise
            with self.scope():
                self.find()
                form = self.form(request.POST, request.FILES)
                form.is_valid()
                tell(form, refusal)
                return self.again(form, refusal.status)
        if self.said:
            messages.success(request, str(self.said))
        return answer

    def again(self, form: Any, status: int) -> HttpResponse:
        return self.show(self.template, {"form": form} | self.about(form), status=status)


def tell(form: forms.Form, refusal: RuleBroken, names: dict[str, str] | None = None) -> None:
    """Put a refusal's sentences beside the fields they are about.

    Args:
        names: the rule's name of a value → the form's, where they differ.
    """
    if not isinstance(refusal, Invalid):
        form.add_error(None, str(refusal))
        return
    for name, errors in refusal.facts["errors"].items():
        field = (names or {}).get(name, name.removesuffix("_id"))
        form.add_error(field if field in form.fields else None, [one["message"] for one in errors])


class DeedPage(OfficePage):
    """POST only: one deed, a toast, and back to where it is seen. A conflict becomes a toast too."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with self.scope():
                said = self.do(**kwargs)
        except RuleBroken as refusal:
            if refusal.status in (403, 404):
                raise
            messages.error(request, str(refusal))
            return self.back(**kwargs)
        messages.success(request, said)
        return self.back(**kwargs)

    def do(self, **kwargs: Any) -> str:
        """The deed, through an action; returns what the toast says."""
        raise NotImplementedError

    def back(self, **kwargs: Any) -> HttpResponse:
        raise NotImplementedError


def open_to(groups: Sequence[Group], may: Callable[[Scope], bool]) -> list[Group]:
    """The sidebar without what this person may not open, and without groups that have nothing left."""
    narrowed = (
        Group(group.title, tuple(one for one in group.sections if one.needs is None or may(one.needs)))
        for group in groups
    )
    return [group for group in narrowed if group.sections]
