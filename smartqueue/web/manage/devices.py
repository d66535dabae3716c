"""Displays and kiosks: the list, pairing, settings, loading again, cutting off."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from smartqueue.devices import actions
from smartqueue.devices.errors import PairingCodeUnknown, TooManyCodes
from smartqueue.devices.models import Device
from smartqueue.devices.queries import chosen_queue_ids, device_or_refuse, devices_named
from smartqueue.devices.states import DeviceKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.forms import DeviceForm, PairAgainForm, PairForm
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.shared.office import DeedPage

PAGE = 50
LONGEST_SEARCH = 80


class SettingsPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-devices"


class Devices(SettingsPage):
    """`/{slug}/manage/devices/`: who needs somebody comes first. POST pairs one by its code."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        with self.scope():
            return self.page(request, PairForm())

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        with self.scope():
            form = PairForm(request.POST)
            if not form.is_valid():
                return self.page(request, form, status=400)
        wanted = form.cleaned_data
        try:
            with self.scope():
                device = actions.claim(
                    code=wanted["code"], name=wanted["name"], site_id=wanted["site"], tenant_id=self.tenant.id,
                    actor=self.actor, at=now(),
                )  # fmt: skip
        except (PairingCodeUnknown, TooManyCodes) as refusal:
            form.add_error("code", str(refusal))
            with self.scope():
                return self.page(request, form, status=refusal.status)
        messages.success(request, gettext("{name} is paired. It starts by itself.").format(name=device.name))
        return self.go("manage-device", device.id)

    def page(self, request: HttpRequest, form: PairForm, *, status: int = 200) -> HttpResponse:
        search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
        devices = Paginator(devices_named(search), PAGE).get_page(request.GET.get("page"))
        return self.show(
            "manage/devices.html", {"form": form, "devices": devices, "search": search, "now": now()}, status=status
        )


class OneDevice(SettingsPage):
    """`/{slug}/manage/devices/{id}/`: settings and state of one device."""

    def get(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        with self.scope():
            device = device_or_refuse(id)
            return self.page(device, self.form(device))

    def post(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        with self.scope():
            device = device_or_refuse(id)
            form = self.form(device, request.POST)
            if not form.is_valid():
                return self.page(device, form, status=400)
        try:
            with self.scope():
                actions.change_device(device_id=id, values=form.values(), actor=self.actor, at=now())
        except Invalid as refusal:
            form.add_refusal(refusal)
            with self.scope():
                return self.page(device, form, status=400)
        messages.success(request, gettext("Saved. The device shows it within half a minute."))
        return self.go("manage-device", id)

    def form(self, device: Device, data: Any = None) -> DeviceForm:
        return DeviceForm(device, chosen_queue_ids([device.id])[device.id], data)

    def page(
        self, device: Device, form: DeviceForm, *, code: PairAgainForm | None = None, status: int = 200
    ) -> HttpResponse:
        told = {"device": device, "form": form, "code": code or PairAgainForm(), "now": now()}
        return self.show("manage/device.html", told | {"home": f"/{DeviceKind(device.kind)}/"}, status=status)


class PairAgain(OneDevice):
    """POST `…/pair/`: another screen in its place, with the same settings."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
        code = PairAgainForm(request.POST)
        with self.scope():
            device = device_or_refuse(id)
            if not code.is_valid():
                return self.page(device, self.form(device), code=code, status=400)
        try:
            with self.scope():
                actions.claim(
                    code=code.cleaned_data["code"], name=device.name, site_id=device.site_id, device_id=id,
                    tenant_id=self.tenant.id, actor=self.actor, at=now(),
                )  # fmt: skip
        except (PairingCodeUnknown, TooManyCodes) as refusal:
            code.add_error("code", str(refusal))
            with self.scope():
                return self.page(device, self.form(device), code=code, status=refusal.status)
        messages.success(request, gettext("{name} is paired. It starts by itself.").format(name=device.name))
        return self.go("manage-device", id)


class Doing(SettingsPage, DeedPage):
    """POST to a device, and back to where it is seen."""

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-device", kwargs["id"])


class Refresh(Doing):
    def do(self, **kwargs: Any) -> str:
        actions.refresh(device_id=kwargs["id"], actor=self.actor, at=now())
        return gettext("The device loads itself again within half a minute.")


class Revoke(Doing):
    def do(self, **kwargs: Any) -> str:
        device = actions.revoke_device(device_id=kwargs["id"], actor=self.actor, at=now())
        return gettext("{name} is cut off. Its settings are kept.").format(name=device.name)


class Delete(Doing):
    def do(self, **kwargs: Any) -> str:
        actions.remove_device(device_id=kwargs["id"], actor=self.actor, at=now())
        return gettext("The device is deleted.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-devices")
