"""Which pages are worth a picture, how each is reached, and how large it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Steps = Callable[[Any, str], None]
"""What somebody does on the page before the picture: the page, the language."""


@dataclass(frozen=True)
class Size:
    """A window in CSS pixels; `shown` is the picture's width, smaller for screens that hang on a wall."""

    width: int
    height: int
    shown: int = 0


SIZES = {
    "phone": Size(360, 800),
    "desk": Size(1280, 720),
    "tv": Size(1920, 1080, shown=960),
    "kiosk": Size(1080, 1920, shown=450),
    "sheet": Size(794, 1123, shown=450),
}
BOTH = ("phone", "desk")


@dataclass(frozen=True)
class Page:
    """A page worth a picture.

    Attributes:
        name: of the file; small letters and dashes.
        path: its address below the instance's; in braces, a name of `Stage.places`.
        sizes: in which windows, keys of `SIZES`.
        role: whose session, a key of `Stage.sessions`; empty for anybody's.
        device: which paired device, a key of `Stage.devices`; empty for none.
        steps: done before the picture.
        whole: the whole length of the page, not only what the window shows.
    """

    name: str
    path: str
    sizes: tuple[str, ...] = BOTH
    role: str = ""
    device: str = ""
    steps: Steps | None = None
    whole: bool = False

    @property
    def is_for_anybody(self) -> bool:
        """It needs nobody's session, no device and no ticket."""
        return not (self.role or self.device or "{" in self.path)


def with_phone(page: Any, _language: str) -> None:
    page.locator("input[name=queue]").nth(1).check()
    page.locator("details summary").click()
    page.locator("#phone").fill("77 123 45 67")
    page.locator("footer").scroll_into_view_if_needed()


def ticket_live(page: Any, _language: str) -> None:
    page.wait_for_selector("#dot")


def code_shown(page: Any, _language: str) -> None:
    page.wait_for_selector("[data-code]")


def kiosk_ready(page: Any, _language: str) -> None:
    page.wait_for_selector("body[data-ready]")


def kiosk_tiles(page: Any, language: str) -> None:
    kiosk_ready(page, language)
    page.locator(f"[data-language={language}]").click()
    page.wait_for_selector(".tile")


def kiosk_phone(page: Any, language: str) -> None:
    kiosk_tiles(page, language)
    page.locator(".tile:not([aria-disabled])").first.click()
    for digit in "771234567":
        page.locator(f"[data-key='{digit}']").click()


def kiosk_confirm(page: Any, language: str) -> None:
    kiosk_phone(page, language)
    page.locator("[data-do=skip]").click()


def kiosk_ticket(page: Any, language: str) -> None:
    kiosk_confirm(page, language)
    page.locator("[data-do=take]").click()
    page.wait_for_selector("body[data-now=ticket]")


def display_live(page: Any, _language: str) -> None:
    page.wait_for_selector("body[data-ready][data-line=live]")


def dashboard_live(page: Any, _language: str) -> None:
    page.wait_for_selector(".dot:not(.offline)")


def console_live(page: Any, _language: str) -> None:
    page.wait_for_selector("#line-dot.live")


def bell_pressed(page: Any, language: str) -> None:
    ticket_live(page, language)
    page.locator("#bell button").first.click()
    page.wait_for_selector("#bell .said:not([hidden])")


def announced(page: Any, _language: str) -> None:
    page.locator("[name=text]").fill("Le guichet 2 ferme à 15 h. Les guichets 1 et 3 vous servent.")


def ussd_talk(page: Any, _language: str) -> None:
    """Dialled, and the first service of the list chosen: the screen says what is known before one takes a ticket."""
    page.locator("[name=act]").click()
    page.wait_for_selector("#text")
    said_to_phone(page, "1")


def sms_talk(page: Any, _language: str) -> None:
    page.locator("[name=number]").fill(f"77 000 00 {page.viewport_size['width'] % 89 + 10}")  # a new chat each time
    said_to_phone(page, "TICKET DKR1")


def said_to_phone(page: Any, words: str) -> None:
    """Typed, sent, and answered: the conversation has one step more."""
    said = int(page.locator("[name=hop]").input_value())
    page.locator("#text").fill(words)
    page.locator(".say button").click()
    page.wait_for_selector(f"[name=hop][value='{said + 1}']", state="attached")


HERE = "/demo-bank"
REPORTS = (
    "wait-times", "queue-stats", "agent-performance", "satisfaction", "demand", "drop-off", "channels", "origins",
    "heat-map",
)  # fmt: skip
COUNTER, MANAGE = f"{HERE}/counter/", f"{HERE}/manage"

PAGES: list[Page] = [
    Page("home", "/"),
    Page("sites", f"{HERE}/"),
    Page("site", f"{HERE}/sites/DKR1/"),
    Page("take", f"{HERE}/sites/DKR1/", steps=with_phone),
    Page("ticket-waiting", "/t/{waiting}", steps=ticket_live),
    Page("ticket-called", "/t/{called}", steps=ticket_live),
    Page("ticket-closed", "/t/{closed}"),
    Page("notice-on-ticket", "/t/{notice}", steps=ticket_live),
    Page("near-on-ticket", "/t/{near}", steps=bell_pressed),
    Page("stop-messages", "/t/stop/{stop}"),
    Page("phone-ussd", "/phone/demo-bank/", role="admin", steps=ussd_talk, whole=True),
    Page("phone-sms", "/phone/demo-bank/?way=sms", role="admin", steps=sms_talk, whole=True),
    Page("poster", f"{HERE}/sites/DKR1/poster.svg", sizes=("sheet",)),
    Page("sign-in", "/sign-in/"),
    Page("counter-seat", COUNTER, role="khady"),
    Page("counter-idle", COUNTER, role="fatou", steps=console_live),
    Page("counter-called", COUNTER, role="binta", steps=console_live),
    Page("counter-serving", COUNTER, role="ousmane", steps=console_live),
    Page("counter-transfer", f"{COUNTER}?dialog=transfer", role="ousmane", steps=console_live),
    Page("display-hall", "/display/", sizes=("tv",), device="hall", steps=display_live),
    Page("display-counter", "/display/", sizes=("tv",), device="counter", steps=display_live),
    Page("display-waiting", "/display/", sizes=("tv",), device="waiting", steps=display_live),
    Page("pairing", "/display/", sizes=("tv",), steps=code_shown),
    Page("devices", f"{MANAGE}/devices/", role="admin"),
    Page("device", f"{MANAGE}/devices/{{device}}/", role="admin", whole=True),
    Page("voice", f"{MANAGE}/voice/", role="admin"),
    Page("dashboard", f"{MANAGE}/dashboard/", role="admin", steps=dashboard_live),
    Page("dashboard-queue", f"{MANAGE}/dashboard/queues/{{queue}}/", role="admin"),
    Page("alerts", f"{MANAGE}/alerts/", role="admin"),
    Page("team", f"{MANAGE}/team/", role="admin"),
    Page("team-agent", f"{MANAGE}/team/{{agent}}/", role="admin"),
    Page("customers", f"{MANAGE}/customers/", role="admin"),
    Page("feedback", f"{MANAGE}/feedback/", role="admin"),
    Page("feedback-ask", "/t/{closed}/feedback/", sizes=("phone",), whole=True),
    *[Page(f"report-{name}", f"{MANAGE}/reports/{name}/", role="admin", whole=True) for name in REPORTS],
    Page("report-staffing", f"{MANAGE}/reports/staffing/", role="admin", whole=True),
    Page("office-sites", f"{MANAGE}/sites/", role="admin"),
    Page("office-site", f"{MANAGE}/sites/{{site}}/", role="admin"),
    Page("office-hours", f"{MANAGE}/sites/{{site}}/hours/", role="admin", whole=True),
    Page("office-dates", f"{MANAGE}/sites/{{site}}/dates/", role="admin", whole=True),
    Page("office-counters", f"{MANAGE}/sites/{{site}}/counters/", role="admin"),
    Page("office-services", f"{MANAGE}/services/", role="admin"),
    Page("office-service", f"{MANAGE}/services/new/", role="admin", whole=True),
    Page("office-queues", f"{MANAGE}/queues/", role="admin"),
    Page("office-queue", f"{MANAGE}/queues/{{queue}}/", role="admin", whole=True),
    Page("office-people", f"{MANAGE}/people/", role="admin"),
    Page("office-invite", f"{MANAGE}/people/invite/", role="admin", whole=True),
    Page("office-messages", f"{MANAGE}/messages/", role="admin"),
    Page("office-message", f"{MANAGE}/messages/your_turn/sms/", role="admin", whole=True),
    Page("office-integrations", f"{MANAGE}/integrations/", role="admin"),
    Page("office-integration", f"{MANAGE}/integrations/twilio_sms/", role="admin", whole=True),
    Page("office-outbox", f"{MANAGE}/outbox/", role="admin", whole=True),
    Page("office-sent", f"{MANAGE}/sent/", role="admin", whole=True),
    Page("office-sent-one", f"{MANAGE}/sent/{{message}}/", role="admin", whole=True),
    Page("office-message-rules", f"{MANAGE}/messages/rules/", role="admin", whole=True),
    Page("office-announce", f"{MANAGE}/dashboard/queues/{{accounts}}/announce/", role="admin", steps=announced),
    Page("office-webhooks", f"{MANAGE}/webhooks/", role="admin"),
    Page("office-webhook", f"{MANAGE}/webhooks/{{endpoint}}/", role="admin"),
    Page("office-sources", f"{MANAGE}/webhooks/in/", role="admin"),
    Page("office-keys", f"{MANAGE}/keys/", role="admin"),
    Page("office-brand", f"{MANAGE}/brand/", role="admin", whole=True),
    Page("office-organisation", f"{MANAGE}/organisation/", role="admin", whole=True),
    Page("office-audit", f"{MANAGE}/audit/", role="admin"),
    Page("security", "/me/security/", role="admin", whole=True),
    Page("platform-tenants", "/platform/tenants/", role="root"),
    Page("platform-tenant", "/platform/tenants/{tenant}/", role="root", whole=True),
    Page("platform-new", "/platform/tenants/new/", role="root", whole=True),
    Page("platform-plans", "/platform/plans/", role="root"),
    Page("platform-usage", "/platform/usage/", role="root"),
    Page("platform-audit", "/platform/audit/", role="root"),
    Page("platform-health", "/platform/health/", role="root", whole=True),
    Page("kiosk-ticket", "/kiosk/", sizes=("kiosk",), device="kiosk", steps=kiosk_ticket),
    Page("kiosk-idle", "/kiosk/", sizes=("kiosk",), device="kiosk", steps=kiosk_ready),
    Page("kiosk-tiles", "/kiosk/", sizes=("kiosk",), device="kiosk", steps=kiosk_tiles),
    Page("kiosk-phone", "/kiosk/", sizes=("kiosk",), device="kiosk", steps=kiosk_phone),
    Page("kiosk-confirm", "/kiosk/", sizes=("kiosk",), device="kiosk", steps=kiosk_confirm),
    Page("not-found", "/there/is/nothing/here/"),
    Page("gallery", "/styleguide/", sizes=("desk",), whole=True),
]
"""The kiosk's ticket is a person more in the line, so it comes late; but first of the kiosk's pages, because each
browser that is a kiosk leases numbers."""
