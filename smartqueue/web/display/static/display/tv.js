// A screen's behaviour: fetches what is shown whenever there is news, rings and speaks for calls, says when it is cut off.
const {layout, counter, socket, revision, zone, voice: voiceOn, chime, now, live, speaker} = document.body.dataset;
const [{connect}, {Voice}] = await Promise.all([import(live), import(speaker)]);
const shown = document.getElementById("now"), lost = document.getElementById("lost"), clock = document.getElementById("clock");
const HEARTBEAT_MS = 20_000, LOOK_MS = 10_000, FRESH_MS = 60_000, VERSION = "1";
const time = new Intl.DateTimeFormat("fr", {hour: "2-digit", minute: "2-digit", timeZone: zone});
const voice = voiceOn === "on" && new Voice({wordsAt: "/display/words/", chime, button: document.getElementById("sound")});
let ahead = Date.parse(now) - Date.now();  // the server's clock before ours

// What is on the glass

const callsShown = () => JSON.parse(shown.querySelector("[data-calls]").dataset.calls);
let known = new Set(callsShown().map(({key}) => key)), shownAt = Date.now() + ahead, text = "", fetching = null, wanted = false, answers = true;
const toCompare = new Set();  // queues of which facts may be missing

function refresh() {
  wanted = true;
  fetching ??= fetchWhileWanted().finally(() => fetching = null);
}

async function fetchWhileWanted() {
  while (wanted) {
    wanted = false;
    try {
      const answer = await fetch("/display/now/", {cache: "no-store"});
      if (answer.status === 401) return location.reload();  // cut off: the page says what to do
      if (!answer.ok) throw answer.status;
      const comparing = [...toCompare];
      show(await answer.text());
      answers = !answer.headers.has("x-kept");
      shownAt = Date.parse(answer.headers.get("date")) || shownAt;
      sayWhatIsNew(comparing);
    } catch {
      answers = false;  // the next look tries again
    }
    tellLine();
  }
}

function show(html) {
  if (html === text) return;
  const before = shown.querySelector(".tv-hero").dataset.key;
  shown.innerHTML = text = html;
  const hero = shown.querySelector(".tv-hero");
  if (hero.dataset.key && hero.dataset.key !== before) hero.classList.add("new");
}

// Calls: by the facts of the stream, and where those are missing by what is new on the glass

const heard = {}, said = new Map();  // queue → number of the last fact; queue and number → when it was said
let status = "", aliveAt = 0;

function hear({type, queue_id: queue, seq, facts, calls, gap}) {
  if (type === "snapshot" || type === "state") {
    const last = heard[queue], away = Date.now() - aliveAt;
    if (last === undefined || gap) toCompare.add(queue);
    for (const fact of facts) {
      if (fact.seq <= last) continue;
      if (type === "snapshot" && away > FRESH_MS && !calls.some((call) => call.number === fact.number && isRecent(call))) continue;
      say({queue, number: fact.number, counter: fact.counter});
    }
    heard[queue] = seq;
  }
  refresh();
}

const isRecent = ({called_at}) => Date.now() + ahead - Date.parse(called_at) < FRESH_MS;

function sayWhatIsNew(queues) {
  const calls = callsShown();
  for (const call of calls.toReversed()) {
    if (!queues.includes(call.queue) || known.has(call.key) || !isRecent(call)) continue;
    if (Date.now() - (said.get(`${call.queue} ${call.number}`) ?? 0) > LOOK_MS) say(call);
  }
  queues.forEach((queue) => toCompare.delete(queue));
  known = new Set(calls.map(({key}) => key));
}

function say({queue, number, counter: place}) {
  said.set(`${queue} ${number}`, Date.now());
  if (said.size > 500) said.delete(said.keys().next().value);
  if (layout === "counter" && place !== counter) return;
  voice && voice.announce({number, counter: place, isWithdrawn: () => isWithdrawn(queue, number)});
}

// A call that was taken back is not said any more; one that six newer calls have pushed off the list is.
function isWithdrawn(queue, number) {
  const calls = callsShown().filter((call) => call.queue === queue);
  return calls.length > 0 && calls.length < 6 && !calls.some((call) => call.number === number) && !fetching;
}

connect({
  url: socket,
  onState: hear,
  onStatus(now, at) {
    status = document.body.dataset.line = now;
    if (now === "live") return tellLine();
    if (at) aliveAt = at;
    refresh();
  },
});

// A network that breaks sockets but answers questions is a line too.
function tellLine() {
  lost.hidden = status === "live" || status === "" || answers;
  if (!lost.hidden) lost.lastElementChild.textContent = lost.dataset.words.replace("{time}", time.format(Math.max(aliveAt + ahead, shownAt)));
}

setInterval(() => {
  if (status === "live") return;
  Object.keys(heard).concat(callsShown().map(({queue}) => queue)).forEach((queue) => toCompare.add(queue));
  refresh();
}, LOOK_MS);

// The clock, the message, the signs of life

setInterval(() => {
  const told = time.format(Date.now() + ahead);
  if (clock.textContent !== told) clock.textContent = told;
}, 1000);

const ticker = document.getElementById("ticker");
if (ticker && ticker.scrollWidth > ticker.clientWidth) {
  ticker.style.setProperty("--ticker-s", `${Math.round(ticker.scrollWidth / 90)}s`);
  ticker.classList.add("moves");
}

async function beat() {
  try {
    const answer = await fetch("/devices/heartbeat/", {method: "POST", body: JSON.stringify({problem: "", version: VERSION})});
    if (answer.status === 401) return location.reload();
    if (!answer.ok) return;
    const told = await answer.json();
    ahead = Date.parse(told.now) - Date.now();
    if (String(told.revision) !== revision) reloadWhenQuiet();
  } catch {
    // the socket says that the line is cut
  }
}

function reloadWhenQuiet(tries = 90) {
  if (!voice || voice.isQuiet || !tries) location.reload();
  else setTimeout(reloadWhenQuiet, 1000, tries - 1);
}

beat();
setInterval(beat, HEARTBEAT_MS);
navigator.serviceWorker?.register("/display/worker.js", {scope: "/display/"}).catch(() => {});
if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {});
document.body.dataset.ready = "yes";
