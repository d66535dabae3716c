// One screen at a time; tiles in pages of eight.
import {estimate, people, word} from "./words.js";
import {spaced} from "./paper.js";

const PAGE = 8, SVG = "http://www.w3.org/2000/svg";
const find = (id) => document.getElementById(id);
const tiles = find("tiles");
export let now = "attract";
let page = 0;

export function show(name) {
  now = name;
  for (const section of document.querySelectorAll("[data-screen]")) section.hidden = section.dataset.screen !== name;
  document.querySelector(".foot-bar").hidden = name === "attract" || name === "making";
  document.querySelector("[data-do=back]").hidden = !["services", "phone", "confirm"].includes(name);
  document.body.dataset.now = name;
  if (name === "services") page = 0;
  const title = section().querySelector("h1");
  title.tabIndex = -1;
  title.focus({preventScroll: true});
}

export const section = () => document.querySelector(`[data-screen="${now}"]`);

export function turn(step) {
  page += step;
}

// why: what keeps a tile from being chosen, "" for none; left: whether numbers are left.
export function drawTiles(state, left) {
  const last = Math.max(0, Math.ceil(state.tiles.length / PAGE) - 1);
  page = Math.min(Math.max(0, page), last);
  find("nothing").hidden = state.tiles.length > 0;
  const shown = state.tiles.slice(page * PAGE, (page + 1) * PAGE);
  tiles.dataset.count = shown.length;
  tiles.replaceChildren(...shown.map((tile) => drawn(tile, left(tile.queue))));
  const pages = document.querySelector(".pages");
  pages.hidden = last === 0;
  pages.querySelector("[data-page='-1']").disabled = page === 0;
  pages.querySelector("[data-page='1']").disabled = page === last;
}

function drawn(tile, hasNumbers) {
  const item = document.createElement("li"), button = document.createElement("button");
  button.type = "button";
  button.className = "tile";
  button.dataset.queue = tile.queue;
  const why = reason(tile, hasNumbers);
  if (why) button.setAttribute("aria-disabled", "true");
  button.append(pictogram(tile.pictogram), line("name", tile.name), line("state", why || people("waiting", tile.waiting)));
  if (!why && tile.wait_range) button.append(line("wait", estimate(tile).join(" · ")));
  item.append(button);
  return item;
}

export function reason(tile, hasNumbers) {
  if (tile.why_not === "hours") {
    return tile.hours.length ? word("closed_hours", {hours: tile.hours.join(", ")}) : word("closed_today");
  }
  if (tile.why_not) return word(tile.why_not);
  return hasNumbers ? "" : word("ask_desk");
}

function pictogram(name) {
  const svg = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "pictogram");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#pictogram-${name}`);
  svg.append(use);
  return svg;
}

function line(name, text) {
  const place = document.createElement("span");
  place.className = name;
  place.textContent = text;
  return place;
}

export function drawChosen(tile, offline) {
  document.querySelector(".chosen use").setAttribute("href", `#pictogram-${tile.pictogram}`);
  find("chosen-name").textContent = tile.name;
  const known = offline ? [word("wait_unknown")] : [people("waiting", tile.waiting), ...estimate(tile, [word("no_counter")])];
  find("chosen-line").textContent = known.join(" · ");
  const late = find("chosen-late");
  late.hidden = offline || !tile.closes;
  late.lastElementChild.textContent = word("late", {time: tile.closes});
}

// printing: "paper" when something prints it, "screen" when only this screen has it.
export function drawTicket(ticket, printing) {
  find("number").textContent = ticket.number;
  find("ticket-line").textContent = ticket.people_ahead == null ? word("wait_unknown")
    : [people("ahead", ticket.people_ahead), ...estimate(ticket)].join(" · ");
  find("ticket-what").textContent = printing === "paper" ? `${word("take_paper")} ${word("scan")}` : word("photograph");
  find("code").textContent = spaced(ticket.code);
  const qr = find("qr");
  qr.src = ticket.qr;
  qr.alt = ticket.url;
  document.body.dataset.printing = printing;
}

export function drawTyped(digits) {
  find("typed").textContent = digits.replace(/^(\d{2})(\d{0,3})(\d{0,2})(\d{0,2}).*$/, "$1 $2 $3 $4").trim() || "…";
}
