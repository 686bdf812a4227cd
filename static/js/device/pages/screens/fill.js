// One form, filled on the phone: a section at a time, saved at each press, checked at the end, finished.

import { forgetChoices } from "../../../filling/choices.js";
import { enhance } from "../../../questions.js";
import { clock, make, part, show, sign, word } from "../dom.js";
import { attach, takeFiles } from "../filling/files.js";
import { mount } from "../filling/mount.js";
import { clearProblems, goTo, showProblems, summaryLines } from "../filling/problems.js";
import { addRow, withoutRow } from "../filling/rows.js";
import { FieldReader, writeFields } from "../filling/stored.js";
import { dayOf } from "../filling/whole_form.js";
import { showCheck } from "./check.js";

/** @type {(app: PhoneApp, id: string) => Promise<PhoneScreen>} */
export async function fill(app, id) {
  const draft = await app.device.drafts.load(id).catch(() => null);
  const taken =
    draft && /** @type {FormPackage | null} */ (await app.device.pack.form(draft.form, draft.version, draft.language));
  if (!draft || !taken) {
    app.go("");
    return {};
  }
  const filling = new Filling(app, draft, taken);
  filling.begin();
  return { leave: () => filling.leave(), close: () => filling.close() };
}

const BEHIND_MS = 100; // the longest that what is shown waits for what is sealed

/** @param {Date} at */
const local = (at) =>
  `${dayOf(at)}T${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;

/** @param {PhoneSectionState} state */
const isDone = (state) => state.isTyped && state.problems.length === 0;

export class Filling {
  /**
   * @param {PhoneApp} app
   * @param {{ id: string } & StoredDraft} draft
   * @param {FormPackage} taken
   */
  constructor(app, draft, taken) {
    this.app = app;
    this.draft = draft;
    this.taken = taken;
    this.screen = show("fill");
    this.form = /** @type {HTMLFormElement} */ (document.getElementById("section"));
    this.form.dataset.tried = ""; // the online page's script has nothing to send here
    this.here = "";
    this.isOver = false;
    this.isClosed = false;
    this.isTyped = false;
    this.isBehind = false;
    /** What the screen holds, while the list of answers is in its place. @type {ChildNode[]} */
    this.parts = [];
    this.byClock = true;
    /** Looked up once: a long form is before it. */
    this.saved = part(this.screen, "saved");
    this.moment = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("_occurred_at"));
    /** What the list of parts says now. */
    this.told = "";
    /** Sections whose errors were shown: from then on they follow what is typed. @type {Set<string>} */
    this.judged = new Set();
    this.reader = new FieldReader(this.form);
    this.whole = mount(this.form, taken, {
      day: dayOf(new Date()),
      fields: draft.fields,
      attach: (field, file) => this.attach(field, file),
    });
  }

  /** @param {HTMLInputElement} field @param {string} file */
  attach(field, file) {
    attach(this.app.device, field, file, word(this.draft.there?.includes(file) ? "fileThere" : "fileGone"));
  }

  begin() {
    const { form, draft, moment: occurred } = this;
    this.byClock = draft.occurredByClock ?? true;
    occurred.value = draft.occurredAt?.slice(0, 16) ?? local(new Date());
    occurred.max = `${dayOf(new Date())}T23:59`;
    occurred.addEventListener("input", () => {
      this.byClock = false;
    });
    this.prefill();
    const changed = (/** @type {Event} */ event) => this.changed(/** @type {Element} */ (event.target));
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.press(/** @type {HTMLButtonElement | null} */ (event.submitter));
    });
    takeFiles(form, {
      device: this.app.device,
      id: () => this.draft.id,
      accept: (name) => this.acceptOf(name),
      changed: () => this.changed(),
      save: () => this.save(),
    });
    part(this.screen, "discard").addEventListener("click", () => void this.discard());
    this.tellSaved(word("saved", { time: clock(draft.changedAt) }));
    const asked = this.asked();
    this.open(asked.some((state) => state.key === draft.section) ? (draft.section ?? "") : (asked[0]?.key ?? ""));
  }

  /** A report that was begun from its session names it. */
  prefill() {
    const rule = this.taken.sections.flatMap((section) => section.rules).find((each) => each.type === "session");
    const field = rule && this.form.elements.namedItem(rule.key);
    if (this.draft.session && !this.draft.fields.length && field instanceof HTMLSelectElement) {
      field.value = this.draft.session;
      this.changed();
    }
  }

  /** @param {string} name */
  acceptOf(name) {
    const keys = name.split("-").filter((step) => !/^\d+$/.test(step));
    let rules = this.taken.sections.flatMap((section) => section.rules);
    /** @type {PhoneRule | undefined} */
    let found;
    for (const key of keys) {
      found = rules.find((rule) => rule.key === key);
      rules = found?.items ?? [];
    }
    return found?.accept ?? [];
  }

  asked() {
    this.follow();
    return this.whole.states.filter((state) => state.isAsked);
  }

  /** @param {Element} [field] the one that was typed into; without it anything may have changed */
  changed(field) {
    if (this.isClosed) return;
    this.isTyped = true;
    const names = field ? this.whole.mark(field) : null;
    if (!names) this.whole.markAll();
    this.reader.doubt(names);
    const saved = this.save(this.reader.read());
    if (this.isBehind) return;
    this.isBehind = true;
    void Promise.race([saved, new Promise((done) => setTimeout(done, BEHIND_MS))]).then(() => this.follow());
  }

  /** Brings what is shown up to what was typed, which is sealed first: the rules of a long form take longer than that. */
  follow() {
    if (!this.isBehind || this.isClosed) return;
    this.isBehind = false;
    const before = this.whole.touched.size;
    this.whole.refresh();
    this.reader.doubt(this.whole.lookedAt); // an answer filled in, a choice that is offered no more
    if (this.judged.has(this.here)) this.judge(this.here);
    this.tellSteps();
    if (this.whole.touched.size > before) void this.save(this.reader.read()); // the form has filled something in
  }

  /**
   * What is on the page, stored; a newer text takes the place of one that waits.
   *
   * @param {[string, string][]} [fields] as they were read just now; else all are read
   */
  async save(fields) {
    if (this.isOver || this.isClosed) return;
    const content = {
      fields: fields ?? this.reader.whole(),
      section: this.here,
      occurredAt: this.moment.value,
      occurredByClock: this.byClock,
    };
    try {
      this.draft.id = await this.app.device.drafts.save(this.draft.id, content);
      this.isTyped = false;
      this.tellSaved(word("saved", { time: clock(Date.now()) }));
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code === "locked") return;
      this.tellSaved(word("notSaved"));
    }
  }

  /** The same words aren't written again: each writing is laid out and drawn. @param {string} words */
  tellSaved(words) {
    if (this.saved.textContent !== words) this.saved.textContent = words;
  }

  async leave() {
    if (this.isTyped) await this.save();
  }

  /** Empties what was typed into: browsers hold on to a form that was sent, to see what becomes of it. */
  close() {
    this.isClosed = true;
    for (const field of /** @type {HTMLInputElement[]} */ ([...this.form.elements])) {
      if (field.matches("input, select, textarea")) field.value = "";
    }
    this.form.replaceChildren();
    this.parts = [];
    this.draft.fields = [];
    this.whole.forget();
    this.reader.doubt(null);
    forgetChoices();
  }

  /** @param {HTMLButtonElement | null} button */
  press(button) {
    const { name = "go", value = "next" } = button ?? {};
    if (name === "add") return this.add(value);
    if (name === "remove") return this.remove(value);
    const asked = this.asked();
    const at = asked.findIndex((state) => state.key === this.here);
    if (value === "back") return this.open(asked[Math.max(at - 1, 0)].key);
    if (!this.judge(this.here)) return this.summary();
    if (at + 1 < asked.length) this.open(asked[at + 1].key);
    else this.check();
  }

  /** @param {string} name */
  add(name) {
    const row = addRow(this.form, this.taken, name);
    this.rowsChanged();
    row?.focus();
  }

  /** @param {string} row */
  remove(row) {
    const fields = withoutRow(this.reader.whole(), row);
    const repeat = row.replace(/-\d+$/, "");
    writeFields(this.form, this.taken, fields, (field, file) => this.attach(field, file));
    this.rowsChanged();
    document.getElementById(`q-${repeat}`)?.focus();
  }

  rowsChanged() {
    this.whole.look();
    this.whole.refresh();
    enhance(this.form);
    this.changed();
  }

  /**
   * Shows what is wrong in a section; true when nothing is.
   *
   * @param {string} key
   */
  judge(key) {
    this.judged.add(key);
    const section = /** @type {HTMLElement} */ (this.form.querySelector(`[data-section="${CSS.escape(key)}"]`));
    const problems = this.whole.states.find((state) => state.key === key)?.problems ?? [];
    clearProblems(section);
    showProblems(this.form, problems);
    if (!problems.length) part(this.screen, "summary").hidden = true;
    return problems.length === 0;
  }

  summary() {
    const problems = this.whole.states.find((state) => state.key === this.here)?.problems ?? [];
    const summary = part(this.screen, "summary");
    const lines = summaryLines(this.form, problems, (problem) => goTo(this.form, problem.name));
    part(this.screen, "problems").replaceChildren(...lines);
    summary.hidden = false;
    summary.focus();
  }

  /**
   * Shows a section, at a question if one is named.
   *
   * @param {string} key
   * @param {string} [question]
   */
  open(key, question) {
    if (!this.screen.contains(this.form)) this.back();
    this.here = key;
    for (const section of this.form.querySelectorAll("[data-section]"))
      section.hidden = section.dataset.section !== key;
    const asked = this.asked();
    const at = asked.findIndex((state) => state.key === key);
    const section = this.taken.sections.find((each) => each.key === key);
    part(this.screen, "title").textContent = section?.title ?? "";
    part(this.screen, "intro").textContent = section?.intro ?? "";
    part(this.screen, "intro").hidden = !section?.intro;
    part(this.screen, "star").hidden = !section?.may_require;
    part(this.screen, "occurred").hidden = at !== 0;
    part(this.screen, "back").hidden = at <= 0;
    part(this.screen, "summary").hidden = true;
    this.tellSteps();
    void this.save();
    window.scrollTo(0, 0);
    if (question) goTo(this.form, question);
    else part(this.screen, "title").focus({ preventScroll: true });
  }

  /** From the list of answers back to the form, which is as it was. */
  back() {
    this.screen.replaceChildren(...this.parts);
  }

  tellSteps() {
    const asked = this.asked();
    const at = asked.findIndex((state) => state.key === this.here);
    const progress = /** @type {HTMLProgressElement} */ (part(this.screen, "progress"));
    if (!progress) return;
    const told = JSON.stringify([this.here, asked.map((state) => [state.key, isDone(state)])]);
    if (told === this.told) return;
    this.told = told;
    progress.max = asked.length;
    progress.value = at + 1;
    part(this.screen, "progress-words").textContent = word("part", { number: at + 1, total: asked.length });
    part(this.screen, "next").textContent = word(at + 1 < asked.length ? "continue" : "check");
    part(this.screen, "steps").replaceChildren(...asked.map((state) => this.step(state)));
  }

  /** @param {PhoneSectionState} state */
  step(state) {
    if (state.key === this.here) {
      return make("li", {}, make("strong", { "aria-current": "step" }, sign("forward"), ` ${state.title}`));
    }
    const done = isDone(state);
    /** @type {(Node | string)[]} */
    const inside = [sign(done ? "delivered" : "owed"), ` ${state.title}`];
    if (done) inside.splice(1, 0, make("span", { class: "visually-hidden" }, word("filledIn")));
    const button = make("button", { class: "menu-line", type: "button" }, ...inside);
    button.addEventListener("click", () => this.open(state.key));
    return make("li", {}, button);
  }

  check() {
    this.parts = [...this.screen.childNodes];
    void this.save();
    showCheck(this);
  }

  /**
   * Seals it to the service; this phone can't read it any more.
   *
   * @param {string[]} confirmed
   */
  async finish(confirmed) {
    await this.save();
    this.isOver = true;
    const form = this.app.pack?.forms.find((each) => each.key === this.draft.form);
    try {
      const uuid = await this.app.device.drafts.finish(this.draft.id, {
        urgent: form?.urgent ?? false,
        group: this.caseOf() ?? this.sessionOf(),
        confirmed,
      });
      void this.app.sync().catch(() => {});
      this.app.go(`finished/${uuid}`);
    } catch (error) {
      this.isOver = false;
      throw error;
    }
  }

  /** The case that the form is about: what belongs to one arrives in order. */
  caseOf() {
    const rule = this.taken.sections.flatMap((section) => section.rules).find((each) => each.type === "case_reference");
    const reference = rule && this.whole.answers[rule.key];
    return typeof reference === "string" ? reference : undefined;
  }

  /** The session that it is the report of: its record, finished on this phone, arrives before. */
  sessionOf() {
    const rule = this.taken.sections.flatMap((section) => section.rules).find((each) => each.type === "session");
    const named = rule && this.whole.answers[rule.key];
    return typeof named === "string" && named ? `session ${named}` : undefined;
  }

  async discard() {
    this.isOver = true;
    await this.app.device.drafts.remove(this.draft.id);
    this.app.go("");
  }
}
