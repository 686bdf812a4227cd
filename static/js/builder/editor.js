// The editor's page: what the outline changed goes into the hidden input before each save, and each save sends only
// what changed since the last one the server took.

import { mountOutline } from "./outline.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const form = document.getElementById("w-editor-form");
const input = document.getElementById("id_definition");
const settings = read("outline-settings");
const outline = mountOutline(document.querySelector("[data-outline]"), {
  definition: read("outline-definition"),
  catalogue: read("outline-catalogue"),
  problems: read("outline-problems"),
  settings,
});

let base = settings.base;
let unsaved = []; // changes the server hasn't taken yet, oldest first
let sent = 0; // how many of them travel now

function gather() {
  unsaved.push(...outline.changes());
  outline.mark();
  sent = unsaved.length;
  return JSON.stringify({ base, changes: unsaved });
}

outline.onChange(() => {
  input.value = `${Date.now()}`; // so that Wagtail sees that something is unsaved
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

form.addEventListener("w-autosave:save", (save) => save.detail.formData.set("definition", gather()));
form.addEventListener("w-autosave:success", (success) => {
  unsaved = unsaved.slice(sent);
  base = success.detail.response.base;
});
form.addEventListener("submit", () => {
  input.value = gather();
});

export { outline, settings };
