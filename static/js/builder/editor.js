/** The editor's page of a form: its outline, its preview, its saving. */

import { mountOutline } from "./outline.js";
import { mountPreview } from "./preview.js";
import { mountSaving, part } from "./saving.js";

/** @param {string} id */
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
/** @type {EditorSettings} */
const settings = read("outline-settings");
const outline = mountOutline(part("[data-outline]"), {
  definition: read("outline-definition"),
  catalogue: read("outline-catalogue"),
  problems: read("outline-problems"),
  settings,
});
mountSaving(outline, settings);

const preview = mountPreview(part("[data-preview]"), {
  definition: () => outline.definition(),
  settings,
});
outline.onChange(() => preview.changed());

// ---- #item-<key> ----

function follow() {
  const key = decodeURIComponent(location.hash).match(/^#item-(.+)$/)?.[1];
  if (key) outline.reveal(key);
}

addEventListener("hashchange", follow);
follow();

export { outline, settings };
