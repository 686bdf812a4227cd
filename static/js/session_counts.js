// The sums of the table of participants, as one types. Without it they are worked out when the page is saved.

import { addUp } from "./sessions/counts.js";

const table = /** @type {HTMLElement | null} */ (document.querySelector("[data-counts]"));

if (table) {
  const renew = () => addUp(table);
  table.addEventListener("input", renew);
  window.addEventListener("pageshow", renew);
  renew();
}
