/**
 * How a draft is saved: a form's or a procedure's. Each save, Wagtail's own and the button's, sends what changed since
 * the last one that the server took: {"base": sha256, "changes": [...]}. When that can't be taken (somebody else saved,
 * no connection, locked), the page says so and keeps everything; nobody leaves it with the button before all of it is
 * stored.
 */

import { Unsent } from "./unsent.js";

/**
 * A part of the page that is always there.
 *
 * @param {string} selector
 * @param {ParentNode} [within]
 */
export const part = (selector, within = document) => /** @type {HTMLElement} */ (within.querySelector(selector));

/**
 * Saves what is edited on the page.
 *
 * @param {OutlineHandle} outline
 * @param {EditorSettings} settings
 */
export function mountSaving(outline, settings) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("w-editor-form"));
  const unsent = new Unsent(outline, settings.base);
  const conflict = part("[data-conflict]");
  const failure = part("[data-unsaved]");

  // ---- what Wagtail's scripts look at ----

  let touches = 0;

  function touch() {
    touches += 1;
    field("touched").value = String(touches);
  }

  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  /** @param {boolean} wanted */
  const keepAutosaving = (wanted) => form.setAttribute("data-w-autosave-active-value", String(wanted));

  // Wagtail would ask before it saves over somebody, or without a connection; here both are said on the page.
  document.querySelector(".w-editing-sessions")?.removeAttribute("data-w-session-w-dialog-outlet");

  outline.onChange(touch);

  // Wagtail takes its picture of the unchanged form after two seconds; what was typed before that must count, too.
  setTimeout(() => unsent.waits && touch(), 2600);

  // ---- saving ----

  form.addEventListener("w-autosave:save", ({ detail }) => {
    for (const name of [...detail.formData.keys()]) {
      if (!/^(csrfmiddlewaretoken|loaded_revision_|overwrite_revision_id|next$)/.test(name))
        detail.formData.delete(name);
    }
    detail.formData.set("definition", unsent.payload());
    if (outline.known) detail.formData.set("known", outline.known());
  });

  form.addEventListener("w-autosave:success", ({ detail }) => {
    unsent.taken(detail.response.base);
    outline.setProblems(detail.response.problems ?? []);
    outline.saved?.(detail.response, unsent.waits);
    conflict.hidden = failure.hidden = true;
    if (unsent.waits) setTimeout(touch);
    else document.dispatchEvent(new Event("builder:stored"));
  });

  form.addEventListener("w-autosave:error", async ({ detail }) => {
    if (detail.type === "invalid_revision") await overtaken();
    else if (detail.type === "validation_error" && unsent.sendWhole()) touch();
    else fail(detail.text);
  });

  /** @param {string} words */
  function fail(words) {
    part("[data-unsaved-why]", failure).textContent = words;
    failure.hidden = false;
    document.dispatchEvent(new Event("builder:failed"));
  }

  part("[data-unsaved-again]", failure).addEventListener("click", () => {
    failure.hidden = true;
    keepAutosaving(true);
    touch();
  });

  /** Waits until everything is stored. False when it couldn't be; then the page says why. */
  function stored() {
    if (!unsent.waits) return Promise.resolve(true);
    return new Promise((resolve) => {
      const listening = new AbortController();
      const end = (/** @type {boolean} */ answer) => {
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
      field("definition").value = unsent.payload();
      return;
    }
    submission.preventDefault();
    const button = submission.submitter;
    form.setAttribute("data-w-unsaved-confirmation-value", "true"); // Wagtail takes a submit for leaving
    if (!conflict.hidden) conflict.scrollIntoView({ block: "center" });
    else if (await stored()) leaveWith(button);
    button?.setAttribute("data-w-progress-loading-value", "false");
  });

  /**
   * Sends the form as the button would have. The button itself may be disabled by now, and would not be sent along.
   *
   * @param {HTMLElement | null} button
   */
  function leaveWith(button) {
    if (button instanceof HTMLButtonElement && button.name) {
      const stand = Object.assign(document.createElement("input"), {
        type: "hidden",
        name: button.name,
        value: button.value,
      });
      form.append(stand);
    }
    field("definition").value = unsent.payload();
    form.setAttribute("data-w-unsaved-confirmation-value", "false");
    form.submit();
  }

  // ---- somebody else saved ----

  /** @type {CurrentForm | null} */
  let theirs = null; // what stands there now

  async function overtaken() {
    try {
      const answer = await fetch(settings.urls.current, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      theirs = /** @type {CurrentForm} */ (await answer.json());
    } catch {
      fail(failure.dataset.unsaved ?? "");
      return;
    }
    // The answer to a save of our own may have been lost on the way: then what stands there is what we sent.
    const lost = unsent.lost(theirs.definition);
    if (lost) {
      adopt(theirs, lost);
      return;
    }
    part("[data-conflict-who]", conflict).textContent = theirs.by;
    part("[data-conflict-when]", conflict).textContent = theirs.at;
    conflict.hidden = false;
    conflict.scrollIntoView({ block: "center" });
    document.dispatchEvent(new Event("builder:failed"));
  }

  /**
   * From here on saves go on from this revision.
   *
   * @param {CurrentForm} current
   */
  function stand(current) {
    const loaded = { loaded_revision_id: current.revision_id, loaded_revision_created_at: current.revision_created_at };
    for (const [name, value] of Object.entries(loaded)) if (form.elements.namedItem(name)) field(name).value = value;
    form.setAttribute("data-w-autosave-revision-id-value", "0");
    keepAutosaving(true);
    conflict.hidden = true;
  }

  /**
   * @param {CurrentForm} current
   * @param {Sending} sending
   */
  function adopt(current, sending) {
    stand(current);
    unsent.taken(current.base, sending);
    if (unsent.waits) touch();
    else document.dispatchEvent(new Event("builder:stored"));
  }

  part("[data-conflict-mine]", conflict).addEventListener("click", () => {
    if (!theirs) return;
    stand(theirs);
    unsent.replace(theirs.base);
    touch();
  });

  part("[data-conflict-theirs]", conflict).addEventListener("click", () => {
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

  return unsent;
}
