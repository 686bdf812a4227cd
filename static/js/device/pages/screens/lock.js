// What the phone shows when it isn't open.

import { part, show, word } from "../dom.js";

/** @type {(app: PhoneApp) => PhoneScreen} */
export function none() {
  show("none");
  return {};
}

/** @type {(app: PhoneApp) => PhoneScreen} */
export function wiped(app) {
  const screen = show("wiped");
  const tell = async () => {
    const waiting = (await app.device.queue.list()).filter((item) => item.state === "phone").length;
    part(screen, "state").textContent = waiting ? word("waiting", { count: waiting }) : "";
  };
  part(screen, "send").addEventListener("click", async () => {
    part(screen, "state").textContent = word("sending");
    await app.sync();
    part(screen, "state").textContent = app.isReached ? word("delivered") : word("offline");
  });
  void tell();
  return {};
}

/** @type {(app: PhoneApp) => PhoneScreen} */
export function lock(app) {
  const screen = show("lock");
  const form = /** @type {HTMLFormElement} */ (part(screen, "form"));
  const pin = /** @type {HTMLInputElement} */ (form.elements.namedItem("pin"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  let isTrying = false;

  const say = (words = "") => {
    part(screen, "error").hidden = words === "";
    part(screen, "error-words").textContent = words;
    part(screen, "question").classList.toggle("q-invalid", words !== "");
    if (words) pin.setAttribute("aria-invalid", "true");
    else pin.removeAttribute("aria-invalid");
  };
  const refresh = async () => {
    part(screen, "tries").textContent = word("tries", { count: app.device.triesLeft });
    const waiting = (await app.device.queue.list()).filter((item) => item.state === "phone").length;
    part(screen, "waiting").textContent = waiting ? word("waiting", { count: waiting }) : "";
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isTrying) return;
    if (!pin.value) return say(word("pinEmpty"));
    isTrying = true;
    button.setAttribute("aria-disabled", "true");
    say();
    part(screen, "tries").textContent = word("opening");
    try {
      const answer = await app.device.unlock(pin.value);
      if (answer === "wrong") say(word("pinWrong"));
      if (answer !== "wrong") void app.sync().catch(() => {}); // emptied: what is left is delivered
    } catch {
      say(word("noKdf"));
    } finally {
      isTrying = false;
      pin.value = "";
      button.removeAttribute("aria-disabled");
      if (app.device.state === "locked") {
        await refresh();
        pin.focus();
      }
    }
  });
  void refresh();
  pin.focus();
  return { refresh: () => (isTrying ? undefined : refresh()) };
}
