/** Time on the console runs by the server's clock: a counter's computer may be minutes off. */

let offset = 0;

/** Learn the server's instant, as written on a fragment that has just arrived. */
export function setClock(iso) {
  offset = Date.parse(iso) - Date.now();
}

const now = () => Date.now() + offset;

class Timer extends HTMLElement {
  /** `since`, an ISO instant, as running `mm:ss` or `h:mm:ss`. */
  connectedCallback() {
    this.clock = setInterval(() => this.tell(), 1000);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  tell() {
    const passed = Math.max(0, Math.floor((now() - Date.parse(this.getAttribute("since"))) / 1000));
    const parts = [Math.floor(passed / 60) % 60, passed % 60].map((part) => String(part).padStart(2, "0"));
    this.textContent = (passed >= 3600 ? `${Math.floor(passed / 3600)}:` : "") + parts.join(":");
  }
}

class Ready extends HTMLElement {
  /** The button in it may be pressed from `at`, an ISO instant, on; until then it says how long. */
  connectedCallback() {
    this.clock = setInterval(() => this.tell(), 250);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  tell() {
    const left = Math.ceil((Date.parse(this.getAttribute("at")) - now()) / 1000);
    this.querySelector("button").disabled = left > 0;
    this.querySelector("[data-left]").textContent = left > 0 ? `${left} s` : "";
    if (left <= 0) clearInterval(this.clock);
  }
}

customElements.define("sq-timer", Timer);
customElements.define("sq-ready", Ready);
