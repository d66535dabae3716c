// Keeps the last page and the last state of a screen for the time when the server is away. The network comes first.
const SHELF = "display-1";
const isKept = ({pathname}) => ["/display/", "/display/now/"].includes(pathname) || pathname.startsWith("/static/") || pathname.endsWith("/brand.css") || pathname.endsWith("/logo");

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const {request} = event, url = new URL(request.url);
  if (request.method === "GET" && url.origin === location.origin && isKept(url)) event.respondWith(freshOrKept(request));
});

async function freshOrKept(request) {
  const shelf = await caches.open(SHELF);
  try {
    const answer = await fetch(request);
    if (answer.ok) await shelf.put(request.url, answer.clone());
    else if (answer.status >= 502) throw answer;
    return answer;
  } catch (gone) {
    const kept = await shelf.match(request.url);
    if (kept) return new Response(kept.body, {status: kept.status, headers: [...kept.headers, ["X-Kept", "yes"]]});
    if (gone instanceof Response) return gone;
    throw gone;
  }
}
