// A voice message: recorded, listened to, deleted, and sent with the tip. It stays in this page's memory until then; what
// was recorded never leaves the phone unless whoever speaks says that their own voice may be heard. Loaded only when somebody wants to speak.

import { changePitch, RATE, resample, writeWav } from "./sound.js";

const LOWER = [0.72, 0.8];
const HIGHER = [1.25, 1.38];

/** @typedef {{ section: HTMLElement, form: HTMLFormElement, onRefused: (work: string) => void }} Options */

/** @param {Options} options */
export function openRecorder({ section, form, onRefused }) {
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (section.querySelector(`[data-voice-${name}]`));
  const [record, stop, listen, remove] = ["record", "stop", "listen", "remove"].map(part);
  const change = /** @type {HTMLInputElement} */ (part("change"));
  const status = part("status");
  const longest = Number(section.dataset.seconds);
  const words = /** @type {Record<string, string>} */ (JSON.parse(section.dataset.words ?? "{}"));
  // Another one for each recording, so that nobody undoes all of them by one number.
  const range = crypto.getRandomValues(new Uint8Array(1))[0] % 2 ? HIGHER : LOWER;
  const factor = range[0] + ((range[1] - range[0]) * crypto.getRandomValues(new Uint8Array(1))[0]) / 255;

  /** @type {Float32Array | null} */
  let sound = null;
  /** @type {Float32Array | null} */
  let changed = null;
  /** @type {MediaRecorder | null} */
  let recorder = null;
  /** @type {AudioContext | null} */
  let player = null;
  let clock = 0;
  let hasBeenWarned = false;

  part("panel").hidden = false;
  show();
  record.focus();

  function show() {
    const isRecording = recorder !== null;
    record.hidden = isRecording || sound !== null;
    stop.hidden = !isRecording;
    listen.hidden = remove.hidden = sound === null;
    part("listen-words").textContent = player === null ? words.listen : words.stop;
  }

  /** @param {number} seconds */
  const inMinutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  async function begin() {
    /** @type {MediaStream} */
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch {
      status.textContent = words.denied;
      return;
    }
    /** @type {Blob[]} */
    const pieces = [];
    const tape = new MediaRecorder(stream);
    recorder = tape;
    tape.addEventListener("dataavailable", (event) => pieces.push(event.data));
    tape.addEventListener("stop", async () => {
      for (const track of stream.getTracks()) track.stop();
      clearInterval(clock);
      await finish(new Blob(pieces, { type: tape.mimeType }));
      recorder = null;
      show();
      (sound === null ? record : listen).focus();
    });
    tape.start();
    const since = Date.now();
    const tick = () => {
      const passed = (Date.now() - since) / 1000;
      part("time").textContent = `${inMinutes(passed)} / ${inMinutes(longest)}`;
      if (passed >= longest && tape.state === "recording") tape.stop();
    };
    tick();
    clock = setInterval(tick, 250);
    status.textContent = words.recording;
    show();
    stop.focus();
  }

  /** @param {Blob} recorded */
  async function finish(recorded) {
    const context = new AudioContext();
    try {
      const decoded = await context.decodeAudioData(await recorded.arrayBuffer());
      sound = resample(decoded.getChannelData(0), decoded.sampleRate, RATE).subarray(0, longest * RATE);
      changed = null;
      part("time").textContent = inMinutes(sound.length / RATE);
      status.textContent = words.ready;
    } catch {
      status.textContent = words.failed;
    } finally {
      await context.close();
    }
  }

  /** What will be sent: the voice as it was, or the changed one. */
  function getSound() {
    if (sound === null || !change.checked) return sound;
    changed ??= changePitch(sound, factor);
    return changed;
  }

  function quiet() {
    void player?.close();
    player = null;
    show();
  }

  function play() {
    if (player !== null) return quiet();
    const samples = getSound();
    if (samples === null || samples.length === 0) return;
    player = new AudioContext();
    const buffer = player.createBuffer(1, samples.length, RATE);
    buffer.getChannelData(0).set(samples);
    const source = player.createBufferSource();
    source.buffer = buffer;
    source.connect(player.destination);
    source.addEventListener("ended", quiet);
    source.start();
    show();
  }

  function forget() {
    quiet();
    sound = changed = null;
    part("time").textContent = "";
  }

  record.addEventListener("click", begin);
  stop.addEventListener("click", () => recorder?.stop());
  listen.addEventListener("click", play);
  remove.addEventListener("click", () => {
    forget();
    status.textContent = words.removed;
    show();
    record.focus();
  });
  change.addEventListener("change", quiet);
  window.addEventListener("pagehide", () => {
    recorder?.stop();
    forget();
  });

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (recorder !== null) {
      event.preventDefault();
      onRefused("");
      status.textContent = words.stillRecording;
      stop.focus();
      return;
    }
    const samples = getSound();
    if (samples === null) return;
    event.preventDefault();
    if (button === null || button.value === "send") void send(samples);
    // Another page of the form: this one, and the recording with it, would be gone.
    else if (hasBeenWarned) {
      forget();
      form.requestSubmit(button);
    } else {
      hasBeenWarned = true;
      status.textContent = words.leaving;
      status.scrollIntoView({ block: "center" });
    }
  });

  /** @param {Float32Array} samples */
  async function send(samples) {
    quiet();
    const body = new FormData(form);
    body.set("go", "send");
    // A name is needed for a file to be one; the service stores none.
    body.set("voice", writeWav(samples), "voice");
    status.textContent = words.sending;
    try {
      const response = await fetch(form.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const form_again = page.getElementById("section");
      if (response.ok) showReceipt(page);
      else if (form_again?.dataset.work) refuse(page, form_again);
      else status.textContent = words.correct;
    } catch {
      status.textContent = words.unsent;
      onRefused("");
    }
  }

  /**
   * What the service says instead: the recording and what was written stay where they are.
   *
   * @param {Document} page
   * @param {HTMLElement} again
   */
  function refuse(page, again) {
    const sheet = /** @type {HTMLInputElement | null} */ (again.querySelector("input[name=sheet]"));
    if (sheet) /** @type {HTMLInputElement} */ (form.elements.namedItem("sheet")).value = sheet.value;
    status.textContent = page.querySelector("#told p")?.textContent || words.correct;
    status.scrollIntoView({ block: "center" });
    onRefused(again.dataset.work ?? "");
  }

  /** @param {Document} page */
  function showReceipt(page) {
    forget();
    document.title = page.title;
    // "Leave quickly" in the header stays as it is; the buttons of the languages sent the form, which is gone.
    for (const each of document.querySelectorAll("header .languages")) each.remove();
    for (const name of ["main", "footer"]) {
      const [old, fresh] = [document.querySelector(name), page.querySelector(name)];
      if (old && fresh) old.replaceWith(document.adoptNode(fresh));
    }
    window.scrollTo(0, 0);
    const heading = document.querySelector("main h1");
    heading?.setAttribute("tabindex", "-1");
    /** @type {HTMLElement | null} */ (heading)?.focus();
  }
}
