// The kiosk: which screen follows which, who is idle, and what is heard from the server.
import {Gone, Refused, ask, stock, sync, take} from "./counter.js";
import {print} from "./paper.js";
import * as screens from "./screens.js";
import * as store from "./store.js";
import {language, readAloud, speakIn, word} from "./words.js";

const IDLE_S = 30, WARNING_S = 10, TICKET_S = 20, POLL_MS = 10_000, HEARTBEAT_MS = 20_000;
const LONGEST_PHONE = 9, PRINT_TRIES = 3, PRINT_PAUSE_MS = 3000;
const first = document.documentElement.lang, still = document.getElementById("still");
let state = JSON.parse(document.getElementById("state").textContent);
let etag = "", online = true, chosen = null, phone = "", ticket = null, quiet = 0, problem = "";
const left = new Map();

// Hearing

async function refresh() {
  try {
    const answer = await fetch("/kiosk/state/", {
      cache: "no-store", headers: etag ? {"If-None-Match": etag} : {}, signal: AbortSignal.timeout(4000),
    });
    if (answer.status === 401) return again();
    if (answer.status >= 500) throw new Gone();
    if (answer.ok) {
      etag = answer.headers.get("etag") ?? "";
      state = await answer.json();
    }
    await link(true);
  } catch {
    await link(false);
  }
  await count();
  if (screens.now === "services") draw();
}

async function link(isThere) {
  online = isThere;
  document.querySelector(".link-lost").hidden = isThere;
  if (!isThere) return;
  try {
    await sync();
    await stock();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) again();
  }
}

async function count() {
  const counted = await Promise.all(state.tiles.map(async ({queue}) => [queue, await store.left(queue)]));
  left.clear();
  for (const [queue, numbers] of counted) left.set(queue, numbers);
}

async function heartbeat() {
  try {
    const {revision} = await ask("/devices/heartbeat/", {problem, version: "kiosk-1"});
    if (revision !== state.revision && screens.now === "attract") again();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) again();
  }
}

// Other settings, or no kiosk any more: the page shows which.
const again = () => location.reload();

// Screens

const draw = () => screens.drawTiles(state, (queue) => (left.get(queue) ?? 0) > 0);

function begin() {
  chosen = ticket = null;
  phone = "";
  quiet = 0;
  still.close();
  window.speechSynthesis?.cancel();
  speakIn(first);
  screens.show("attract");
}

function services() {
  screens.show("services");
  draw();
}

function choose(queue) {
  const tile = state.tiles.find((one) => one.queue === queue);
  if (!tile || screens.reason(tile, (left.get(queue) ?? 0) > 0)) return;
  chosen = tile;
  phone = "";
  document.getElementById("phone-wrong").hidden = true;
  screens.drawTyped(phone);
  screens.show("phone");
}

function confirm() {
  screens.drawChosen(chosen, !online);
  screens.show("confirm");
}

async function giveTicket() {
  screens.show("making");
  try {
    const given = await take({queue: chosen.queue, language: language(), phone});
    await count();
    if (!given) return sorry(word("ask_desk"));
    ticket = {...moment(), service: chosen.name, ...given.ticket};
    if (given.offline) await link(false);
    await printed();
  } catch (error) {
    refused(error);
  }
}

// Time and date as the kiosk's clock has them, for paper that the server knows nothing of.
function moment() {
  const at = new Date(), two = (number) => String(number).padStart(2, "0");
  return {time: `${two(at.getHours())}:${two(at.getMinutes())}`,
    date: `${two(at.getDate())}/${two(at.getMonth() + 1)}/${at.getFullYear()}`};
}

// The browser prints, or the house's network printer. Where nothing does, the screen is the ticket.
async function printed() {
  const mine = ticket;
  if (state.printer !== "escpos") {
    screens.drawTicket(mine, "paper");
    screens.show("ticket");
    return print(mine);
  }
  for (let tries = 0; tries < PRINT_TRIES && ticket === mine; tries++) {
    if (tries) await new Promise((resolve) => setTimeout(resolve, PRINT_PAUSE_MS));
    const status = await onNetworkPrinter(mine);
    if (ticket !== mine) return;
    if (status === "printing") continue;
    problem = status === "printed" ? "" : status;
    screens.drawTicket(mine, problem ? "screen" : "paper");
    if (!tries) screens.show("ticket");
    heartbeat();
    if (!problem) return;
  }
}

async function onNetworkPrinter({print: wanted}) {
  if (!wanted) return "printer_lost";
  try {
    return (await ask(`/kiosk/prints/${wanted}/`, {})).status;
  } catch {
    return "printer_lost";
  }
}

function refused(error) {
  if (!(error instanceof Refused)) return sorry(word("sorry_why"));
  if (error.status === 401) return again();
  if (error.errors.phone) {
    document.getElementById("phone-wrong").hidden = false;
    return screens.show("phone");
  }
  const known = {queue_closed: "closed", site_closed: "closed", queue_paused: "paused", queue_full: "full"}[error.code];
  sorry(word(known ?? "sorry_why"));
  refresh();
}

function sorry(why) {
  document.getElementById("sorry-why").textContent = why;
  screens.show("sorry");
}

const back = () => ({services: begin, phone: services, confirm: () => screens.show("phone")})[screens.now]?.();

const doings = {
  back, take: giveTicket, done: begin, again: services, here: () => still.close(),
  skip: () => { phone = ""; confirm(); },
  "phone-next": confirm,
  reprint: () => printed(),
  listen: () => readAloud(screens.section()),
};

function type(key) {
  phone = key === "delete" ? phone.slice(0, -1) : `${phone}${key}`.slice(0, LONGEST_PHONE);
  document.getElementById("phone-wrong").hidden = true;
  screens.drawTyped(phone);
}

document.addEventListener("click", ({target}) => {
  const button = target.closest("button");
  if (!button) return;
  const {language: spoken, tongue, queue, key, page, do: doing} = button.dataset;
  if (spoken) { speakIn(spoken); services(); }
  else if (tongue) { speakIn(tongue); redraw(); }
  else if (queue) choose(queue);
  else if (key) type(key);
  else if (page) { screens.turn(Number(page)); draw(); }
  else if (doing) doings[doing]();
});

function redraw() {
  if (screens.now === "services") draw();
  if (screens.now === "confirm") screens.drawChosen(chosen, !online);
  if (screens.now === "ticket" && document.body.dataset.printing) screens.drawTicket(ticket, document.body.dataset.printing);
}

// Idle

for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => {
    quiet = 0;
    still.close();
  }, {capture: true});
}

function tick() {
  const at = moment();
  document.getElementById("clock").textContent = at.time;
  if (screens.now === "attract" || screens.now === "making") return;
  quiet++;
  const limit = screens.now === "ticket" ? TICKET_S : IDLE_S;
  if (quiet >= limit) return begin();
  if (quiet < limit - WARNING_S || screens.now === "ticket") return;
  document.getElementById("still-why").textContent = word("still_why", {seconds: limit - quiet});
  if (!still.open) still.showModal();
}

// Start

speakIn(first);
screens.show("attract");
tick();
setInterval(tick, 1000);
setInterval(refresh, POLL_MS);
setInterval(heartbeat, HEARTBEAT_MS);
addEventListener("online", refresh);
addEventListener("offline", () => link(false));
navigator.storage?.persist?.();
navigator.serviceWorker?.register("/kiosk/sw.js", {scope: "/kiosk/"});
await refresh();
heartbeat();
document.body.dataset.ready = "1";
