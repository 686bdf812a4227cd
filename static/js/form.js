// A section, live: follows its rules as one types, saves after a pause, puts files in as they are chosen.
// The server decides; this only spares a round trip. Without it everything works, a page at a time.

import { follow } from "./filling/live.js";
import { putFilesIn } from "./filling/files.js";
import { Saver } from "./filling/saving.js";

const form = document.getElementById("section");
const refresh = follow(form, JSON.parse(document.getElementById("form-rules").textContent));

/** Everything that sends: not for a form that is only tried out beside the editor. */
function keep() {
  const saver = new Saver(form, document.querySelector("[data-save-state]"));
  form.addEventListener("input", (event) => saver.changed(event.target));
  form.addEventListener("change", (event) => saver.changed(event.target));
  form.addEventListener("submit", () => {
    saver.leaving = true;
  });
  putFilesIn(form, saver, refresh);
  window.addEventListener("online", () => saver.save());
  window.addEventListener("pageshow", () => {
    saver.leaving = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) saver.save();
  });
  window.addEventListener("beforeunload", (event) => {
    if (saver.isBehind) event.preventDefault();
  });
}

form.addEventListener("input", refresh);
form.addEventListener("change", refresh);
window.addEventListener("pageshow", refresh);
if (!("tried" in form.dataset)) keep();
refresh();
