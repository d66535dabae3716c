"""Services and their categories: what people come for."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.queueing.queries.setup import queues_listed
from smartqueue.sites.actions.rows import add_ground, change_ground, move_category, remove_ground
from smartqueue.sites.models import Service, ServiceCategory
from smartqueue.sites.queries.office import categories, row_or_refuse, services_listed
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.drafts import Drafting, waiting
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.service_forms import CategoryForm, ServiceFilters, ServiceForm, shown_service
from smartqueue.web.manage.sites import USE
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage


class ServicesPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-services"


class Services(ServicesPage, ListPage):
    """`/{slug}/manage/services/`: by category, in the order of the screens."""

    template = "manage/ground/services.html"
    filters = ServiceFilters
    sorts = {
        "category": ("category__position", "category__name", "name", "id"),
        "name": ("name", "id"),
        "code": ("code", "id"),
        "duration": ("duration_s", "name", "id"),
        "target": ("wait_target_s", "name", "id"),
        "price": ("price_xof", "name", "id"),
    }
    columns = (
        Column("name", _("Service")),
        Column("category", _("Category")),
        Column("duration", _("Lasts"), right=True),
        Column("target", _("Wait target"), right=True),
        Column("price", _("Price"), right=True),
        Column("", _("State")),
    )

    def rows(self, wanted: dict[str, Any]) -> Any:
        return services_listed(
            search=wanted.get("q", ""), category=wanted.get("category"), is_active=USE[wanted.get("state", "")]
        )

    def about(self, rows: Any) -> dict[str, Any]:
        return {"waiting": waiting("service")}


class ServiceNew(ServicesPage, FormPage):
    """`…/services/new/`"""

    template = "manage/ground/service_new.html"
    said = _("The service is there. A queue opens it at a site.")

    def form(self, data: Any = None, files: Any = None) -> ServiceForm:
        return ServiceForm(data)

    def save(self, form: Any) -> HttpResponse:
        service = add_ground(Service(tenant_id=self.tenant.id, **form.values()), actor=self.actor, at=now())
        return self.go("manage-service", service.id)

    def about(self, form: Any) -> dict[str, Any]:
        back = reverse("manage-services", args=(self.tenant.slug,))
        return {"title": gettext("New service"), "back": back, "fieldsets": _fieldsets(form)}


class ServiceEdit(Drafting, ServicesPage, FormPage):
    """`…/services/{id}/`: published at once, or kept as a draft where the public sees it."""

    template = "manage/ground/service.html"
    said = ""
    drafted_kind = "service"
    service: Service

    def find(self) -> None:
        self.service = row_or_refuse(Service, self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> ServiceForm:
        return ServiceForm(data, initial=shown_service(self.as_drafted(self.service)))

    def save(self, form: Any) -> HttpResponse:
        id = self.service.id
        self.keep_or_publish(
            id, form.values(), lambda values: change_ground(Service, id, values, actor=self.actor, at=now())
        )
        return self.go("manage-service", id)

    def about(self, form: Any) -> dict[str, Any]:
        return {
            "note": self.noted(self.service.id),
            "draft_hint": gettext("A draft keeps name, description, price and picture. The rest is saved at once."),
            "title": self.service.name,
            "service": self.service,
            "back": reverse("manage-services", args=(self.tenant.slug,)),
            "fieldsets": _fieldsets(form),
            "queues": list(queues_listed(service=self.service.id).order_by("site__name", "name", "id")),
        }


def _fieldsets(form: ServiceForm) -> list[Any]:
    names = {
        _("What it is"): ("name", "code", "category", "description"),
        _("How long, how much"): ("duration", "wait_target", "price_xof", "is_active"),
        _("On the kiosk"): ("pictogram",),
    }
    return [(title, [form[name] for name in fields]) for title, fields in names.items()]


class ServiceDelete(ServicesPage, DeedPage):
    is_gone = False

    def do(self, **kwargs: Any) -> str:
        service = remove_ground(Service, kwargs["id"], actor=self.actor, at=now())
        self.is_gone = True
        return gettext("{name} is deleted.").format(name=service.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-services") if self.is_gone else self.go("manage-service", kwargs["id"])


class Categories(ServicesPage, FormPage):
    """`…/services/categories/`: in the order of the screens. POST adds one, as the last."""

    template = "manage/ground/categories.html"
    said = _("The category is there.")

    def form(self, data: Any = None, files: Any = None) -> CategoryForm:
        return CategoryForm(data, auto_id="new-%s")

    def save(self, form: Any) -> HttpResponse:
        last = max((one.position for one in categories()), default=-1)
        category = ServiceCategory(tenant_id=self.tenant.id, name=form.cleaned_data["name"], position=last + 1)
        add_ground(category, actor=self.actor, at=now())
        return self.go("manage-categories")

    def about(self, form: Any) -> dict[str, Any]:
        return {
            "title": gettext("Categories"),
            "rows": [(one, _named(one)) for one in categories()],
            "add": CategoryForm(auto_id="new-%s") if form.initial else form,
            "back": reverse("manage-services", args=(self.tenant.slug,)),
        }


class CategoryEdit(Categories):
    """POST `…/services/categories/{id}/`: its name."""

    http_method_names = ["post"]
    said = _("Saved.")
    category: ServiceCategory

    def find(self) -> None:
        self.category = row_or_refuse(ServiceCategory, self.kwargs["id"])

    def form(self, data: Any = None, files: Any = None) -> CategoryForm:
        return _named(self.category, data)

    def save(self, form: Any) -> HttpResponse:
        change_ground(ServiceCategory, self.category.id, form.cleaned_data, actor=self.actor, at=now())
        return self.go("manage-categories")

    def about(self, form: Any) -> dict[str, Any]:
        told = super().about(form)
        told["rows"] = [(one, form if one.id == self.category.id else shown) for one, shown in told["rows"]]
        return told


def _named(category: ServiceCategory, data: Any = None) -> CategoryForm:
    return CategoryForm(data, initial={"name": category.name}, auto_id=f"category-{category.id}-%s")


class CategoryDeed(ServicesPage, DeedPage):
    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-categories")


class CategoryMove(CategoryDeed):
    """POST `up=1` or nothing: one place up or down."""

    def do(self, **kwargs: Any) -> str:
        move_category(category_id=kwargs["id"], up=self.request.POST.get("up") == "1", actor=self.actor, at=now())
        return gettext("Screens show this order now.")


class CategoryDelete(CategoryDeed):
    """Its services stay, without a category."""

    def do(self, **kwargs: Any) -> str:
        category = remove_ground(ServiceCategory, kwargs["id"], actor=self.actor, at=now())
        return gettext("{name} is deleted.").format(name=category.name)
