// A ticket: a socket, else an event stream, else polling. shared/live.js, in small.
const $ = (id) => document.getElementById(id), main = $("main"), shown = main.dataset, lost = $("lost"), dot = $("dot");
const path = `tickets/${location.pathname.split("/")[2]}/`, poll = `/live/${path}`, ways = [socket, stream, polling];
const ago = new Intl.RelativeTimeFormat([document.documentElement.lang, "fr"], {style: "short"});
const bell = $("bell").firstElementChild, worker = navigator.serviceWorker;
let way = 0, tries, pause, seq = null, at = lost.hidden && Date.now(), live, end, again, rings, sound;

function put(name, text) {
  for (const field of main.querySelectorAll(`[data-f=${name}]`)) field.textContent = text ?? "";
}

function hear({data}) {
  const m = JSON.parse(data);
  alive();
  if (m.type === "pong" || m.type === "state" && m.seq < seq) return;
  seq = m.seq;
  if (rings && m.status === "called" && m.version > shown.version) ring();
  const low = Math.floor(m.eta_low_seconds / 60), high = Math.ceil(m.eta_high_seconds / 60) || 1;
  Object.assign(shown, {status: m.status, version: m.version, ahead: m.people_ahead ?? ""});
  put("ahead", m.people_ahead);
  put("counter", m.counter);
  put("eta", low < 1 ? `< ${high}` : low < high ? `${low}–${high}` : high);
  $("eta").hidden = m.eta_high_seconds == null;
}

function ring() {
  const tone = sound.createOscillator(), from = sound.currentTime;
  navigator.vibrate?.([400, 200, 400]);
  tone.frequency.setValueAtTime(660, from + .5);
  tone.connect(sound.destination);
  tone.start();
  tone.stop(from + 1);
  if (globalThis.Notification?.permission === "granted")
    worker?.ready.then((one) => one.showNotification($("turn").textContent, {tag: "turn"}));
}

bell.onclick = () => {
  bell.setAttribute("aria-pressed", rings = !rings);
  bell.nextElementSibling.hidden = !rings;
  sound ??= new AudioContext();  // only a touch may begin a sound
  globalThis.Notification?.requestPermission();
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
  line.onopen = () => line.send(JSON.stringify({type: "hello", since: seq}));
  line.onmessage = hear;
  line.onclose = over;
  const ping = setInterval(() => line.readyState === 1 && line.send('{"type":"ping"}'), 20e3);
  return () => {
    clearInterval(ping);
    line.onclose = line.onmessage = null;
    line.close();
  };
}

function stream() {
  const line = new EventSource(poll + "events/");
  line.onopen = alive;
  line.addEventListener("here", alive);
  line.onmessage = hear;
  line.onerror = over;
  return () => line.close();
}

function polling() {
  const asked = new AbortController();
  fetch(poll, {cache: "no-cache", signal: asked.signal}).then(async (answer) => {  // the browser keeps the ETag
    if (!answer.ok) return over({code: 4000 + answer.status});
    hear({data: await answer.text()});
    again = setTimeout(open, 1e4);
  }).catch(() => asked.signal.aborted || over({}));
  return () => asked.abort();
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
$("bell").hidden = false;

worker?.register("/sw.js");
worker?.ready.then(({active}) => active.postMessage([location.href, ...performance.getEntriesByType("resource").map(({name}) => name)]));
