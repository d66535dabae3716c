/** Passkeys: signing in with one, and adding one. What needs them is hidden until a browser says that it has them. */

const can = Boolean(globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON);
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/** Ask the server; its refusals are errors with a sentence. */
async function ask(address, body = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.redirected) location.reload();
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.detail), { isRefusal: true });
  return said;
}

/** Do one ceremony, and tell beside the button what went wrong; of one that nobody has asked for, only refusals. */
async function tried(place, ceremony, { isAsked = true } = {}) {
  const told = place.querySelector("[role=alert]");
  told.textContent = "";
  try {
    await ceremony();
  } catch (error) {
    if (error.isRefusal) told.textContent = error.message;
    else if (isAsked && error.name !== "AbortError") told.textContent = place.dataset.broken;
  }
}

const door = document.getElementById("passkey-sign-in");
if (door && can) {
  door.hidden = false;
  const wanted = new URLSearchParams({ next: document.querySelector("[name=next]").value });
  let waiting = new AbortController(), last = Promise.resolve(), isPressed = false;

  const enter = async (options) => {
    const { publicKey } = await ask(door.dataset.begin);
    const asked = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
    const answer = await navigator.credentials.get({ publicKey: asked, ...options });
    location.assign((await ask(`${door.dataset.end}?${wanted}`, { answer: answer.toJSON() })).next);
  };

  /** One after the other, the one before ended: the server keeps one challenge, and the first answer brings its cookie. */
  const begin = (options, how) => {
    waiting.abort();
    const { signal } = (waiting = new AbortController());
    last = last.then(() => tried(door, () => enter({ ...options, signal }), how));
  };

  door.querySelector("button").addEventListener("click", () => {
    isPressed = true;
    begin({});
  });

  // Passkeys among what the browser offers in the field of the address, where it can.
  if (await PublicKeyCredential.isConditionalMediationAvailable?.() && !isPressed) {
    begin({ mediation: "conditional" }, { isAsked: false });
  }
}

const add = document.getElementById("passkey-add");
if (add && can) {
  add.hidden = false;
  document.getElementById("passkey-cannot").hidden = true;
  add.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(add, async () => {
      const { publicKey } = await ask(add.dataset.begin);
      const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
      const name = add.elements["passkey-name"].value;
      location.assign((await ask(add.dataset.end, { name, answer: made.toJSON() })).next);
    });
  });
}
