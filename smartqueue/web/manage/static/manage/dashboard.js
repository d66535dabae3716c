/** Live figures: news of the lines fetch one fragment anew, at most once a second; without a socket every ten. */
import {connect} from "../shared/live.js";

const EVERY_MS = 1000, LOOK_AGAIN_MS = 10_000;
const now = () => document.getElementById("now");
const dot = document.getElementById("live-dot"), since = document.getElementById("live-since");

class Timer extends HTMLElement {
  /** `since`, an ISO instant, as running `mm:ss` or `h:mm:ss`, by the server's clock. */
  connectedCallback() {
    this.clock = setInterval(() => this.tell(), 1000);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  tell() {
    const passed = Math.max(0, Math.floor((Date.now() + offset - Date.parse(this.getAttribute("since"))) / 1000));
    const parts = [Math.floor(passed / 60) % 60, passed % 60].map((part) => String(part).padStart(2, "0"));
    this.textContent = (passed >= 3600 ? `${Math.floor(passed / 3600)}:` : "") + parts.join(":");
  }
}

let offset = 0, last = 0, timer = 0, asking = false, way = "late";

/** What is open or being typed must not be swapped away. */
function isBusy() {
  return document.querySelector(":popover-open:not(.side), dialog[open]:not([popover])")
    || document.activeElement?.matches("#now input, #now select, #now textarea");
}

function refresh() {
  timer = 0;
  if (asking || document.hidden || isBusy()) return;
  last = Date.now();
  htmx.trigger(now(), "refresh");
}

function soon() {
  timer ||= setTimeout(refresh, Math.max(0, last + EVERY_MS - Date.now()));
}

function arrived() {
  offset = Date.parse(now().dataset.now) - Date.now();
  since.setAttribute("at", new Date().toISOString());
  since.hidden = false;
  tell(way);
}

function tell(word) {
  dot.className = `dot ${word === "lost" ? "offline" : word === "live" ? "live" : "late"}`;
  dot.querySelector("[data-word]").textContent = dot.dataset[word];
}

document.addEventListener("htmx:beforeRequest", ({target}) => { if (target.id === "now") asking = true; });
document.addEventListener("htmx:afterRequest", ({detail}) => {
  if (detail.target?.id !== "now") return;  // whoever asked may have been swapped away by now
  asking = false;
  if (!detail.successful) tell("lost");
});
document.addEventListener("htmx:beforeSwap", ({detail}) => {
  if (detail.target.id === "now" && isBusy()) detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSettle", () => now() && arrived());

arrived();
customElements.define("sq-timer", Timer);
const site = document.getElementById("site");
if (site) {
  site.addEventListener("change", () => site.form.submit());
  site.form.querySelector("[data-with-choice]").hidden = true;
}
connect({
  url: now().dataset.socket,
  onState: soon,
  onStatus: (status) => {
    way = status;
    tell(status);
    soon();
  },
});
setInterval(() => Date.now() - last >= LOOK_AGAIN_MS && refresh(), 1000);
document.addEventListener("visibilitychange", () => document.hidden || soon());
