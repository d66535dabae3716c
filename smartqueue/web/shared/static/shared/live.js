// News that heal themselves: socket, else stream, else polling. docs/decisions/0012
// onState(message): a snapshot, a newer state, or what has no number ("queues", "stats.updated").
// onStatus(status, at): "live", "late" (silent for 45 s), "offline"; at: last sign of life, ms or null.
const LATE_MS = 45_000, POLL_MS = 10_000, TRIES = 3;

export function connect({url, sse, poll, onState, onStatus = () => {}, protocols = ["smartqueue.v1"]}) {
  const seen = {};  // queue → last number
  const ways = [socket, ...(sse ? [stream] : []), ...(poll ? [polling] : [])];
  let way = 0, tries = 0, pause = 500, lastAt = null, status = "", etag = "";
  let ended = false, end = () => {}, again = 0;

  function say(now) {
    if (now !== status) onStatus(status = now, lastAt);
  }

  function alive() {
    lastAt = Date.now();
    tries = 0;
    pause = 500;
    say("live");
  }

  function hear(text) {
    const message = JSON.parse(text), id = message.queue_id ?? "";
    alive();
    if (message.type === "pong") return;
    if (message.type === "snapshot" || message.type === "state") {
      // A snapshot begins anew: a ticket may stand in another queue, whose numbers are others.
      if (message.type === "state" && message.seq < seen[id]) return;
      seen[id] = message.seq;
    }
    onState(message);
  }

  function since() {
    const [only, ...others] = Object.keys(seen);
    return others.length ? seen : seen[only] ?? null;
  }

  function socket(lost) {
    const line = new WebSocket(new URL(url, location.href.replace(/^http/, "ws")), protocols);
    line.onopen = () => line.send(JSON.stringify({type: "hello", since: since()}));
    line.onmessage = (event) => hear(event.data);
    line.onclose = (event) => lost(event.code);
    const ping = setInterval(() => line.readyState === 1 && line.send('{"type":"ping"}'), 20_000);
    return () => {
      clearInterval(ping);
      line.onclose = line.onmessage = null;
      line.close();
    };
  }

  function stream(lost) {
    const known = since();
    const line = new EventSource(known > 0 ? `${sse}?since=${known}` : sse);
    line.onopen = alive;
    line.addEventListener("here", alive);
    line.onmessage = (event) => hear(event.data);
    line.onerror = () => lost(0);
    return () => line.close();
  }

  function polling(lost) {
    const asked = new AbortController();
    let next = 0;
    async function ask() {
      try {
        const headers = etag ? {"If-None-Match": etag} : {};
        const answer = await fetch(poll, {headers, cache: "no-store", signal: asked.signal});
        if (answer.status === 304) alive();
        else if (answer.ok) {
          etag = answer.headers.get("etag") ?? "";
          (await answer.text()).split("\n").forEach(hear);
        } else return lost(4000 + answer.status);
        next = setTimeout(ask, POLL_MS);
      } catch {
        if (!asked.signal.aborted) lost(0);
      }
    }
    ask();
    return () => {
      clearTimeout(next);
      asked.abort();
    };
  }

  function open() {
    stop();
    if (!ended) end = ways[way](lost);
  }

  function lost(code) {
    offline();
    if ([4401, 4403, 4404].includes(code)) return close();  // for good
    if (++tries >= TRIES) {
      tries = 0;
      way = (way + 1) % ways.length;
    }
    again = setTimeout(open, Math.random() * pause);  // full jitter: a restart must not bring all back at once
    pause = Math.min(2 * pause, 30_000);
  }

  function stop() {
    end();
    end = () => {};
    clearTimeout(again);
  }

  function online() {
    way = tries = 0;
    pause = 500;
    open();
  }

  function offline() {
    stop();
    say("offline");
  }

  function close() {
    ended = true;
    stop();
    clearInterval(watch);
    removeEventListener("online", online);
    removeEventListener("offline", offline);
  }

  const watch = setInterval(() => {
    if (status !== "live" || Date.now() - lastAt < LATE_MS) return;
    say("late");
    open();
  }, 1000);
  addEventListener("online", online);
  addEventListener("offline", offline);
  open();
  return {close};
}
