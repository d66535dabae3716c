"""One administrator, one receiver: the webhook is made, its secret copied, a test sent, and its log read."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.cli.processes import wait_until
from smartqueue.kernel.clock import now
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.models import Delivery, Endpoint
from tests.servers import running_web, running_worker
from tests.web.shared.browser import PHONE
from tests.webhooks.receiver import receiving


@pytest.fixture(scope="module")
def live_server_url(worker_environment, tmp_path_factory):
    """A web process and a worker that may call this machine."""
    environment = worker_environment | {"SMARTQUEUE_ALLOW_LOOPBACK": "1"}
    with (
        running_web(1, environment, tmp_path_factory.mktemp("web")) as url,
        running_worker(environment, tmp_path_factory.mktemp("worker")),
    ):
        yield url


@pytest.fixture
def judged():
    """axe finds no grave fault, nothing is wider than the screen, the console is silent; a picture if asked for."""
    folder = os.environ.get("SMARTQUEUE_SCREENS")

    def judge(page, name):
        if folder:
            page.screenshot(path=str(Path(folder) / f"webhooks-{name}.png"))
        found = Axe().run(page).response["violations"]
        grave = [
            (one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in {"serious", "critical"}
        ]
        assert (grave, page.complaints) == ([], [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    return judge


def test_a_webhook_from_the_form_to_the_log(browse, judged, bank, moussa):
    page = browse(f"/{bank.slug}/manage/webhooks/", moussa)
    judged(page, "0-desk-fr")
    with receiving() as box:
        page.goto(page.url + "new/")
        judged(page, "new-desk-fr")
        page.locator("#id_description").fill("Caisse centrale")
        page.locator("#id_url").fill(box.url + "/smartqueue")
        page.locator("input[value='ticket.called']").check()
        page.locator("#id_url").press("Enter")
        secret = page.locator("#secret").input_value()
        assert secret.startswith("whsec_")
        judged(page, "secret-desk-fr")
        page.locator("main .btn.main").click()
        page.locator("main form[action$='/test/'] button").click()
        page.wait_for_load_state()
        assert wait_until(lambda: len(box.accepted) == 1, seconds=60)
        assert box.got[0].said["type"] == "webhook.test"
        assert wait_until(lambda: page.reload() and page.locator("tbody .tag.ok").count() == 1, seconds=60, pause_s=0.5)
        judged(page, "log-1-desk-fr")

    with in_tenant(bank.id):
        endpoint = Endpoint.objects.get()
        line = {"at": now().isoformat(), "status": 503, "ms": 41, "error": ""}
        Delivery.objects.bulk_create(
            Delivery(
                tenant=bank, endpoint=endpoint, entry_id=-n, fact="ticket.called", due_at=now(), created_at=now(),
                status=("failed", "delivered")[n % 2], tries=1 + n % 8, history=[line],
            )
            for n in range(1, 200)
        )  # fmt: skip
    phone = browse(f"/{bank.slug}/manage/webhooks/{endpoint.id}/", moussa, language="wo", viewport=PHONE)
    judged(phone, "log-200-phone-wo")
    phone.goto(phone.url + "edit/")
    judged(phone, "edit-phone-wo")
    phone.goto(f"{phone.url.rpartition('/manage/')[0]}/manage/webhooks/in/new/")
    judged(phone, "inbound-new-phone-wo")
    assert phone.locator("input[type=checkbox]").count() == 3
