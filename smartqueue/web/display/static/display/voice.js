// The voice of a screen: calls wait in line here too, and never speak over each other.
// document.body.dataset: sound ("on", "blocked"), speaking (the number being said, or absent), spoken (how many so far).
const TOO_OLD_MS = 60_000, MOST_WAITING = 50, TIMES = 2, PATIENCE_MS = 4_000;
const PAUSE_MS = {counter: 180, between: 650};

const after = (ms) => new Promise((done) => setTimeout(done, ms));
const within = (ms, promise, otherwise) => Promise.race([promise, after(ms).then(otherwise)]);

export class Voice {
  // wordsAt: address that tells the words of a call, with ?number= and &counter=. chime: address or "".
  // button: asks for the click without which a browser stays silent.
  constructor({wordsAt, chime, button}) {
    Object.assign(this, {wordsAt, chime, button, waiting: [], sounds: new Map(), busy: false, spoken: 0});
    this.context = new AudioContext();
    this.context.onstatechange = () => this.tell();
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => this.unlock(), {passive: true});
    this.unlock();
    setTimeout(() => this.tell(), 1500);  // a browser that may sound needs a moment
  }

  tell() {
    const running = this.context.state === "running";
    document.body.dataset.sound = running ? "on" : "blocked";
    this.button.hidden = running;
    if (running) this.drain();
  }

  unlock() {
    if (this.context.state !== "running") this.context.resume().catch(() => {});
  }

  announce(call) {
    this.waiting.push({...call, heard: Date.now()});
    this.waiting.splice(0, Math.max(0, this.waiting.length - MOST_WAITING));
    this.unlock();
    this.drain();
  }

  get isQuiet() {
    return !this.busy && !this.waiting.length;
  }

  async drain() {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.waiting.length && this.context.state === "running") {
        const call = this.waiting.shift();
        if (Date.now() - call.heard > TOO_OLD_MS || call.isWithdrawn?.()) continue;
        document.body.dataset.speaking = call.number;
        await this.speak(call).catch(() => {});  // whatever fails, the next call is said
        document.body.dataset.spoken = ++this.spoken;
      }
    } finally {
      delete document.body.dataset.speaking;
      this.busy = false;
    }
  }

  async speak({number, counter}) {
    const words = within(PATIENCE_MS, this.words(number, counter), () => []);
    const chime = this.chime && await this.sound(this.chime);
    if (chime) await this.play(chime);
    const said = await words;
    const loaded = new Map(await Promise.all(said.flatMap(({pieces}) => pieces)
      .filter(({url}) => url).map(async ({url}) => [url, await this.sound(url)])));
    for (let time = 0; time < TIMES; time++) {
      for (const {language, pieces} of said) {
        let read = [];
        for (const {url, words, key} of pieces) {
          const sound = loaded.get(url);
          if (!sound) {
            read.push(words);
            continue;
          }
          if (read.length) await this.read(read.join(" "), language);
          read = [];
          if (key === "counter") await after(PAUSE_MS.counter);
          await this.play(sound);
        }
        if (read.length) await this.read(read.join(" "), language);
        await after(PAUSE_MS.between);
      }
    }
  }

  async words(number, counter) {
    const asked = new URLSearchParams({number, counter: counter ?? ""});
    const answer = await fetch(`${this.wordsAt}?${asked}`).catch(() => null);
    return answer?.ok ? (await answer.json()).languages : [{language: "fr", pieces: [{words: `${number}. ${counter ?? ""}`}]}];
  }

  // A recording without the silence around it; null when it is not there or no sound.
  async sound(url) {
    if (!this.sounds.has(url)) {
      const loading = fetch(url).then((answer) => answer.ok ? answer.arrayBuffer() : Promise.reject())
        .then((bytes) => this.context.decodeAudioData(bytes)).then(trimmed)
        .catch(() => (this.sounds.delete(url), null));
      this.sounds.set(url, loading);
    }
    return within(PATIENCE_MS, this.sounds.get(url), () => null);
  }

  async play({buffer, start, length}) {
    const node = new AudioBufferSourceNode(this.context, {buffer});
    const ended = new Promise((done) => node.onended = done);
    node.connect(this.context.destination);
    node.start(0, start, length);
    await within(length * 1000 + 1500, ended, () => node.stop());
  }

  // The browser's own voice, where it has one of this language; French stands in for Wolof. Silence otherwise.
  async read(words, language) {
    const spoken = language === "wo" ? "fr" : language;
    const voice = globalThis.speechSynthesis?.getVoices().find(({lang}) => lang.toLowerCase().startsWith(spoken));
    if (!voice) return;
    const said = Object.assign(new SpeechSynthesisUtterance(words), {voice, lang: voice.lang, rate: .95});
    const ended = new Promise((done) => said.onend = said.onerror = done);
    speechSynthesis.speak(said);
    await within(1500 + 150 * words.length, ended, () => speechSynthesis.cancel());
  }
}

function trimmed(buffer) {
  const samples = buffer.getChannelData(0), loud = (sample) => Math.abs(sample) > .008;
  const first = samples.findIndex(loud), last = samples.findLastIndex(loud);
  if (first < 0) return null;
  const margin = .015 * buffer.sampleRate, start = Math.max(0, first - margin) / buffer.sampleRate;
  return {buffer, start, length: Math.min(samples.length, last + margin) / buffer.sampleRate - start};
}
