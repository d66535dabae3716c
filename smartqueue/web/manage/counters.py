"""Counters of a site: added one by one or many at once, renamed, taken out of use, deleted."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.sites.actions.rows import add_counters, add_ground, change_ground, remove_ground
from smartqueue.sites.models import Counter
from smartqueue.sites.queries.office import counters_of, row_or_refuse
from smartqueue.web.manage.site_forms import CounterForm, CounterRowForm, ManyCountersForm
from smartqueue.web.manage.sites import OneSite
from smartqueue.web.shared.office import DeedPage, FormPage, Words


class Counters(OneSite, FormPage):
    """`…/sites/{id}/counters/`: the list, a form in each row, two forms to add. POST adds one."""

    template = "manage/ground/counters.html"
    tab = "counters"
    said: ClassVar[Words] = _("The counter is there.")

    def form(self, data: Any = None, files: Any = None) -> Any:
        return CounterForm(data, auto_id="new-%s")

    def save(self, form: Any) -> HttpResponse:
        counter = Counter(tenant_id=self.tenant.id, site=self.site, name=form.cleaned_data["name"])
        add_ground(counter, actor=self.actor, at=now())
        return self.go("manage-counters", self.site.id)

    def about(self, form: Any) -> dict[str, Any]:
        """Every form of the page; the one that was sent stands in its place with what was typed."""
        counters = counters_of(self.site.id)
        return {
            "title": self.site.name,
            "rows": [(counter, _row(counter)) for counter in counters],
            "add": form if type(form) is CounterForm else CounterForm(auto_id="new-%s"),
            "many": form if isinstance(form, ManyCountersForm) else self.many(len(counters)),
        }

    def many(self, there: int) -> ManyCountersForm:
        return ManyCountersForm(auto_id="many-%s", initial={"first": there + 1})


class CountersMany(Counters):
    """POST `…/counters/many/`: a word and two numbers."""

    http_method_names = ["post"]
    said: ClassVar[Words] = ""

    def form(self, data: Any = None, files: Any = None) -> Any:
        return ManyCountersForm(data, auto_id="many-%s")

    def save(self, form: Any) -> HttpResponse:
        added = len(add_counters(site_id=self.site.id, actor=self.actor, at=now(), **form.cleaned_data))
        said = ngettext("{n} counter added.", "{n} counters added.", added).format(n=added)
        messages.success(self.request, said if added else gettext("All of them were there already."))
        return self.go("manage-counters", self.site.id)


class CounterEdit(Counters):
    """POST `…/counters/{row_id}/`: its name, and whether it is in use."""

    http_method_names = ["post"]
    said: ClassVar[Words] = _("Saved.")
    counter: Counter

    def find(self) -> None:
        super().find()
        self.counter = row_or_refuse(Counter, self.kwargs["row_id"], site_id=self.site.id)

    def form(self, data: Any = None, files: Any = None) -> Any:
        return _row(self.counter, data)

    def save(self, form: Any) -> HttpResponse:
        change_ground(Counter, self.counter.id, form.cleaned_data, actor=self.actor, at=now())
        return self.go("manage-counters", self.site.id)

    def about(self, form: Any) -> dict[str, Any]:
        told = super().about(form)
        told["rows"] = [(one, form if one.id == self.counter.id else shown) for one, shown in told["rows"]]
        return told


class CounterDelete(OneSite, DeedPage):
    def do(self, **kwargs: Any) -> str:
        row_or_refuse(Counter, kwargs["row_id"], site_id=kwargs["id"])
        counter = remove_ground(Counter, kwargs["row_id"], actor=self.actor, at=now())
        return gettext("{name} is deleted.").format(name=counter.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-counters", kwargs["id"])


def _row(counter: Counter, data: Any = None) -> CounterRowForm:
    shown = {"name": counter.name, "is_active": counter.is_active}
    return CounterRowForm(data, initial=shown, auto_id=f"counter-{counter.id}-%s")
