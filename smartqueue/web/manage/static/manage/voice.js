// Recording and playing on the voice's page. What is recorded goes to the server at once and is played from there.
const MOST_MS = 6_000, FORMATS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus"];
const words = document.getElementById("words").dataset, upload = document.getElementById("upload"), toasts = document.getElementById("toasts");
const format = globalThis.MediaRecorder && FORMATS.find((one) => MediaRecorder.isTypeSupported(one));
let recording = null, playing = null;

function offer() {
  if (!format || !navigator.mediaDevices) return;
  for (const button of document.querySelectorAll("[data-record]")) button.hidden = false;
}

function say(sentence) {
  const toast = Object.assign(document.createElement("sq-toast"), {className: "toast late"});
  toast.setAttribute("role", "status");
  toast.setAttribute("seconds", "10");
  toast.append(Object.assign(document.createElement("span"), {textContent: sentence}));
  toasts.append(toast);
}

async function record(button) {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true}).catch(() => null);
  if (!stream) return say(words.noMicrophone);
  const recorder = recording = new MediaRecorder(stream, {mimeType: format, audioBitsPerSecond: 64_000}), parts = [];
  const face = button.querySelector("span"), ended = new Promise((done) => recorder.onstop = done);
  recorder.ondataavailable = ({data}) => parts.push(data);
  button.classList.add("on");
  face.textContent = words.stop;
  recorder.start();
  const enough = setTimeout(() => recorder.state === "recording" && recorder.stop(), MOST_MS);
  await ended;
  clearTimeout(enough);
  for (const track of stream.getTracks()) track.stop();
  recording = null;
  button.classList.remove("on");
  face.textContent = words.record;
  const key = button.closest("[data-key]").dataset.key;
  await send([new File(parts, `${key}.${format.includes("webm") ? "webm" : "ogg"}`, {type: format})]);
}

async function secondsOf(file) {
  try {
    const heard = new OfflineAudioContext(1, 1, 22_050);
    return (await heard.decodeAudioData(await file.arrayBuffer())).duration;
  } catch {
    return null;
  }
}

// Sends them one after another, so that one bad file and a thin line harm no other; then shows the list anew.
async function send(files) {
  let answered = "";
  for (const file of files) {
    const seconds = await secondsOf(file);
    if (seconds === null) {
      say(`${file.name}: ${words.noSound}`);
      continue;
    }
    const form = new FormData(upload);
    form.delete("clips");
    form.append("clips", file);
    form.append("seconds", seconds.toFixed(2));
    const answer = await fetch(location.pathname, {method: "POST", body: form}).catch(() => null);
    if (!answer?.ok) return say(words.notSent);
    answered = await answer.text();
    show(answered);
  }
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.getElementById("fragments").replaceWith(page.getElementById("fragments"));
  toasts.replaceChildren(...page.getElementById("toasts").children);
  offer();
}

document.addEventListener("click", (event) => {
  const play = event.target.closest("[data-play]"), button = event.target.closest("[data-record]");
  if (play) {
    event.preventDefault();
    playing?.pause();
    playing = new Audio(play.href);
    playing.play().catch(() => say(words.noSound));
  } else if (button) {
    if (recording) recording.state === "recording" && recording.stop();
    else record(button);
  }
});
upload.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = [...upload.querySelector("[type=file]").files], button = upload.querySelector("button");
  button.disabled = true;
  await send(chosen);
  upload.reset();
  button.disabled = false;
});
offer();
