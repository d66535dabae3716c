"""`live.js` in a real browser: it shows what comes, and finds another way when one is blocked."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, sync_playwright

import smartqueue

MODULE = Path(smartqueue.__file__).parent / "web/shared/static/shared/live.js"
START = """
([url, sse, poll]) => {
  window.states = [];
  window.statuses = [];
  window.line = connect({url, sse, poll,
    onState: (message) => states.push(message), onStatus: (status, at) => statuses.push([status, at])});
}
"""
NO_SOCKETS = """() => {
  window.WebSocket = class { constructor() { setTimeout(() => this.onclose({code: 1006})); } close() {} };
}"""


@pytest.fixture(scope="module")
def browser():
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs in the test's thread
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, two_webs):
    """An empty page of ours, with the module in it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{two_webs[0]}/healthz")
    page.add_script_tag(type="module", content=MODULE.read_text() + "\nwindow.connect = connect;")
    page.wait_for_function("() => Boolean(window.connect)")
    yield page
    context.close()


@pytest.fixture
def ticket_lines(take, token_of):
    def paths(ticket_id):
        token = token_of(ticket_id)
        return [f"/ws/tickets/{token}/", f"/live/tickets/{token}/events/", f"/live/tickets/{token}/"]

    return paths


def wait_for(page: Page, condition: str, timeout: float = 15_000) -> None:
    page.wait_for_function(condition, timeout=timeout)


def test_a_page_shows_the_call_over_a_socket(page, binta, take, ticket_lines, call, relay):
    page.evaluate(START, ticket_lines(take()))
    wait_for(page, "states.some((state) => state.type === 'snapshot' && state.position === 1)")
    call(binta)
    relay()

    wait_for(page, "states.at(-1).status === 'called'")
    assert page.evaluate("statuses.map(([status]) => status)") == ["live"]


def test_where_sockets_are_blocked_an_event_stream_serves(page, binta, take, ticket_lines, call, relay):
    url, sse, _ = ticket_lines(take())
    page.evaluate(NO_SOCKETS)
    page.evaluate(START, [url, sse, None])
    wait_for(page, "states.some((state) => state.type === 'snapshot')")
    call(binta)
    relay()

    wait_for(page, "states.at(-1).status === 'called'")


def test_where_streams_are_blocked_too_polling_serves(page, take, ticket_lines):
    url, _, poll = ticket_lines(take())
    page.evaluate(NO_SOCKETS)
    page.evaluate(START, [url, "/live/nothing/", poll])

    wait_for(page, "states.some((state) => state.position === 1)", timeout=30_000)
    assert page.evaluate("statuses.at(-1)[0]") == "live"


def test_offline_says_so_with_the_time_and_online_catches_up(page, binta, take, ticket_lines, call, relay):
    page.evaluate(START, ticket_lines(take()))
    wait_for(page, "states.length === 1")
    page.context.set_offline(True)
    wait_for(page, "statuses.at(-1)[0] === 'offline'")
    assert page.evaluate("Date.now() - statuses.at(-1)[1]") < 30_000
    call(binta)
    relay()
    page.context.set_offline(False)

    wait_for(page, "states.at(-1).status === 'called'")
    assert page.evaluate("statuses.at(-1)[0]") == "live"


def test_older_numbers_are_dropped_and_a_snapshot_begins_anew(page):
    page.evaluate(
        """() => {
          window.WebSocket = class {
            constructor() { window.fake = this; } send(text) { this.sent = text; } close() {}
          };
        }"""
    )
    page.evaluate(START, ["/ws/x/", None, None])
    numbers = page.evaluate(
        """() => {
          const hear = (type, seq) => fake.onmessage({data: JSON.stringify({type, seq, queue_id: "q"})});
          hear("snapshot", 5); hear("state", 7); hear("state", 6); hear("state", 7); hear("snapshot", 2);
          hear("state", 3);
          fake.onopen();
          return [states.map((state) => state.seq), JSON.parse(fake.sent)];
        }"""
    )

    assert numbers == [[5, 7, 7, 2, 3], {"type": "hello", "since": 3}]


def test_a_ticket_that_does_not_exist_is_not_asked_for_again(page):
    page.evaluate(START, ["/ws/tickets/x/", "/live/tickets/x/events/", "/live/tickets/x/"])
    wait_for(page, "statuses.length === 1 && statuses[0][0] === 'offline'")

    page.evaluate("() => { window.WebSocket = class { constructor() { window.asked = true; } close() {} }; }")
    with pytest.raises(TimeoutError):
        wait_for(page, "window.asked", timeout=2000)


def test_the_module_is_small():
    assert len(MODULE.read_bytes()) <= 4096
