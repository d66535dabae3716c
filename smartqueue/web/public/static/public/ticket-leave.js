// Wait elsewhere. On the question's page: where the phone is, when asked for it. On the ticket: the panel is kept
// fresh, and the position is said while its owner agrees and the page is open.
const FRESH_MS = 12e4, SOONEST_MS = 15e3, MOVED_M = 50;
const plan = document.getElementById("plan"), panel = document.getElementById("way");
let latest, said, saidAt = 0, freshAt = Date.now();

if (plan) plan.onsubmit = (sending) => {
  if (sending.submitter?.value !== "position") return;
  sending.preventDefault();
  sending.submitter.disabled = true;
  navigator.geolocation.getCurrentPosition(({coords}) => send({by: "position", ...place(coords)}), () => {
    sending.submitter.disabled = false;
    document.getElementById("refused").hidden = false;
    document.getElementById("minutes").focus();
  }, {enableHighAccuracy: true, timeout: 2e4, maximumAge: 6e4});
};

function send(fields) {
  for (const [name, value] of Object.entries(fields)) {
    plan.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
  }
  plan.submit();
}

function place({latitude, longitude, accuracy}) {
  return {latitude, longitude, accuracy_m: accuracy};
}

if (panel) {
  if (panel.dataset.where) navigator.geolocation?.watchPosition(({coords}) => look(latest = coords), () => 0, {maximumAge: 6e4});
  setInterval(look, 5e3);
}

// Said when somebody has moved, or now and then; otherwise the panel is only asked for anew.
function look() {
  const since = Date.now() - saidAt, moved = latest && (!said || metres(said, latest) >= MOVED_M);
  if (latest && (since >= FRESH_MS || moved && since >= SOONEST_MS)) {
    said = latest;
    saidAt = Date.now();
    show(fetch(`${location.pathname}/journey/position/`, {method: "POST", body: new URLSearchParams(place(said))}));
  } else if (!document.hidden && Date.now() - freshAt >= FRESH_MS) show(fetch(`${location.pathname}/journey/?part=1`));
}

async function show(asked) {
  freshAt = Date.now();
  const answer = await asked.catch(() => 0);
  if (!answer.ok) return;
  const words = await answer.text();
  if (words) panel.innerHTML = words;
  else location.reload();  // arrived, or over: the page says so
}

// Good enough for a walk round the corner.
function metres(a, b) {
  const north = a.latitude - b.latitude, east = (a.longitude - b.longitude) * Math.cos(a.latitude * Math.PI / 180);
  return 111320 * Math.hypot(north, east);
}
