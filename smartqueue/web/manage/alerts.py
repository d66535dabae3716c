"""Rules of alerts, a try of them, and what they have said."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.queueing.actions.alerts import acknowledge_alert, add_alert_rule, change_alert_rule, remove_alert_rule
from smartqueue.queueing.queries.alerts import alert_rules, alerts, breaches, measured
from smartqueue.queueing.queries.team import queues_to_serve
from smartqueue.queueing.states import AlertAudience, AlertMetric
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.words import alert_words, figure, metric_words
from smartqueue.web.shared.office import Column, DeedPage, Filters, FormPage, ListPage

MOST_RULES = 100


class AlertFilters(Filters):
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All alerts")), ("open", _("Open")), ("over", _("Over"))]
    )


class Alerts(ManagePage, ListPage):
    """`/{slug}/manage/alerts/`: the rules, and below them every alert."""

    needs = Scope.READ_REPORTS
    section = "manage-dashboard"
    template = "manage/alerts.html"
    filters = AlertFilters
    sorts = {"-opened": ("-opened_at", "-id"), "name": ("name", "id"), "opened": ("opened_at", "id")}
    columns = (
        Column("name", _("Alert")),
        Column("", _("Queue")),
        Column("opened", _("Opened")),
        Column("", _("Worst"), right=True),
        Column("", _("State")),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        found = alerts()
        if "q" in wanted:
            found = found.filter(name__icontains=wanted["q"]) | found.filter(queue__name__icontains=wanted["q"])
        if "state" in wanted:
            found = found.filter(closed_at__isnull=wanted["state"] == "open")
        return found

    def about(self, rows: Any) -> dict[str, Any]:
        rules = list(alert_rules()[:MOST_RULES])
        return {
            "title": gettext("Alerts"), "alerts": [alert_words(alert) for alert in rows],
            "rules": [(rule, metric_words(rule.metric), figure(rule.metric, rule.threshold)) for rule in rules],
            "may_queue": Scope.MANAGE_QUEUE in self.scopes,
        }  # fmt: skip


class RuleForm(Labelled):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What you read when it fires: Hall too full."))
    metric = forms.ChoiceField(label=_("When this"), choices=AlertMetric.choices)
    threshold = forms.IntegerField(label=_("reaches"), min_value=1, max_value=10_000, initial=10)
    for_min = forms.IntegerField(
        label=_("for, minutes"), min_value=0, max_value=240, initial=2, help_text=_("0: at once.")
    )
    place = forms.ChoiceField(label=_("Where"), required=False)
    audience = forms.MultipleChoiceField(
        label=_("Who is told"), choices=AlertAudience.choices, widget=forms.CheckboxSelectMultiple,
        initial=[AlertAudience.MANAGERS], error_messages={"required": _("Choose at least one group.")},
    )  # fmt: skip
    by_email = forms.BooleanField(
        label=_("Also by e-mail"), required=False, help_text=_("The dashboard shows it in any case.")
    )
    repeat_min = forms.IntegerField(
        label=_("Tell again every, minutes"), min_value=0, max_value=240, initial=15,
        help_text=_("Until somebody sees to it. 0: never again."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("On"), required=False, initial=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        queues = queues_to_serve()
        sites = {queue.site_id: queue.site.name for queue in queues}
        self.offer(
            "place",
            [
                ("", _("All sites")),
                (_("A site"), [(f"site:{site_id}", name) for site_id, name in sites.items()]),
                (_("A queue"), [(f"queue:{queue.id}", f"{queue.name}, {queue.site.name}") for queue in queues]),
            ],
        )

    def values(self) -> dict[str, Any]:
        """As the action takes them."""
        values = dict(self.cleaned_data)
        kind, _colon, word = values.pop("place").partition(":")
        return values | {name: UUID(word) if name == f"{kind}_id" else None for name in ("site_id", "queue_id")}


class NewRule(ManagePage, FormPage):
    """`/{slug}/manage/alerts/new/`"""

    needs = Scope.MANAGE_QUEUE
    section = "manage-dashboard"
    said = _("The rule is on.")

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return RuleForm(data)

    def save(self, form: Any) -> HttpResponse:
        add_alert_rule(tenant_id=self.tenant.id, values=form.values(), actor=self.actor, at=now())
        return self.go("manage-alerts")

    def about(self, form: Any) -> dict[str, Any]:
        lead = gettext("It looks every half minute, while the site is open.")
        return {
            "title": gettext("New rule"), "back": reverse("manage-alerts", args=(self.tenant.slug,)), "lead": lead,
            "fieldsets": fieldsets(form),
        }  # fmt: skip


def fieldsets(form: Any) -> list[tuple[str, list[Any]]]:
    return [
        (gettext("When"), [form[name] for name in ("name", "metric", "threshold", "for_min", "place")]),
        (gettext("Then"), [form[name] for name in ("audience", "by_email", "repeat_min", "is_active")]),
    ]


class OneRule(NewRule):
    """`/{slug}/manage/alerts/{id}/`; `?try` says where it would fire now."""

    template = "manage/alert_rule.html"
    said = _("Saved.")

    def find(self) -> None:
        found = alert_rules().filter(id=self.kwargs["id"]).first()
        if found is None:
            raise NotFound
        self.rule = found

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        rule = self.rule
        names = ("name", "metric", "threshold", "for_min", "audience", "by_email", "repeat_min", "is_active")
        place = f"queue:{rule.queue_id}" if rule.queue_id else f"site:{rule.site_id}" if rule.site_id else ""
        return RuleForm(data, initial={name: getattr(rule, name) for name in names} | {"place": place})

    def save(self, form: Any) -> HttpResponse:
        change_alert_rule(rule=self.rule, values=form.values(), actor=self.actor, at=now())
        return self.go("manage-alerts")

    def about(self, form: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"title": self.rule.name, "rule": self.rule, "is_try": "try" in self.request.GET}
        if told["is_try"]:
            found = breaches(self.rule, measured([self.rule], at=now()))
            told["found"] = [(one.queue, figure(self.rule.metric, one.value)) for one in found]
        return super().about(form) | told


class DeleteRule(DeedPage, ManagePage):
    needs = Scope.MANAGE_QUEUE

    def do(self, **kwargs: Any) -> str:
        rule = alert_rules().filter(id=kwargs["id"]).first()
        if rule is None:
            raise NotFound
        remove_alert_rule(rule=rule, actor=self.actor, at=now())
        return gettext("The rule is deleted. What it has said stays below.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-alerts")


class Acknowledge(DeedPage, ManagePage):
    """POST `note`: somebody sees to it."""

    needs = Scope.MANAGE_QUEUE

    def do(self, **kwargs: Any) -> str:
        note = self.request.POST.get("note", "").strip()[:200]
        acknowledge_alert(alert_id=kwargs["id"], note=note, actor=self.actor, at=now())
        return gettext("Thank you. It is not told again.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-alerts" if self.request.POST.get("from") == "alerts" else "manage-dashboard")
