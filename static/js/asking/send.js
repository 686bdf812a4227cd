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

/** @param {string} work a challenge */
async function workOut(work) {
  isSolved = false;
  field.value = await solve(JSON.parse(work)).catch(() => "");
  isSolved = true;
  if (waiting === null) return;
  const { button } = waiting; // pressed while the proof was worked out
  waiting = null;
  go(button);
}

/** @param {string} work a challenge; "" after one that is still good */
async function workOutAgain(work) {
  hasLeft = false;
  if (work) await workOut(work);
}

offerVoice(form, workOutAgain);
await workOut(form.dataset.work ?? "{}");
