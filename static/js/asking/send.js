// Sending: the proof is worked out while the page is read; pressing earlier waits for it, pressing twice sends once.
// Without this script the page works too, a little slower (docs/asking.md).

import { solve } from "./proof.js";

const form = document.getElementById("section");
const field = form.elements.namedItem("proof");
const words = form.querySelector("[data-wait]");
const needsProof = (button) => button === null || ["send", "code"].includes(button.value);

let isSolved = false;
let waiting = null;
let hasLeft = false;

function go(button) {
  words.textContent = "";
  form.requestSubmit(button ?? undefined);
}

form.addEventListener("submit", (event) => {
  if (!needsProof(event.submitter)) return;
  if (hasLeft) return void event.preventDefault();
  if (isSolved) return void (hasLeft = true);
  event.preventDefault();
  waiting = { button: event.submitter };
  words.textContent = words.dataset.working;
});

window.addEventListener("pageshow", () => {
  hasLeft = false;
});

field.value = await solve(JSON.parse(form.dataset.work)).catch(() => "");
isSolved = true;
if (waiting) go(waiting.button);
