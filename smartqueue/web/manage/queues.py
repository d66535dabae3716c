"""Queues: the list with who waits, their form, opened, paused, closed."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.queueing.actions.queues import add_queue, change_queue, remove_queue, set_queue_status
from smartqueue.queueing.errors import QueueNotFound
from smartqueue.queueing.queries.setup import agents_of_queue, free_letters, queues_listed
from smartqueue.queueing.states import QueueStatus
from smartqueue.sites.models import Service, Site
from smartqueue.sites.queries.office import row_or_refuse
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.queue_forms import OUT_OF_USE, NewQueueForm, QueueFilters, QueueForm
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage

SWITCHES = {"open": QueueStatus.OPEN, "pause": QueueStatus.PAUSED, "close": QueueStatus.CLOSED}
DONE = {
    "open": _("{name} is open."),
    "pause": _("{name} takes no new tickets for a while."),
    "close": _("{name} is closed. Who stands in line is still served."),
}


class QueuesPage(ManagePage):
    needs = Scope.MANAGE_QUEUE
    section = "manage-queues"


class Queues(QueuesPage, ListPage):
    """`/{slug}/manage/queues/`: every line, and how many people stand in it."""

    template = "manage/ground/queues.html"
    filters = QueueFilters
    sorts = {
        "name": ("name", "id"),
        "site": ("site__name", "name", "id"),
        "service": ("service__name", "name", "id"),
        "waiting": ("waiting", "name", "id"),
        "status": ("status", "name", "id"),
    }
    columns = (
        Column("", ""),
        Column("name", _("Queue")),
        Column("site", _("Site")),
        Column("service", _("Service")),
        Column("waiting", _("Waiting"), right=True),
        Column("", _("Agents"), right=True),
        Column("status", _("Status")),
    )
    bulk = {
        "open": pgettext_lazy("a deed", "Open"),
        "pause": pgettext_lazy("a deed", "Pause"),
        "close": pgettext_lazy("a deed", "Close"),
    }

    def rows(self, wanted: dict[str, Any]) -> Any:
        narrowed: dict[str, Any] = {name: wanted[name] for name in ("site", "service", "kind") if name in wanted}
        status = wanted.get("status", "")
        if status:
            narrowed |= {"is_active": False} if status == OUT_OF_USE else {"is_active": True, "status": status}
        return queues_listed(search=wanted.get("q", ""), **narrowed)

    def do_bulk(self, deed: str, ids: list[str]) -> str:
        known = {str(id): id for id in queues_listed().values_list("id", flat=True)}
        chosen = sorted(known[id] for id in set(ids) & known.keys())
        for id in chosen:
            set_queue_status(queue_id=id, status=SWITCHES[deed], actor=self.actor, at=now())
        words = {
            "open": ngettext("{n} queue is open.", "{n} queues are open.", len(chosen)),
            "pause": ngettext("{n} queue takes no new tickets.", "{n} queues take no new tickets.", len(chosen)),
            "close": ngettext("{n} queue is closed.", "{n} queues are closed.", len(chosen)),
        }
        return words[deed].format(n=len(chosen))


class QueueNew(QueuesPage, FormPage):
    """`…/queues/new/`; `?site=` and `?service=` choose before."""

    template = "manage/ground/queue_new.html"
    said = _("The queue is open. Now say who serves it.")

    def form(self, data: Any = None, files: Any = None) -> NewQueueForm:
        form = NewQueueForm(data, initial={name: self.request.GET.get(name, "") for name in ("site", "service")})
        for name in ("site", "service"):
            field: Any = form.fields[name]
            if len(field.choices) == 2:
                form.initial[name] = str(field.choices[1][0])
        return form

    def save(self, form: Any) -> HttpResponse:
        given, values = form.cleaned_data, form.values()
        values["site"] = row_or_refuse(Site, given["site"])
        values["service"] = row_or_refuse(Service, given["service"])
        values["name"] = values["name"] or values["service"].name[:80]
        values["prefix"] = values["prefix"] or free_letters(given["site"])
        queue = add_queue(tenant_id=self.tenant.id, values=values, actor=self.actor, at=now())
        return self.go("manage-queue", queue.id)

    def about(self, form: Any) -> dict[str, Any]:
        back = reverse("manage-queues", args=(self.tenant.slug,))
        first = (_("Where, and for what"), [form[name] for name in ("site", "service", "name", "letters")])
        return {"title": gettext("New queue"), "back": back, "fieldsets": [first, *_fieldsets(form, named=False)]}


class QueueEdit(QueuesPage, FormPage):
    """`…/queues/{id}/`: its settings, who serves it, its posters."""

    template = "manage/ground/queue.html"
    queue: Any

    def find(self) -> None:
        self.queue = queue_with_line(self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> QueueForm:
        return QueueForm(data, queue=self.queue)

    def save(self, form: Any) -> HttpResponse:
        change_queue(queue_id=self.queue.id, values=form.values(), actor=self.actor, at=now())
        return self.go("manage-queue", self.queue.id)

    def about(self, form: Any) -> dict[str, Any]:
        return {
            "title": self.queue.name,
            "queue": self.queue,
            "back": reverse("manage-queues", args=(self.tenant.slug,)),
            "agents": agents_of_queue(self.queue.id),
            "may_choose_people": Scope.MANAGE_SETTINGS in self.scopes,
            "fieldsets": _fieldsets(form),
        }


def queue_with_line(queue_id: UUID) -> Any:
    """A queue of the tenant in scope with its site, its service and who waits.

    Raises:
        QueueNotFound: there is none.
    """
    queue = queues_listed().filter(id=queue_id).first()
    if queue is None:
        raise QueueNotFound
    return queue


def _fieldsets(form: QueueForm, *, named: bool = True) -> list[Any]:
    names = {
        _("What it is"): (*(("name", "letters") if named else ()), "kind", "capacity", "is_active", "shown_at_kiosk"),
        _("Who is called next"): ("strategy", "urgent_first"),
        _("Nobody should wait longer than"): ("wait_target", "elevated_target", "urgent_target"),
        _("How fast priority grows"): ("elevated_rate", "urgent_rate"),
        _("Calls and absence"): ("recall_gap_s", "no_show_grace_s", "max_deferrals", "closing_grace"),
    }
    return [(title, [form[name] for name in fields]) for title, fields in names.items()]


class QueueSwitch(QueuesPage, DeedPage):
    """POST `…/open/`, `…/pause/`, `…/close/`."""

    def do(self, **kwargs: Any) -> str:
        verb = kwargs["verb"]
        queue = set_queue_status(queue_id=kwargs["id"], status=SWITCHES[verb], actor=self.actor, at=now())
        return str(DONE[verb]).format(name=queue.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-queue", kwargs["id"])


class QueueDelete(QueuesPage, DeedPage):
    is_gone = False

    def do(self, **kwargs: Any) -> str:
        queue = remove_queue(queue_id=kwargs["id"], actor=self.actor, at=now())
        self.is_gone = True
        return gettext("{name} is deleted.").format(name=queue.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-queues") if self.is_gone else self.go("manage-queue", kwargs["id"])
