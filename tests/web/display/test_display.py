"""A screen's story in real browsers: calls through the API are seen and heard, a cut line is told, nothing is blank."""

import os
import shutil
import time
from itertools import pairwise

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.cast import NINE
from tests.servers import running_web
from tests.web.display.wire import wire_to

WITHIN_MS = 30_000
CALLS = 5 if os.environ.get("SMARTQUEUE_FULL") else 2  # each takes ten seconds to say, and is too old after sixty
FULL_HD, UPRIGHT = {"width": 1920, "height": 1080}, {"width": 1080, "height": 1920}


@pytest.fixture
def seat(bank):
    """Give an agent's counter a name; returns the agent."""
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.scope import in_tenant

    def name(person, words):
        with in_tenant(bank.id):
            Counter.objects.filter(id=person.agent.counter_id).update(name=words)
        return person

    return name


@pytest.fixture
def call_next(tv_web, relay, tellers):
    """An agent calls through the API of the running process; then the facts are handed over, as the worker does."""

    def do(person, queue=None):
        answer = httpx.post(
            f"{tv_web}/api/v1/tenants/{person.tenant.slug}/agents/me/call-next/",
            json={"queue_id": str((queue or tellers).id)},
            headers={"Authorization": f"Bearer {person.token}"},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        relay()
        return answer.json()

    return do


def hero(tv):
    return tv.locator(".tv-hero .tv-number")


def past(tv):
    return tv.locator(".tv-past li:not(.gap) b").all_inner_texts()


def turn_on(tv):
    """A touch, as a browser may want one before it sounds."""
    tv.mouse.click(5, 5)
    tv.wait_for_selector("body[data-sound=on]", timeout=WITHIN_MS)


def sounds_of(tv, calls):
    """Every sound, once so many calls have been said."""
    tv.wait_for_selector(f"body[data-spoken='{calls}']:not([data-speaking])", timeout=30_000 * calls)
    return tv.evaluate("window.played")


def gaps(sounds):
    """Seconds between the end of a sound and the start of the next; below zero they overlap."""
    return [after["start"] - before["end"] for before, after in pairwise(sounds)]


def grave(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in {"serious", "critical"}]


def test_a_call_is_seen_on_two_screens_and_heard(
    screen, switch_on, take, call_next, seat, binta, fatou, tellers, relay
):
    seat(binta, "Guichet 3"), seat(fatou, "Guichet 12")
    for _n in range(4):
        take()
    relay()
    hall = switch_on(screen(ticker="Bienvenue · Dalal ak jàmm"))
    waiting = switch_on(screen(layout="waiting", theme="light", voice_on=False), viewport=FULL_HD)
    assert hall.locator(".tv-welcome").is_visible()
    assert hall.locator(".tv-lines b").inner_text().startswith("4")
    turn_on(hall)
    assert waiting.locator(".tv-next li").all_inner_texts() == ["A001", "A002", "A003", "A004"]
    assert grave(hall) == []

    began = time.monotonic()
    assert call_next(binta)["number"] == "A001"
    expect(hero(hall)).to_have_text("A001", timeout=WITHIN_MS)
    assert time.monotonic() - began < 1.0
    hall.wait_for_selector("body[data-speaking=A001]", timeout=WITHIN_MS)
    assert time.monotonic() - began < 1.5
    call_next(fatou)
    expect(hero(waiting)).to_have_text("A002", timeout=WITHIN_MS)
    assert waiting.locator(".tv-next li").all_inner_texts() == ["A003", "A004"]
    assert waiting.evaluate("window.played.length") == 0
    expect(hero(hall)).to_have_text("A002", timeout=WITHIN_MS)
    assert hall.locator(".tv-hero .tv-counter").inner_text() == "Guichet 12"
    assert past(hall) == ["A001"]
    assert hall.locator(".tv-lines b").inner_text().startswith("2")
    assert grave(hall) == [] == grave(waiting)

    sounds = sounds_of(hall, calls=2)
    # chime, then twice: number, letter, number, counter, number; guichet twelve has one fragment too
    assert len(sounds) == 2 * (1 + 2 * 5)
    assert min(gaps(sounds)) >= 0
    assert hall.complaints == [] == waiting.complaints


def test_calls_within_a_second_are_said_one_after_another(
    screen, switch_on, take, seat, tellers, make_agent, relay, call
):
    agents = [seat(make_agent(f"Agent {place}", tellers), f"Guichet {place}") for place in range(1, CALLS + 1)]
    tv = switch_on(screen())
    for _n in range(CALLS):
        take()
    turn_on(tv)
    tv.evaluate(
        "new MutationObserver(() => { const said = document.body.dataset.speaking;"
        " if (said && window.order.at(-1) !== said) window.order.push(said); })"
        ".observe(document.body, {attributes: true}, window.order = [])"
    )

    numbers = [f"A{number:03}" for number in range(1, CALLS + 1)]
    for agent in agents:
        call(agent)
    relay()
    sounds = sounds_of(tv, calls=CALLS)

    assert tv.evaluate("window.order") == numbers
    assert len(sounds) == CALLS * (1 + 2 * 5)
    assert min(gaps(sounds)) >= 0
    assert all(sound["end"] - sound["start"] > 0.9 * sound["length"] for sound in sounds)  # nothing was cut off
    expect(hero(tv)).to_have_text(numbers[-1], timeout=WITHIN_MS)
    assert past(tv) == numbers[-2::-1]


OWN_VOICE = """async (chime) => {
  const {Voice} = await import(document.body.dataset.speaker);
  window.voice = new Voice({wordsAt: "/display/words/", chime, button: document.createElement("button")});
  window.order = [];
  new MutationObserver(() => window.order.push(document.body.dataset.speaking))
    .observe(document.body, {attributes: true, attributeFilter: ["data-speaking"]});
}"""


def test_calls_that_are_old_or_taken_back_are_not_said(screen, switch_on):
    tv = switch_on(screen(voice_on=False))
    tv.evaluate(OWN_VOICE, "")
    tv.evaluate("""() => {
      voice.announce({number: "A001", counter: "Guichet 1"});
      voice.announce({number: "A002", counter: "Guichet 1", isWithdrawn: () => true});
      voice.announce({number: "A003", counter: "Guichet 1"});
      voice.announce({number: "A004", counter: "Guichet 1"});
      voice.waiting.find(({number}) => number === "A003").heard -= 61_000;
    }""")
    tv.wait_for_selector("body[data-spoken='2']:not([data-speaking])", timeout=30_000)

    assert tv.evaluate("window.order.filter(Boolean)") == ["A001", "A004"]


def test_without_clips_or_words_the_line_of_calls_goes_on(screen, switch_on):
    """What cannot be loaded or decoded costs its own sound, never the next call."""
    tv = switch_on(screen(voice_on=False))
    tv.route("**/display/words/**", lambda route: route.abort())
    tv.evaluate(OWN_VOICE, "/static/nothing-here.mp3")
    tv.evaluate("""() => {
      voice.announce({number: "A001", counter: "Guichet 1"});
      voice.announce({number: "A002", counter: ""});
    }""")

    assert sounds_of(tv, calls=2) == []


UNTOUCHED = """
const resume = AudioContext.prototype.resume;
let isTouched = false;
addEventListener("pointerdown", (event) => { isTouched ||= event.isTrusted; }, true);
AudioContext.prototype.resume = function () {
  return isTouched ? resume.call(this) : Promise.reject(new DOMException("not touched yet", "NotAllowedError"));
};
window.AudioContext = class extends AudioContext {
  constructor(...options) {
    super(...options);
    if (!isTouched) this.suspend();
  }
};
"""
"""Chromium takes each look of Playwright's into the page for a touch of it; with this it goes by real ones."""


def test_a_browser_that_stays_silent_asks_for_one_click(
    screen, chromium, switch_on, take, call_next, seat, binta, tv_web
):
    """As browsers are without the kiosk's flag: nothing sounds before somebody has touched the page."""
    seat(binta, "Guichet 3")
    take()
    args = [*(["--no-sandbox"] if os.geteuid() == 0 else []), "--autoplay-policy=document-user-activation-required"]
    strict = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=args)
    try:
        tv = switch_on(screen(), browser=strict, scripts=[UNTOUCHED])
        button = tv.locator("#sound button")
        button.wait_for(timeout=WITHIN_MS)
        call_next(binta)
        expect(hero(tv)).to_have_text("A001", timeout=WITHIN_MS)
        assert tv.evaluate("window.played") == []
        assert grave(tv) == []
        button.click()
        assert len(sounds_of(tv, calls=1)) == 1 + 2 * 5
        expect(button).to_be_hidden()
        assert tv.get_by_role("button").count() == 0  # and nothing on the page turns it off again
    finally:
        strict.close()


def test_a_cut_line_keeps_the_last_state_says_since_when_and_heals(
    screen, switch_on, take, call_next, seat, binta, fatou, relay, tv_web
):
    seat(binta, "Guichet 3"), seat(fatou, "Guichet 4")
    for _n in range(3):
        take()
    with wire_to(tv_web) as wire:  # Chromium's own switch leaves service workers online, now and then
        tv = switch_on(screen(), url=wire.url)
        turn_on(tv)
        call_next(binta)
        sounds_of(tv, calls=1)
        tv.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tv.reload()  # from now on the worker keeps what it sees
        tv.wait_for_selector("body[data-line=live]")
        turn_on(tv)

        wire.cut()
        tv.wait_for_selector("#lost:not([hidden])", timeout=30_000)
        assert tv.locator("#lost").inner_text().strip()[-5:].replace(":", "").isdigit()
        assert hero(tv).inner_text() == "A001"
        assert grave(tv) == []
        call_next(fatou)

        wire.mend()
        expect(hero(tv)).to_have_text("A002", timeout=30_000)
        tv.wait_for_selector("#lost", state="hidden", timeout=30_000)
        assert min(gaps(sounds_of(tv, calls=1))) >= 0
        assert past(tv) == ["A001"]


def test_a_screen_that_starts_while_the_server_is_away_shows_what_it_last_saw(
    screen, switch_on, take, call_next, seat, binta, worker_environment, tmp_path
):
    """A server of its own is shut down under the screen, which then loads itself again."""
    seat(binta, "Guichet 3")
    take()
    with running_web(1, worker_environment, tmp_path) as url:
        tv = switch_on(screen(), url=url)
        tv.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tv.reload()
        tv.wait_for_selector("body[data-line=live]")
        call_next(binta)
        hero(tv).wait_for(timeout=WITHIN_MS)
    tv.reload()

    tv.wait_for_selector("#lost:not([hidden])", timeout=30_000)
    expect(hero(tv)).to_have_text("A001", timeout=WITHIN_MS)


def test_a_screen_that_was_cut_off_shows_a_pairing_code(screen, switch_on, take, relay, moussa, bank):
    from smartqueue.devices.actions import revoke_device
    from smartqueue.tenants.scope import in_tenant

    device = screen()
    tv = switch_on(device)
    with in_tenant(bank.id):
        revoke_device(device_id=device.id, actor=moussa.actor, at=NINE)
    take()
    relay()

    tv.wait_for_selector(".tv-hero", state="detached", timeout=30_000)
    assert tv.locator("body.tv").count() == 0
    assert "A001" not in tv.content()


def test_a_changed_screen_loads_itself_again(screen, switch_on, bank, moussa):
    from smartqueue.devices.actions import change_device
    from smartqueue.tenants.scope import in_tenant

    device = screen()
    tv = switch_on(device, clock=True)
    with in_tenant(bank.id):
        change_device(device_id=device.id, values={"ticker": "Fermé lundi"}, actor=moussa.actor, at=NINE)
    tv.clock.fast_forward(21_000)  # to the next sign of life

    tv.wait_for_selector("#ticker", timeout=WITHIN_MS)
    assert tv.locator("#ticker").inner_text() == "Fermé lundi"


@pytest.mark.parametrize(
    "viewport", [FULL_HD, UPRIGHT, {"width": 1280, "height": 720}], ids=["wide", "upright", "small"]
)
@pytest.mark.parametrize("layout", ["hall", "waiting"])
def test_nothing_leaves_the_glass(screen, switch_on, take, call_next, seat, binta, relay, layout, viewport):
    seat(binta, "Guichet des prestations familiales 12")
    for _n in range(12):
        take()
    call_next(binta)
    tv = switch_on(screen(layout=layout, ticker="Bienvenue. " * 27), viewport=viewport)

    assert tv.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        viewport["width"],
        viewport["height"],
    ]
    outside = tv.evaluate("""() => [...document.querySelectorAll(
        ".tv-number, .tv-counter, .tv-past b, .tv-next li, .tv-clock, .tv-lines li"
      )].filter((one) => {
        const box = one.getBoundingClientRect(), frame = one.parentElement.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
      }).map((one) => one.textContent)""")
    if folder := os.environ.get("SHOTS"):
        tv.screenshot(path=f"{folder}/{layout}-{viewport['width']}.png")
    assert outside == []
