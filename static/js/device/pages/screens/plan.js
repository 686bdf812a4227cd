// A session that is planned on the phone. The service checks it and decides; here it is asked what can't be left out.

import { clock, make, part, show, word } from "../dom.js";
import { readFields, writeFields } from "../filling/stored.js";

export const PLAN = "session_plan";
const NO_ROWS = /** @type {FormPackage} */ (/** @type {unknown} */ ({ sections: [] }));

/** @type {(app: PhoneApp, id: string) => Promise<PhoneScreen>} */
export async function plan(app, id) {
  const draft = await app.device.drafts.load(id).catch(() => null);
  const taken = draft && (await app.device.pack.sessions.plan(draft.language));
  if (!draft || !taken) {
    app.go("");
    return {};
  }
  const screen = show("plan");
  const form = /** @type {HTMLFormElement} */ (part(screen, "form"));
  part(screen, "fields").innerHTML = taken.html;
  part(screen, "fields").lang = draft.language;
  const typed = draft.fields.filter(([name]) => !name.startsWith("_"));
  if (typed.length) writeFields(form, NO_ROWS, typed, () => {});
  let { id: here } = draft;
  let isOver = false;
  let isTyped = false;
  const tell = (/** @type {string} */ words) => {
    part(screen, "saved").textContent = words;
  };
  tell(word("saved", { time: clock(draft.changedAt) }));
  const save = async () => {
    if (isOver) return;
    try {
      here = await app.device.drafts.save(here, { fields: [...taken.fields, ...readFields(form)] });
      isTyped = false;
      tell(word("saved", { time: clock(Date.now()) }));
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code !== "locked") tell(word("notSaved"));
    }
  };
  form.addEventListener("input", () => {
    isTyped = true;
    void save();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (listMissing(screen, form, taken.words.missing)) return;
    await save();
    isOver = true;
    try {
      const uuid = await app.device.drafts.finish(here, {});
      void app.sync().catch(() => {});
      app.go(`finished/${uuid}`);
    } catch (error) {
      isOver = false;
      tell(word(/** @type {{ code?: string }} */ (error).code === "changed" ? "changedElsewhere" : "notFinished"));
    }
  });
  part(screen, "discard").addEventListener("click", async () => {
    isOver = true;
    await app.device.drafts.remove(here);
    app.go("sessions");
  });
  part(screen, "title").focus();
  return { leave: () => (isTyped ? save() : undefined) };
}

/**
 * Names what has to be answered and isn't; whether there is any.
 *
 * @param {HTMLElement} screen
 * @param {HTMLFormElement} form
 * @param {string} words
 */
function listMissing(screen, form, words) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[required]")]);
  const missing = fields.filter((field) => field.value.trim() === "" || !field.validity.valid);
  const lines = missing.map((field) => {
    const label = (field.labels?.[0]?.textContent ?? "").replace("*", "").trim();
    const link = make("a", { href: "#/" }, `${label}: ${words}`);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      field.focus();
    });
    return make("li", {}, link);
  });
  const summary = part(screen, "summary");
  summary.hidden = missing.length === 0;
  part(screen, "problems").replaceChildren(...lines);
  if (missing.length) summary.focus();
  return missing.length > 0;
}
