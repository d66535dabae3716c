"""The people who come: found, shown with their visits, corrected, exported, forgotten."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.actions import change_customer, export_customer, forget_customer, register_customer
from smartqueue.customers.models import Customer
from smartqueue.customers.queries import find_customers
from smartqueue.customers.states import CHANNELS, Language, masked_phone
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Forbidden, NotFound
from smartqueue.queueing.queries.visits import last_visits, visit_facts, visits_of
from smartqueue.queueing.states import Outcome, TicketState
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import Labelled
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.words import minutes
from smartqueue.web.shared.office import Column, Filters, FormPage, ListPage

CHANNEL_WORDS = {"sms": _("SMS"), "email": _("E-mail"), "whatsapp": _("WhatsApp"), "push": _("Notice on the phone")}
VISITS_SHOWN = 25


class CustomerPage(ManagePage):
    """Whoever opens the menu's line must also be allowed to see customers."""

    needs = Scope.READ_REPORTS
    section = "manage-customers"
    also: Scope = Scope.READ_CUSTOMER

    def enter(self, request: HttpRequest) -> None:
        super().enter(request)
        if self.also not in self.scopes or Scope.READ_CUSTOMER not in self.scopes:
            raise Forbidden

    def customer(self) -> Customer:
        """Raises: NotFound."""
        found = Customer.objects.filter(id=self.kwargs["id"]).first()
        if found is None:
            raise NotFound
        return found


class CustomerFilters(Filters):
    language = forms.ChoiceField(label=_("Language"), choices=[("", _("All languages")), *Language.choices])


class Customers(CustomerPage, ListPage):
    """`/{slug}/manage/customers/?q=`: by name, phone or e-mail; a slip of the finger does not matter."""

    template = "manage/customers.html"
    filters = CustomerFilters
    sorts = {"-known": ("-id",), "known": ("id",), "name": ("full_name", "id")}
    columns = (
        Column("name", _("Name")),
        Column("", _("Phone")),
        Column("", _("Language")),
        Column("", _("Visits"), right=True),
        Column("", _("Last visit")),
        Column("known", _("Known since")),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        found = find_customers(wanted["q"]) if "q" in wanted else Customer.objects.all()
        return found.filter(language=wanted["language"]) if "language" in wanted else found

    def about(self, rows: Any) -> dict[str, Any]:
        customers = list(rows)
        visits = last_visits([customer.id for customer in customers])
        told = [(one, masked_phone(one.phone), visits.get(one.id)) for one in customers]
        return {
            "title": gettext("Customers"), "customers": told, "may_write": Scope.WRITE_CUSTOMER in self.scopes
        }  # fmt: skip


class OneCustomer(CustomerPage):
    """`/{slug}/manage/customers/{id}/`"""

    def get(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        with self.scope():
            customer = self.customer()
            rows = Paginator(visits_of(customer.id), VISITS_SHOWN).get_page(request.GET.get("page"))
            wishes = [str(CHANNEL_WORDS[one]) for one in CHANNELS if customer.preferences.get(one)]
            told: dict[str, Any] = {
                "customer": customer, "rows": rows, "visits": [_visit(ticket) for ticket in rows], "wishes": wishes,
                "fields": sorted(customer.metadata.items()), "may_write": Scope.WRITE_CUSTOMER in self.scopes,
                "language": Language(customer.language).label,
            }  # fmt: skip
            return self.show("manage/customer.html", told)


def _visit(ticket: Any) -> dict[str, Any]:
    waited = ticket.called_at and minutes((ticket.called_at - ticket.created_at).total_seconds())
    end = str(Outcome(ticket.outcome).label) if ticket.outcome else str(TicketState(ticket.status).label)
    return {"ticket": ticket, "waited": waited or "", "end": end}


class CustomerForm(Labelled):
    full_name = forms.CharField(label=_("Name"), max_length=150, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        help_text=_("In any spelling: 77 123 45 67."),
    )  # fmt: skip
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    channels = forms.MultipleChoiceField(
        label=_("May be reached by"), choices=list(CHANNEL_WORDS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    notes = forms.CharField(
        label=_("Notes"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Nothing about health. Whoever serves this person reads it."),
    )  # fmt: skip

    def values(self, preferences: dict[str, Any] | None = None) -> dict[str, Any]:
        """As the actions take them; a channel about which nothing was ever said stays unsaid until it is ticked."""
        values = dict(self.cleaned_data)
        ticked, said = set(values.pop("channels")), preferences or {}
        wishes = {name: name in ticked for name in CHANNELS if name in ticked or name in said}
        return values | {"preferences": wishes}


class NewCustomer(CustomerPage, FormPage):
    """`/{slug}/manage/customers/new/`"""

    also = Scope.WRITE_CUSTOMER

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return CustomerForm(data, initial={"language": self.tenant.locale})

    def save(self, form: Any) -> HttpResponse:
        customer = register_customer(tenant_id=self.tenant.id, values=form.values(), actor=self.actor, at=now())
        return self.go("manage-customer", customer.id)

    def about(self, form: Any) -> dict[str, Any]:
        return {"title": gettext("New customer"), "back": reverse("manage-customers", args=(self.tenant.slug,))}


class EditCustomer(CustomerPage, FormPage):
    """`/{slug}/manage/customers/{id}/edit/`"""

    also = Scope.WRITE_CUSTOMER

    def find(self) -> None:
        self.found = self.customer()

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        known = self.found
        same = ("full_name", "phone", "email", "language", "notes")
        wishes = [name for name in CHANNELS if known.preferences.get(name)]
        return CustomerForm(data, initial={name: getattr(known, name) for name in same} | {"channels": wishes})

    def save(self, form: Any) -> HttpResponse:
        values = form.values(self.found.preferences)
        change_customer(customer=self.found, values=values, actor=self.actor, at=now())
        return self.go("manage-customer", self.found.id)

    def about(self, form: Any) -> dict[str, Any]:
        title = self.found.full_name or gettext("Customer without a name")
        return {"title": title, "back": reverse("manage-customer", args=(self.tenant.slug, self.found.id))}


class ExportCustomer(CustomerPage):
    """POST: everything that is stored about the person, as JSON, to hand over. The journal notes that it was asked."""

    also = Scope.WRITE_CUSTOMER
    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        at = now()
        with self.scope():
            customer = self.customer()
            told = {
                "organisation": self.tenant.name, "exported_at": at,
                "customer": export_customer(customer=customer, actor=self.actor, at=at),
                "visits": visit_facts(customer.id),
            }  # fmt: skip
        body = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        name = f'attachment; filename="customer-{id}.json"'
        return HttpResponse(body, content_type="application/json", headers={"Content-Disposition": name})


class ForgetForm(Labelled):
    """What must be typed is the word of the reader's language."""

    word = forms.CharField(
        label=_("Confirmation"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"]).strip()
        if word.casefold() != forget_word().casefold():
            raise forms.ValidationError(gettext("Type the word {word}.").format(word=forget_word()))
        return word


def forget_word() -> str:
    return gettext("FORGET")


class ForgetCustomer(CustomerPage, FormPage):
    """`/{slug}/manage/customers/{id}/forget/`: the person's data goes, the numbers of the visits stay."""

    also = Scope.WRITE_CUSTOMER
    template = "manage/customer_forget.html"
    said = ""

    def find(self) -> None:
        self.found = self.customer()

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return ForgetForm(data)

    def save(self, form: Any) -> HttpResponse:
        forget_customer(customer=self.found, actor=self.actor, at=now())
        messages.success(self.request, gettext("The customer is forgotten. The visits stay, without a name."))
        return self.go("manage-customers")

    def about(self, form: Any) -> dict[str, Any]:
        back = reverse("manage-customer", args=(self.tenant.slug, self.found.id))
        return {"title": gettext("Forget this customer"), "customer": self.found, "back": back, "word": forget_word()}
