// This phone: whose it is, until when it opens, another PIN, and taking everything off it.

import { clock, part, pinWords, show, word } from "../dom.js";

/** @type {(app: PhoneApp) => PhoneScreen} */
export function settings(app) {
  const screen = show("settings");
  const { meta } = app.device;
  part(screen, "person").textContent = meta?.person?.name ?? "";
  part(screen, "seen").textContent = clock(meta?.seenAt);
  part(screen, "ends").textContent = clock(meta?.endsAt);
  changePin(app, screen);
  const remove = /** @type {HTMLButtonElement} */ (part(screen, "remove"));
  remove.addEventListener("click", async () => {
    const tell = (words = "") => {
      part(screen, "remove-error").hidden = words === "";
      part(screen, "remove-words").textContent = words;
    };
    tell();
    remove.setAttribute("aria-disabled", "true");
    try {
      await app.device.sendDrafts();
      await app.sync();
      const waiting = (await app.device.queue.list()).some((item) => item.state === "phone" || item.state === "way");
      if (waiting || (await app.device.drafts.list()).length) return tell(word("notDelivered"));
      await app.device.remove();
    } catch {
      tell(word("notDelivered"));
    } finally {
      remove.removeAttribute("aria-disabled");
    }
  });
  part(screen, "title").focus();
  const form = /** @type {HTMLFormElement} */ (part(screen, "pin-form"));
  return { close: () => form.reset() };
}

/**
 * @param {PhoneApp} app
 * @param {HTMLElement} screen
 */
function changePin(app, screen) {
  const form = /** @type {HTMLFormElement} */ (part(screen, "pin-form"));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  const tell = (words = "") => {
    part(screen, "pin-error").hidden = words === "";
    part(screen, "pin-words").textContent = words;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    part(screen, "pin-done").textContent = "";
    tell();
    if (field("new").value !== field("again").value) return tell(word("pinDiffers"));
    try {
      const answer = await app.device.changePin(field("old").value, field("new").value);
      if (answer === "wrong") return tell(word("pinWrong"));
      if (answer === "open") part(screen, "pin-done").textContent = word("pinChanged");
      form.reset();
    } catch (error) {
      tell(pinWords(error));
    }
  });
}
