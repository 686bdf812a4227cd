// A session that is planned on the phone, and that can be counted on it at once. The service checks it and decides; here
// it is asked what can't be left out.

import { clock, part, show, word } from "../dom.js";
import { readFields, writeFields } from "../filling/stored.js";
import { recordOf } from "../record_of.js";
import { problemLine, titleOf } from "./record.js";

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
  await markKits(app, form);
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
      const planned = read(form);
      const title = planned.audience ? titleOf(planned, "planOf") : draft.title;
      here = await app.device.drafts.save(here, { fields: [...taken.fields, ...readFields(form)], title });
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
    if (listProblems(screen, form, taken.words)) return;
    await save();
    isOver = true;
    try {
      if (taken.record) await app.device.pack.sessions.plans.put(describe(form, taken.record, here, draft.language));
      const uuid = await app.device.drafts.finish(here, { group: `session ${here}` });
      void app.sync().catch(() => {});
      app.go(`sessions/${uuid}`);
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
 * Says of each kit whether its slides and sheets lie on this phone.
 *
 * @param {PhoneApp} app
 * @param {HTMLFormElement} form
 */
async function markKits(app, form) {
  const here = await app.device.pack.kits.here();
  const { options = [] } = /** @type {HTMLSelectElement | null} */ (form.elements.namedItem("kit_version")) ?? {};
  for (const option of options) if (here.has(Number(option.value))) option.text = `${word("kitHere")}: ${option.text}`;
}

/** What is typed, in words. @param {HTMLFormElement} form */
function read(form) {
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  const chosen = (/** @type {string} */ name) => {
    const select = /** @type {HTMLSelectElement} */ (form.elements.namedItem(name));
    return select.value ? select.selectedOptions[0].text : "";
  };
  return {
    ...{ date: field("date").value, starts_at: field("starts_at").value, ends_at: field("ends_at").value },
    ...{ place: field("place_name").value, grades: field("grades").value, unit: field("unit").value },
    ...{ municipality: chosen("municipality"), audience: chosen("audience") },
  };
}

/**
 * @param {HTMLFormElement} form
 * @param {BlankRecord} blank
 * @param {string} id
 * @param {string} language
 * @returns {Planned}
 */
function describe(form, blank, id, language) {
  const typed = read(form);
  const fields = readFields(form);
  const kit = Number(fields.find(([name]) => name === "kit_version")?.[1]) || null;
  const record = recordOf(blank, { id, begins: `${typed.date}T${typed.starts_at}`, fields });
  return { ...typed, id, language, kit, record, state: "planned", card: "", changed: "", package: "here" };
}

/**
 * Names what has to be answered and isn't; whether there is any.
 *
 * @param {HTMLElement} screen
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
function listProblems(screen, form, words) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[required]")]);
  const missing = fields.filter((field) => field.value.trim() === "" || !field.validity.valid);
  const lines = missing.map(({ id, labels }) => {
    const label = (labels?.[0]?.textContent ?? "").replace("*", "").trim();
    return problemLine(id, `${label}: ${words.missing}`);
  });
  const { starts_at: starts, ends_at: ends } = read(form);
  if (starts && ends && ends <= starts) lines.push(problemLine("id_ends_at", words.ends));
  const summary = part(screen, "summary");
  summary.hidden = lines.length === 0;
  part(screen, "problems").replaceChildren(...lines);
  if (lines.length) summary.focus();
  return lines.length > 0;
}
