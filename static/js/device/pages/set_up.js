// Setting a phone up: the service registers it, the PIN never leaves it, then the page is stored for when there is no network.

import { DeviceError, loadArgon2, openDevice, pinProblem } from "../core/index.js";
import { pinWords, word } from "./dom.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("set-up"));
const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (form.querySelector(`[data-part="${name}"]`));
const PATIENCE = 30_000;
let isBusy = false;

/** @param {string} words */
function refuse(words) {
  const error = part("error");
  error.textContent = words;
  error.hidden = false;
  error.focus();
}

/** What is wrong with what was entered, in words; "" for nothing. */
function wrong() {
  const [pin, duress] = [field("pin").value, field("duress").value];
  if (!pin) return word("pinEmpty");
  for (const chosen of [pin, duress].filter(Boolean)) {
    const problem = pinProblem(chosen);
    if (problem) return pinWords(new DeviceError(problem));
  }
  if (pin !== field("again").value || duress !== field("duress_again").value) return word("pinDiffers");
  return pin === duress ? word("pinSame") : "";
}

/** The service's answer; raises an error with words. */
async function register() {
  const reply = await fetch(form.dataset.devices ?? "", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": field("csrfmiddlewaretoken").value },
    body: JSON.stringify({ name: field("name").value.trim() || "–", replace: field("replace").checked }),
  }).catch(() => null);
  if (!reply) throw new Error(word("setUpNetwork"));
  const body = await reply.json().catch(() => ({}));
  if (reply.status === 201) return body;
  const kind = String(body.type ?? "")
    .split("/")
    .at(-1);
  if (kind === "device-exists") {
    part("replace").hidden = false;
    throw new Error(word("setUpExists"));
  }
  throw new Error(kind === "not-granted" ? word("setUpNotGranted") : word("setUpRefused"));
}

/** The phone as it is now. */
async function openHere() {
  const { argon2 = "", version = "" } = form.dataset;
  return openDevice({
    indexedDB,
    crypto,
    fetch: window.fetch.bind(window),
    now: Date.now,
    argon2: argon2 ? await loadArgon2(argon2) : undefined,
    locks: navigator.locks,
    channel: new BroadcastChannel("vatra-device"),
    app: version,
  });
}

async function press() {
  part("error").hidden = true;
  const words = wrong();
  if (words) return refuse(words);
  part("state").textContent = word("settingUp");
  const { app = "", worker = "" } = form.dataset;
  const device = await openHere();
  try {
    if (device.state === "locked" || device.state === "open") return refuse(word("setUpHere"));
    const registered = await register();
    await device.setUp({ pin: field("pin").value, duressPin: field("duress").value || undefined, registered });
    form.reset();
    await storePage(worker);
    await device.lock();
    location.replace(app);
  } catch (error) {
    refuse(error instanceof DeviceError ? pinWords(error) : error instanceof Error ? error.message : word("trouble"));
  } finally {
    part("state").textContent = "";
    device.close();
  }
}

/**
 * The page for when there is no network. Without service workers the phone works with one only.
 *
 * @param {string} worker
 */
async function storePage(worker) {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(worker, { scope: "/field/", updateViaCache: "none" });
  await Promise.race([navigator.serviceWorker.ready, new Promise((done) => setTimeout(done, 20_000))]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  void press().finally(() => {
    isBusy = false;
  });
});

/** A phone that is set up is renewed here instead. */
async function offerRenewal() {
  const device = await openHere();
  if (device.state !== "locked") return device.close();
  const renewal = /** @type {HTMLFormElement} */ (document.getElementById("renew"));
  const inside = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (renewal.querySelector(`[data-part="${name}"]`));
  const pin = /** @type {HTMLInputElement} */ (renewal.elements.namedItem("pin"));
  const token = /** @type {HTMLInputElement} */ (renewal.elements.namedItem("csrfmiddlewaretoken"));
  form.hidden = true;
  renewal.hidden = false;
  const say = (/** @type {string} */ words) => {
    inside("renew-error").textContent = words;
    inside("renew-error").hidden = words === "";
  };
  const press = async () => {
    say("");
    const answer = await device.unlock(pin.value).catch(() => "wrong");
    pin.value = "";
    if (answer === "wiped") return location.reload();
    if (answer !== "open") return say(word("pinWrong"));
    let words = word("setUpNetwork");
    const ask = async () => {
      const reply = await fetch(renewal.dataset.renewal ?? "", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token.value },
        body: JSON.stringify({ device: device.meta?.device }),
        signal: AbortSignal.timeout(PATIENCE), // another tab may wait for its turn
      }).catch(() => null);
      if (reply?.status === 200) return reply.json();
      if (reply) words = word("setUpRefused");
      return null;
    };
    const isRenewed = await device.renew(ask).catch(() => false);
    if (device.state === "wiped") return location.reload(); // it was ended: the page says how to set it up anew
    if (isRenewed) inside("renewed").textContent = word("renewed");
    else say(words);
    await device.lock();
  };
  renewal.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    void press().finally(() => {
      isBusy = false;
    });
  });
}

void offerRenewal();
