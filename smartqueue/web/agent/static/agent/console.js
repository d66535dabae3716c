/** The counter's page: dialogs, keys, toasts, and news of the line. Without it the page is forms and links. */
import {connect} from "../shared/live.js";
import {setClock} from "./clock.js";
import {listen} from "./keys.js";
import {ring, setSwitch, wake} from "./sound.js";

const DEBOUNCE_MS = 300, LOCK_MS = 1000, LOOK_AGAIN_MS = 30_000;
const desk = () => document.getElementById("console");
const openDialog = () => document.querySelector("dialog[open]");
const sentence = (name) => document.querySelector(`#sentences [data-for=${name}]`).textContent;

// Dialogs

function show(opener) {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog || dialog.open) return;
  const {ticket, number, first} = opener.dataset;
  if (ticket) {
    dialog.querySelector("[name=ticket]").value = ticket;
    dialog.querySelector("[data-number]").textContent = number;
    dialog.querySelector("[data-early]").hidden = Boolean(first);
    dialog.querySelector("[name=reason]").required = !first;
  }
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]"), opener = event.target.closest("[data-dialog]");
  if (!closer && !opener) return;
  event.preventDefault();
  event.stopImmediatePropagation();  // the frame opens dialogs too
  if (closer) closer.closest("dialog").close();
  else show(opener);
}, true);
document.addEventListener("submit", (event) => event.target.matches(".seek") && event.preventDefault());
document.addEventListener("close", () => {
  document.getElementById("now")?.focus({preventScroll: true});
  if (overdue) refresh("console");
}, true);
document.addEventListener("focusout", ({target}) => target.id === "search" && overdue && soon());

function say(words) {
  const place = openDialog()?.querySelector("[data-wrong]");
  if (place) {
    place.textContent = words;
    place.hidden = false;
    return;
  }
  toast("toast-wrong", words);
}

function toast(kind, words) {
  const made = document.getElementById(kind).content.cloneNode(true);
  made.querySelector("[data-sentence]").textContent = words;
  document.getElementById("toasts").append(made);
}

// Answers

document.addEventListener("htmx:beforeSwap", ({detail}) => {
  if (detail.target.id === "console" && detail.requestConfig.verb !== "post" && isBusy()) {
    detail.shouldSwap = false;  // asked for before the form was opened, answered after
    overdue = true;
  }
  if (detail.xhr.status !== 400) return;
  detail.shouldSwap = false;
  say(detail.xhr.responseText);
});
document.addEventListener("htmx:beforeRequest", ({detail}) => {
  if (detail.requestConfig.verb !== "post") return;
  for (const toast of document.querySelectorAll("#toasts > *")) if (!toast.contains(detail.elt)) toast.remove();
});
document.addEventListener("htmx:afterRequest", ({detail}) => detail.elt.closest("sq-toast")?.remove());
document.addEventListener("htmx:afterSettle", ({detail}) => {
  kept = handed(detail.requestConfig.verb === "post");
  if (detail.target?.id !== "console") return;
  arrived();
  if (detail.requestConfig.verb !== "post" && document.activeElement !== document.body) return;
  document.getElementById("now")?.focus({preventScroll: true});
  if (detail.requestConfig.verb === "post") lock(document.getElementById("next"));
});

/** One press, one person: the button rests for a moment. */
function lock(button) {
  if (!button || button.disabled) return;
  button.disabled = true;
  setTimeout(() => { button.disabled = false; }, LOCK_MS);
}

/** The numbers that are kept for me now. A new one, that no press of mine has brought, is said and rings. */
function handed(isMine) {
  const numbers = [...document.querySelectorAll("#parked [data-for-me]")].map(({dataset}) => dataset.forMe);
  const fresh = isMine ? [] : numbers.filter((number) => !kept.includes(number));
  for (const number of fresh) toast("toast-news", sentence("handed").replace("{number}", number));
  if (fresh.length) ring();
  return numbers;
}

function arrived() {
  overdue = false;
  setClock(desk().dataset.now);
  document.title = desk().dataset.title;
}

// News

const news = {};  // queue → its newest state
let overdue = false, lost = false, timer = 0, kept = [];

/** A form that is open, or a search that is being typed, must not be swapped away. */
const isBusy = () => Boolean(openDialog()) || document.activeElement?.id === "search";

function refresh(what) {
  if (what === "console" && isBusy()) {
    overdue = true;
    what = "line";
  }
  if (what === "line" && !document.getElementById("line")) return;
  const refresher = document.getElementById(`refresh-${what}`);
  refresher.setAttribute("hx-vals", JSON.stringify({q: document.getElementById("search")?.value ?? ""}));
  htmx.trigger(refresher, "refresh");
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh(Object.values(news).some(isElsewhere) ? "console" : "line"), DEBOUNCE_MS);
}

/** Whether this state of a queue has another ticket in my hands than the page shows, or another status of mine. */
function isElsewhere({queue_id, in_hand, agents}) {
  const {agent, hand, version, queue, status} = desk().dataset;
  const mine = in_hand.find((ticket) => ticket.agent_id === agent && ticket.status !== "paused");
  const me = agents.find(({id}) => id === agent);
  const moved = mine ? mine.id !== hand || mine.version > Number(version) : queue_id === queue;
  return moved || (me !== undefined && me.status !== status);
}

function heard(message) {
  if (!message.in_hand) return;
  const before = news[message.queue_id];
  news[message.queue_id] = message;
  if (desk().dataset.idle && before && message.waiting_total > before.waiting_total) ring();
  soon();
}

function told(status, at) {
  const dot = document.getElementById("line-dot"), note = document.getElementById("offline");
  const since = at ? sentence("ago").replace("{time}", new Date(at).toLocaleTimeString(document.documentElement.lang)) : "";
  dot.className = `dot ${status}`;
  dot.querySelector("[data-word]").textContent = dot.dataset[status];
  dot.querySelector("[data-since]").textContent = status === "live" ? "" : since;
  note.querySelector("[data-since]").textContent = since;
  note.hidden = status !== "offline";
  if (status === "live" && lost) refresh("console");
  lost = status !== "live";
}

setClock(desk().dataset.now);
kept = handed(true);
listen();
wake();
setSwitch(document.getElementById("sound"));
const asked = openDialog();
if (asked) {
  asked.close();
  asked.showModal();
}
if (!document.activeElement || document.activeElement === document.body) document.getElementById("now")?.focus();
const plain = desk().dataset.socket.replace("/ws/", "/live/");
connect({url: desk().dataset.socket, sse: `${plain}events/`, poll: plain, onState: heard, onStatus: told});
setInterval(() => document.hidden || refresh("line"), LOOK_AGAIN_MS);
