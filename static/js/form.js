// A section, live: follows its rules as one types, saves after a pause, puts files in as they are chosen, and stays
// until what was pressed has arrived. The server decides. Without this everything works, a page at a time.

import { follow } from "./filling/live.js";
import { putFilesIn } from "./filling/files.js";
import { showPage } from "./filling/pages.js";
import { Presses } from "./filling/presses.js";
import { Saver } from "./filling/saving.js";

/**
 * The section that the page shows; null for a page without a form. One that is only tried out sends nothing.
 *
 * @type {{ refresh: () => void, saver?: Saver, presses?: Presses } | null}
 */
let shown = null;

function begin() {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("section"));
  shown = null;
  if (!form) return;
  const rules = document.getElementById("form-rules");
  const refresh = rules ? follow(form, JSON.parse(rules.textContent ?? "null")) : () => {};
  form.addEventListener("input", refresh);
  form.addEventListener("change", refresh);
  shown = { refresh };
  if (!("tried" in form.dataset)) Object.assign(shown, keep(form, refresh, rules !== null));
  refresh();
}

/**
 * Everything that sends: not for a form that is only tried out beside the editor.
 *
 * @param {HTMLFormElement} form
 * @param {() => void} refresh
 * @param {boolean} isSection
 */
function keep(form, refresh, isSection) {
  const saver = new Saver(form, document.querySelector("[data-save-state]"));
  const presses = new Presses({
    form,
    waiting: /** @type {HTMLElement} */ (document.querySelector("[data-waiting]")),
    body: (press) => saver.body(press),
    before: () => saver.hold(),
    count: () => saver.changes,
    mend: async (result) => saver.renew(result),
    stopped: () => saver.release(false),
    /** @param {PostResult} result */
    done(result) {
      saver.release(true);
      saver.leaving = true;
      if (result.kind === "page") {
        showPage(result.page);
        begin();
      }
    },
  });
  if (isSection) {
    const changed = (/** @type {Event} */ event) => saver.changed(/** @type {Field} */ (event.target));
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    putFilesIn(form, saver, refresh);
  } else {
    Object.assign(saver, { isStopped: true, changes: 1 }); // two texts to choose from: neither is saved yet
  }
  return { saver, presses };
}

window.addEventListener("online", () => {
  shown?.presses?.wake();
  shown?.saver?.save();
});
window.addEventListener("pageshow", (event) => {
  if (shown?.saver) shown.saver.leaving = false;
  if (event.persisted) shown?.presses?.wake();
  shown?.refresh();
});
window.addEventListener("popstate", () => shown?.presses?.stayed());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) shown?.saver?.save();
  else shown?.presses?.wake();
});
document.addEventListener("vatra:idle", (event) => {
  if (!shown?.saver?.isBehind && !shown?.presses?.pending) return;
  event.preventDefault(); // js/field.js asks again
  shown?.saver?.save();
});
window.addEventListener("beforeunload", (event) => {
  if (shown?.saver?.isBehind || shown?.presses?.pending) event.preventDefault();
});

begin();
