// The last ticket page for when there is no network, with what it needs; nothing else that is anybody's is kept.
const KEPT = "ticket", PAGE = /^\/t\/[^/]+$/, PART = /^\/static\/public\/(ticket|icon)\b[^/]*$/;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const path = kept(event.request.url);
  if (path && event.request.method === "GET") event.respondWith(answer(event, path));
});

// The page that registered this worker was loaded before it, so it tells what it is made of.
addEventListener("message", (event) => event.waitUntil(Promise.all(event.data.map(kept).filter(Boolean).map(async (path) => {
  const found = await fetch(path);
  if (found.ok) await keep(path, found);
}))));

// The path of what may be kept; undefined for everything else.
function kept(url) {
  const {origin, pathname} = new URL(url);
  if (origin === location.origin && (PAGE.test(pathname) || PART.test(pathname))) return pathname;
}

async function answer(event, path) {
  try {
    const found = await fetch(event.request);
    if (found.ok) event.waitUntil(keep(path, found.clone()));
    else if (found.status === 404) event.waitUntil(caches.open(KEPT).then((cache) => cache.delete(path)));
    return found;
  } catch (error) {
    const known = await caches.match(path);
    if (!known) throw error;
    return PAGE.test(path) ? dated(known) : known;
  }
}

async function keep(path, found) {
  const cache = await caches.open(KEPT);
  await cache.put(path, found);
  if (!PAGE.test(path)) return;
  for (const {url} of await cache.keys()) {
    const other = new URL(url).pathname;
    if (PAGE.test(other) && other !== path) await cache.delete(url);
  }
}

// The page says itself that it is old, and from when.
async function dated(known) {
  const at = new Date(known.headers.get("date") ?? Date.now());
  const time = `${at.getHours()}:${String(at.getMinutes()).padStart(2, "0")}`;
  const page = (await known.text()).replace(/(id="lost"[^>]*?) hidden/, "$1").replace("<time></time>", `<time>${time}</time>`);
  const headers = new Headers(known.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(page, {headers});
}

// One notification for each ticket: its path is the tag, here and in ticket-bell.js. Wherever a push says it leads, it
// leads to a page of ours.
addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch {}  // a browser wants every push shown, even one that cannot be read
  const {title = "SmartQueue", body = "", lang = "", url = "/"} = told, path = new URL(url, location.origin).pathname;
  event.waitUntil(registration.showNotification(title, {body, lang, tag: path, renotify: true}));
});

addEventListener("notificationclick", (event) => {
  const path = event.notification.tag;
  event.notification.close();
  event.waitUntil(clients.matchAll({type: "window", includeUncontrolled: true}).then((open) =>
    open.find(({url}) => new URL(url).pathname === path)?.focus() ?? clients.openWindow(path)));
});
