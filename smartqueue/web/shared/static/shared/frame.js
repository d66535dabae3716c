/** What the shared components do beyond HTML. Everything is readable and usable without this file. */

class Tabs extends HTMLElement {
  /** Sections with `data-tab` become panels; arrow keys, Home and End move between their tabs. */
  connectedCallback() {
    if (this.querySelector("[role=tablist]")) return;
    this.panels = [...this.querySelectorAll(":scope > [data-tab]")];
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.tabs = this.panels.map((panel, place) => {
      const tab = Object.assign(document.createElement("button"), {
        type: "button", id: `${panel.id}-tab`, textContent: panel.dataset.tab, onclick: () => this.show(place),
      });
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      panel.tabIndex = 0;
      panel.querySelector("h3")?.remove();
      return tab;
    });
    list.append(...this.tabs);
    list.addEventListener("keydown", (event) => this.move(event));
    this.prepend(list);
    this.show(Math.max(0, this.panels.findIndex((panel) => `#${panel.id}` === location.hash)));
  }

  move(event) {
    const now = this.tabs.indexOf(document.activeElement), last = this.tabs.length - 1;
    const to = { ArrowRight: now === last ? 0 : now + 1, ArrowLeft: now ? now - 1 : last, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.show(to);
    this.tabs[to].focus();
  }

  show(chosen) {
    this.panels.forEach((panel, place) => {
      panel.hidden = place !== chosen;
      this.tabs[place].setAttribute("aria-selected", place === chosen);
      this.tabs[place].tabIndex = place === chosen ? 0 : -1;
    });
  }
}

class Toast extends HTMLElement {
  /** Leaves after `seconds`; waits while the pointer or the focus is on it; Escape sends it away. */
  connectedCallback() {
    this.left = Number(this.getAttribute("seconds"));
    if (!this.left) return;
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.remove());
    this.clock = setInterval(() => this.matches(":hover, :focus-within") || this.tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  tick() {
    this.left -= 1;
    if (this.left <= 0) return this.remove();
    const shown = this.querySelector("[data-left]");
    if (shown) shown.textContent = `${this.left} s`;
  }
}

class Since extends HTMLElement {
  /** `at`, an ISO instant, as "3 seconds ago". French stands in where the browser has no Wolof. */
  connectedCallback() {
    this.words = new Intl.RelativeTimeFormat([document.documentElement.lang, "fr"], { numeric: "auto" });
    this.clock = setInterval(() => this.tell(), 1000);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  tell() {
    const passed = Math.max(0, Math.round((Date.now() - Date.parse(this.getAttribute("at"))) / 1000));
    const [unit, length] = passed < 60 ? ["second", 1] : passed < 3600 ? ["minute", 60] : ["hour", 3600];
    this.textContent = `· ${this.words.format(-Math.floor(passed / length), unit)}`;
  }
}

customElements.define("sq-tabs", Tabs);
customElements.define("sq-toast", Toast);
customElements.define("sq-since", Since);

document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
});
