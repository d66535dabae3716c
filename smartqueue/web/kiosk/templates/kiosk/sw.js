// Keeps the kiosk's page and what it is made of, so that it starts without the net. docs/decisions/0014
const SHELL = "kiosk-{{ version }}", PAGE = "/kiosk/", PATIENCE_MS = 4000;
const KEPT = [{% for address in addresses %}"{{ address|escapejs }}", {% endfor %}];

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const store = await caches.open(SHELL);
  await store.addAll(KEPT);
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("kiosk-") && name !== SHELL && name !== "kiosk-page").map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const {request} = event, {pathname, origin} = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === PAGE) event.respondWith(page(request));
  else if (pathname.startsWith("/static/")) event.respondWith(piece(request));
  else if (pathname.endsWith("/brand.css")) event.respondWith(page(request));
});

// The net first, with little patience; what was last shown otherwise. A pairing page is never kept.
async function page(request) {
  const store = await caches.open("kiosk-page");
  try {
    const answer = await fetch(request, {signal: AbortSignal.timeout(PATIENCE_MS)});
    if (answer.ok && (answer.headers.get("X-Kiosk") || !request.url.endsWith(PAGE))) await store.put(request.url, answer.clone());
    if (answer.status < 500) return answer;
    return await store.match(request.url) ?? answer;
  } catch (gone) {
    const kept = await store.match(request.url);
    if (kept) return kept;
    throw gone;
  }
}

async function piece(request) {
  return await caches.match(request, {ignoreVary: true}) ?? fetch(request);
}
