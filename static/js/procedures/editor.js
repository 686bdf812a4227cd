/** The editor's page of a procedure: its parts open where they stand, every change is saved in the draft. */

import { copied } from "../builder/document.js";
import { mountSaving, part } from "../builder/saving.js";
import { Cards } from "./cards.js";
import { ProcedureEditor } from "./state.js";
import { Tools } from "./tools.js";

/** @param {string} id */
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
/** @type {ProcedureSettings} */
const settings = read("procedure-settings");
const editor = new ProcedureEditor({
  definition: read("procedure-definition"),
  catalogue: read("procedure-catalogue"),
  problems: read("procedure-problems"),
  settings,
});
const root = part("[data-procedure]");
editor.root = root;
/** @type {Set<() => void>} */
const listeners = new Set();

const tools = new Tools(editor, part("[data-tools]"), {
  undo: () => travel(() => editor.document.undo(), "undone"),
  redo: () => travel(() => editor.document.redo(), "redone"),
  reveal: (where, path) => cards.reveal(where, path),
  // Of a draft that has been changed since, the next save tells anew.
  found: (base, problems) => {
    if (saving.waits || saving.base !== base) return;
    editor.setProblems(problems);
    showProblems();
  },
});
const cards = new Cards(editor, root, (words, undoable) => tools.tell(words, undoable));

/**
 * Goes a step back or forth. Open fields are drawn anew, because what they show may have changed.
 *
 * @param {() => Step | null} go
 * @param {string} words
 */
function travel(go, words) {
  const step = go();
  if (!step) return;
  tools.tell(editor.t(words, { step: step.label }));
  for (const card of cards.known.values()) if (card.isOpen) card.draw();
}

editor.document.onChange(({ origin, operations }) => {
  // A field that is typed into changes no part's place, unless it changes a key.
  const moves = operations.some(
    ({ op, path }) => op === "move" || path.split("/").length <= 3 || path.endsWith("/key"),
  );
  if (origin !== "panel" || moves) cards.sync();
  tools.saved("unsaved");
  // What the server said when the page was opened is no longer so.
  document.querySelector("[data-same]")?.remove();
  for (const listener of listeners) listener();
});

/** @type {OutlineHandle} */
const handle = {
  definition: () => copied(editor.definition),
  changes: () => editor.document.changes(),
  mark: () => editor.document.mark(),
  reveal: () => {},
  setProblems: (problems) => {
    editor.setProblems(problems);
    showProblems();
  },
  onChange: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  known: () => cards.knownShas(),
  saved: ({ parts = [] }, waits) => {
    // What was changed since may stand elsewhere by now; the next answer brings it again.
    if (!waits) {
      cards.write(parts);
      tools.saved("saved");
      tools.ask();
    }
  },
};

function showProblems() {
  document.querySelector("[data-problems]")?.remove();
  tools.showProblems();
  cards.showProblems();
}

const saving = mountSaving(handle, settings);
showProblems();
tools.ask();

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  // Enter in a field must not send the page's form.
  if (event.key === "Enter" && target.matches(".proc-part input, .proc-tools input")) event.preventDefault();
  const isTyping = target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
  if (!(event.ctrlKey || event.metaKey) || isTyping || editor.readOnly) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) travel(() => editor.document.redo(), "redone");
  else travel(() => editor.document.undo(), "undone");
});

// ---- #rule-<key>: where a form's page leads to ----

function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.dataset.part !== undefined) cards.reveal(target.dataset.part);
}

addEventListener("hashchange", follow);
follow();

export { editor, settings };
