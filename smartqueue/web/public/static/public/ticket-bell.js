// What a touch on the bell begins: sound and vibration while the page is open, and the browser's push once it is closed.
const api = `/api/v1/public/`, mine = `${api}tickets/${location.pathname.split("/")[2]}/push/`;
const isApple = /iPad|iPhone|iPod/.test(navigator.userAgent);
let rings = false, offered;

// Returns what to do at the call; nothing when the bell is off again.
export function press(bell, sound) {
  const [button, said] = bell.children;
  button.setAttribute("aria-pressed", rings = !rings);
  said.hidden = !rings;
  offered ??= offer(bell);
  return rings && (() => ring(sound));
}

async function ring(sound) {
  const tone = sound.createOscillator(), from = sound.currentTime;
  navigator.vibrate?.([400, 200, 400]);
  tone.frequency.setValueAtTime(660, from + .5);
  tone.connect(sound.destination);
  tone.start();
  tone.stop(from + 1);
  if (globalThis.Notification?.permission !== "granted") return;
  const worker = await navigator.serviceWorker?.ready;
  worker?.showNotification(document.getElementById("turn").textContent, {tag: location.pathname});
}

async function offer(bell) {
  const can = "PushManager" in window && "Notification" in window && navigator.serviceWorker;
  if (!can && !isApple) return;
  const answer = await fetch(`${location.pathname}/push/`);
  if (!answer.ok) return offered = null;
  bell.insertAdjacentHTML("beforeend", await answer.text());
  const box = bell.lastElementChild, button = box.querySelector("button");
  if (!can) return say(box, "install");
  button.hidden = false;
  if (await subscribed()) return say(box, "on");
  button.onclick = async () => {
    button.disabled = true;
    say(box, await subscribe());
    button.disabled = false;
  };
}

// One sentence of those that came with the button.
function say(box, name) {
  for (const one of box.querySelectorAll("[data-said]")) one.hidden = one.dataset.said !== name;
  if (name === "on") box.querySelector("button").hidden = true;
}

async function subscribed() {
  const worker = await navigator.serviceWorker.getRegistration();
  const known = Notification.permission === "granted" && await worker?.pushManager.getSubscription();
  return known ? await keep(known) : false;  // known to the browser: this ticket may be another one
}

async function subscribe() {
  try {
    if (await Notification.requestPermission() !== "granted") return "refused";
    const worker = await navigator.serviceWorker.ready, {key} = await (await fetch(`${api}push-key/`)).json();
    const made = await worker.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: bytes(key)});
    return await keep(made) ? "on" : "failed";
  } catch {
    return "failed";
  }
}

async function keep(subscription) {
  const {endpoint, keys} = subscription.toJSON();
  const answer = await fetch(mine, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({endpoint, keys}),
  });
  return answer.ok;
}

function bytes(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}
