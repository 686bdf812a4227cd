// Sending: the proof is worked out while the page is read; pressing earlier waits for it, pressing twice sends once.
// Without this script the page works too, a little slower (docs/tips.md).

import { solve } from "./proof.js";
import { offerVoice } from "./voice_offer.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("section"));
const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("proof"));
const words = /** @type {HTMLElement} */ (form.querySelector("[data-wait]"));
/** @param {HTMLElement | null} button */
const needsProof = (button) =>
  button === null || ["send", "code"].includes(/** @type {HTMLButtonElement} */ (button).value);

let isSolved = false;
/** @type {{ button: HTMLElement | null } | null} */
let waiting = null;
let hasLeft = false;

/** @param {HTMLElement | null} button */
function go(button) {
  words.textContent = "";
  form.requestSubmit(button ?? undefined);
}

form.addEventListener("submit", (event) => {
  if (!needsProof(event.submitter)) return;
  if (isSolved && !hasLeft) {
    hasLeft = true;
    return;
  }
  event.preventDefault();
  if (hasLeft) return;
  waiting = { button: event.submitter };
  words.textContent = words.dataset.working ?? "";
});

window.addEventListener("pageshow", () => {
  hasLeft = false;
});

/** @param {string} work a challenge; "" after one that is still good */
async function solveAgain(work) {
  hasLeft = false;
  if (!work) return;
  isSolved = false;
  field.value = await solve(JSON.parse(work)).catch(() => "");
  isSolved = true;
}

offerVoice(form, solveAgain);

field.value = await solve(JSON.parse(form.dataset.work ?? "{}")).catch(() => "");
isSolved = true;
const pressed = /** @type {{ button: HTMLElement | null } | null} */ (waiting); // while the proof was worked out
if (pressed) go(pressed.button);
