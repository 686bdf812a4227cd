/**
 * The editor's page. Each save, Wagtail's own and the button's, sends what changed since the last one that the server
 * took: {"base": sha256, "changes": [...]}. When that can't be taken (somebody else saved, no connection, locked), the page
 * says so and keeps everything; nobody leaves it with the button before all of it is stored.
 */

import { mountOutline } from "./outline.js";
import { mountPreview } from "./preview.js";
import { Unsent } from "./unsent.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const form = document.getElementById("w-editor-form");
const settings = read("outline-settings");
const outline = mountOutline(document.querySelector("[data-outline]"), {
  definition: read("outline-definition"),
  catalogue: read("outline-catalogue"),
  problems: read("outline-problems"),
  settings,
});
const unsent = new Unsent(outline, settings.base);
const conflict = document.querySelector("[data-conflict]");
const failure = document.querySelector("[data-unsaved]");

// ---- what Wagtail's scripts look at ----

let touches = 0;

function touch() {
  touches += 1;
  form.elements.touched.value = touches;
}

const hidden = (name) => form.elements.namedItem(name);
const keepAutosaving = (wanted) => form.setAttribute("data-w-autosave-active-value", String(wanted));

// Wagtail would ask before it saves over somebody, or without a connection; here both are said on the page.
document.querySelector(".w-editing-sessions")?.removeAttribute("data-w-session-w-dialog-outlet");

outline.onChange(touch);

const preview = mountPreview(document.querySelector("[data-preview]"), {
  definition: () => outline.definition(),
  settings,
});
outline.onChange(() => preview.changed());

// Wagtail takes its picture of the unchanged form after two seconds; what was typed before that must count, too.
setTimeout(() => unsent.waits && touch(), 2600);

// ---- saving ----

form.addEventListener("w-autosave:save", ({ detail }) => {
  for (const name of [...detail.formData.keys()]) {
    if (!/^(csrfmiddlewaretoken|loaded_revision_|overwrite_revision_id|next$)/.test(name)) detail.formData.delete(name);
  }
  detail.formData.set("definition", unsent.payload());
});

form.addEventListener("w-autosave:success", ({ detail }) => {
  unsent.taken(detail.response.base);
  outline.setProblems(detail.response.problems ?? []);
  conflict.hidden = failure.hidden = true;
  if (unsent.waits) setTimeout(touch);
  else document.dispatchEvent(new Event("builder:stored"));
});

form.addEventListener("w-autosave:error", async ({ detail }) => {
  if (detail.type === "invalid_revision") await overtaken();
  else if (detail.type === "validation_error" && unsent.sendWhole()) touch();
  else fail(detail.text);
});

function fail(words) {
  failure.querySelector("[data-unsaved-why]").textContent = words;
  failure.hidden = false;
  document.dispatchEvent(new Event("builder:failed"));
}

failure.querySelector("[data-unsaved-again]").addEventListener("click", () => {
  failure.hidden = true;
  keepAutosaving(true);
  touch();
});

/** Waits until everything is stored. False when it couldn't be; then the page says why. */
function stored() {
  if (!unsent.waits) return Promise.resolve(true);
  return new Promise((resolve) => {
    const listening = new AbortController();
    const end = (answer) => {
      listening.abort();
      resolve(answer);
    };
    document.addEventListener("builder:stored", () => end(true), { signal: listening.signal });
    document.addEventListener("builder:failed", () => end(false), { signal: listening.signal });
    form.dispatchEvent(new CustomEvent("w-unsaved:add", { bubbles: true, cancelable: true }));
  });
}

form.addEventListener("submit", async (submission) => {
  if (!settings.autosaves || !unsent.waits) {
    form.elements.definition.value = unsent.payload();
    return;
  }
  submission.preventDefault();
  const button = submission.submitter;
  form.setAttribute("data-w-unsaved-confirmation-value", "true"); // Wagtail takes a submit for leaving
  if (!conflict.hidden) conflict.scrollIntoView({ block: "center" });
  else if (await stored()) leaveWith(button);
  button?.setAttribute("data-w-progress-loading-value", "false");
});

/** Sends the form as the button would have. The button itself may be disabled by now, and would not be sent along. */
function leaveWith(button) {
  if (button?.name) {
    const stand = Object.assign(document.createElement("input"), {
      type: "hidden",
      name: button.name,
      value: button.value,
    });
    form.append(stand);
  }
  form.elements.definition.value = unsent.payload();
  form.setAttribute("data-w-unsaved-confirmation-value", "false");
  form.submit();
}

// ---- somebody else saved ----

let theirs = null;

async function overtaken() {
  try {
    const answer = await fetch(settings.urls.current, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    theirs = await answer.json();
  } catch {
    return fail(failure.dataset.unsaved);
  }
  // The answer to a save of our own may have been lost on the way: then what stands there is what we sent.
  const lost = unsent.lost(theirs.definition);
  if (lost) return adopt(lost);
  conflict.querySelector("[data-conflict-who]").textContent = theirs.by;
  conflict.querySelector("[data-conflict-when]").textContent = theirs.at;
  conflict.hidden = false;
  conflict.scrollIntoView({ block: "center" });
  document.dispatchEvent(new Event("builder:failed"));
}

function stand() {
  for (const name of ["revision_id", "revision_created_at"]) {
    const input = hidden(`loaded_${name}`);
    if (input) input.value = theirs[name];
  }
  form.setAttribute("data-w-autosave-revision-id-value", "0");
  keepAutosaving(true);
  conflict.hidden = true;
}

function adopt(sending) {
  stand();
  unsent.taken(theirs.base, sending);
  if (unsent.waits) touch();
  else document.dispatchEvent(new Event("builder:stored"));
}

conflict.querySelector("[data-conflict-mine]").addEventListener("click", () => {
  stand();
  unsent.replace(theirs.base);
  touch();
});

conflict.querySelector("[data-conflict-theirs]").addEventListener("click", () => {
  form.setAttribute("data-w-unsaved-confirmation-value", "false");
  location.reload();
});

for (const button of document.querySelectorAll("[data-conflict-file], [data-unsaved-file]")) {
  button.addEventListener("click", () => {
    const definition = outline.definition();
    const file = new Blob([JSON.stringify(definition, null, 1)], { type: "application/json" });
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(file),
      download: `${definition.key}.json`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

// ---- #item-<key> ----

function follow() {
  const key = decodeURIComponent(location.hash).match(/^#item-(.+)$/)?.[1];
  if (key) outline.reveal(key);
}

addEventListener("hashchange", follow);
follow();

export { outline, settings };
