// A ticket: a socket, else an event stream, else polling. shared/live.js, in small.
const $ = (id) => document.getElementById(id), main = $("main"), shown = main.dataset, lost = $("lost"), dot = $("dot");
const path = `tickets/${location.pathname.split("/")[2]}/`, poll = `/live/${path}`, ways = [socket, stream, polling];
const ago = new Intl.RelativeTimeFormat([document.documentElement.lang, "fr"], {style: "short"});
const bell = $("bell"), worker = navigator.serviceWorker;
let way = 0, tries, pause, seq = null, at = lost.hidden && Date.now(), live, end, again, ring, sound, sign = head;

function put(name, text) {
  for (const field of main.querySelectorAll(`[data-f=${name}]`)) field.textContent = text ?? "";
}

function hear({data}) {
  const m = JSON.parse(data);
  alive();
  if (m.type === "notice") return Object.assign($("notice"), {hidden: false, textContent: m.text});
  if (m.type === "pong" || m.type === "state" && m.seq < seq) return;
  seq = m.seq;
  if (ring && m.status === "called" && m.version > shown.version) ring();
  const low = Math.floor(m.eta_low_seconds / 60), high = Math.ceil(m.eta_high_seconds / 60) || 1;
  const h = (n) => high < 60 ? n : `${n / 60 | 0} h ${n % 60}`;
  Object.assign(shown, {status: m.status, version: m.version, ahead: m.people_ahead ?? ""});
  put("ahead", m.people_ahead);
  put("counter", m.counter);
  put("eta", low < 1 ? `< ${h(high)}` : low < high ? `${h(low)}–${h(high)}` : h(high));
  $("eta").hidden = m.eta_high_seconds == null;
}

bell.firstElementChild.onclick = async () => {
  sound ??= new AudioContext();
  ring = (await import(bell.dataset.more)).press(bell, sound);
};

function say(now) {
  live = now;
  dot.hidden = !now;
  lost.hidden = now;
  if (at) lost.querySelector("time").textContent = new Date(at).toTimeString().slice(0, 5);
}

function alive() {
  at = Date.now();
  tries = 0;
  pause = 500;
  say(true);
}

function socket() {
  const line = new WebSocket(`${location.origin.replace("http", "ws")}/ws/${path}`, "smartqueue.v1");
  const tell = (type) => line.readyState === 1 && line.send(JSON.stringify({type, since: seq, here: !document.hidden}));
  line.onopen = () => tell("hello");
  line.onmessage = hear;
  line.onclose = over;
  sign = () => tell("ping");
  return () => {
    sign = head;
    line.onclose = line.onmessage = null;
    line.close();
  };
}

function stream() {
  const line = new EventSource(poll + "events/");
  line.onopen = () => alive(head());
  line.addEventListener("here", alive);
  line.onmessage = hear;
  line.onerror = over;
  return () => line.close();
}

function polling() {
  const asked = new AbortController();
  fetch(poll, {cache: "no-cache", signal: asked.signal}).then(async (answer) => {  // the browser keeps the ETag
    if (!answer.ok) return over({code: 4000 + answer.status});
    (await answer.text()).split("\n").forEach((data) => hear({data}));
    again = setTimeout(open, 1e4);
  }).catch(() => asked.signal.aborted || over({}));
  return () => asked.abort();
}

// Only a page that is looked at counts as told: the others are sent messages.
function head() {
  fetch(`${poll}?here=${+!document.hidden}`, {method: "HEAD", keepalive: true}).catch(() => 0);
}

function open() {
  stop();
  end = ways[way]();
}

function stop() {
  end?.();
  clearTimeout(again);
}

function over({code}) {
  stop();
  say(false);
  if (code === 4404) return;
  if (++tries > 2) tries = 0, way = ++way % 3;
  again = setTimeout(open, Math.random() * pause);  // full jitter
  pause = Math.min(2 * pause, 3e4);
}

onoffline = over;
(ononline = () => {
  way = tries = 0;
  pause = 500;
  open();
})();
setInterval(() => {
  const silent = Math.round((at - Date.now()) / 1e3);
  dot.firstElementChild.textContent = ago.format(silent, "second");
  if (live && silent < -45) open();
}, 1e3);
setInterval(() => sign(), 15e3);
document.onvisibilitychange = () => sign();
bell.hidden = false;

worker?.register("/sw.js");
worker?.ready.then(({active}) => active.postMessage([location.href, ...performance.getEntriesByType("resource").map(({name}) => name)]));
