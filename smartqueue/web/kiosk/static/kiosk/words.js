// The kiosk's sentences: all languages are in the page, so they change without the net.
const books = new Map([...document.querySelectorAll("template[data-words]")].map((book) => [
  book.dataset.words,
  new Map([...book.content.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word.textContent])),
]));
let tongue = document.documentElement.lang;

export function speakIn(language) {
  tongue = books.has(language) ? language : [...books.keys()][0];
  document.documentElement.lang = tongue;
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = word(place.dataset.say);
  for (const place of document.querySelectorAll("[data-label]")) place.ariaLabel = word(place.dataset.label);
  for (const button of document.querySelectorAll("[data-tongue]")) {
    button.ariaPressed = String(button.dataset.tongue === tongue);
  }
}

export const language = () => tongue;

// word("wait", {minutes: 5}); people("ahead", 3) picks ahead_0, ahead_1 or ahead_n.
export function word(key, values = {}) {
  const text = books.get(tongue)?.get(key) ?? "";
  return text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");
}

export const people = (key, count) => word(`${key}_${count > 1 ? "n" : count}`, {count});

const HOUR = 60;

// Two bounds in seconds, rounded as on paper: the lower one down, the upper one up.
function wait([from, to]) {
  const low = Math.max(0, Math.floor(from / 60)), high = Math.max(1, Math.ceil(to / 60));
  if (low < 1) return high === 1 ? word("wait_least") : word("wait_less", {minutes: high});
  if (low >= high) return word("wait", {minutes: high});
  return high > HOUR ? word("wait_hours", {low: length(low), high: length(high)}) : word("wait_between", {low, high});
}

function length(minutes) {
  if (minutes < HOUR) return word("minutes", {minutes});
  const hours = `${Math.floor(minutes / HOUR)}\u00a0h`, rest = minutes % HOUR;
  return rest ? `${hours}\u00a0${String(rest).padStart(2, "0")}` : hours;
}

// How long, and how sure that is; what is said where no counter is open is the caller's choice.
export function estimate({wait_range: range, quality}, unknown = []) {
  if (!range) return unknown;
  return quality === "rough" ? [wait(range), word("rough")] : [wait(range)];
}

// What stands on the screen, read by the browser's voice of that language; French where there is none for Wolof.
export function readAloud(section) {
  const voice = window.speechSynthesis;
  if (!voice) return;
  voice.cancel();
  const text = [...section.querySelectorAll("h1, p, .tile, output")]
    .filter((place) => place.checkVisibility()).map((place) => place.innerText.trim());
  const said = new SpeechSynthesisUtterance([...new Set(text)].filter(Boolean).join(". "));
  said.lang = tongue === "wo" && !voice.getVoices().some(({lang}) => lang.startsWith("wo")) ? "fr" : tongue;
  voice.speak(said);
}
