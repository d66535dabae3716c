/** A short tone for a new arrival. A browser is silent until somebody has pressed something. */

const KEPT = "smartqueue.sound";
let audio = null;

function isOn() {
  return localStorage.getItem(KEPT) !== "off";
}

export function ring() {
  if (!isOn() || audio?.state !== "running") return;
  const tone = audio.createOscillator(), volume = audio.createGain();
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.12, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.35);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.35);
  dispatchEvent(new CustomEvent("counter:rang"));
}

export function wake() {
  for (const act of ["pointerdown", "keydown"]) {
    addEventListener(act, () => {
      audio ??= new AudioContext();
      audio.resume();
    }, {once: true});
  }
}

/** The switch: pressed is on; remembered in this browser. */
export function setSwitch(button) {
  const show = () => {
    button.setAttribute("aria-pressed", isOn());
    button.querySelector("[data-on]").hidden = !isOn();
    button.querySelector("[data-off]").hidden = isOn();
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, isOn() ? "off" : "on");
    show();
  });
  button.hidden = false;
  show();
}
