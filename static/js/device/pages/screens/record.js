// A session as it is counted and recorded in the room: numbers at a press, saved at each, finished when they add up.

import { addUp, numberIn } from "../../../sessions/counts.js";
import { clock, make, part, show, sign, word } from "../dom.js";
import { readFields, writeFields } from "../filling/stored.js";

const EARLY_MS = 5 * 60_000; // as the service: clocks differ

/** @type {(app: PhoneApp, id: string) => Promise<PhoneScreen>} */
export async function record(app, id) {
  const draft = await app.device.drafts.load(id).catch(() => null);
  const taken = draft?.session && (await app.device.pack.sessions.get(draft.session, draft.language));
  if (!draft || !taken) {
    app.go("");
    return {};
  }
  const recording = new Recording(app, draft, taken);
  recording.begin();
  return { leave: () => recording.leave() };
}

class Recording {
  /**
   * @param {PhoneApp} app
   * @param {{ id: string } & StoredDraft} draft
   * @param {RecordPackage} taken
   */
  constructor(app, draft, taken) {
    this.app = app;
    this.draft = draft;
    this.taken = taken;
    this.screen = show("record");
    this.form = /** @type {HTMLFormElement} */ (part(this.screen, "form"));
    this.isOver = false;
    this.isTyped = false;
    const names = new Set(taken.fields.map(([name]) => name));
    const own = draft.fields.filter(([name]) => names.has(name));
    /** What goes along and nobody types: as it was when the draft was begun. */
    this.hidden = own.length ? own : taken.fields;
    const typed = draft.fields.filter(([name]) => !names.has(name));
    this.typed = typed.length ? typed : (taken.start ?? []);
  }

  begin() {
    const { screen, form, draft } = this;
    part(screen, "title").textContent = draft.title;
    part(screen, "fields").innerHTML = this.taken.html;
    part(screen, "fields").lang = draft.language;
    if (this.typed.length)
      writeFields(form, /** @type {FormPackage} */ (/** @type {unknown} */ ({ sections: [] })), this.typed, () => {});
    this.addSteps();
    this.sum();
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.press();
    });
    part(screen, "discard").addEventListener("click", () => void this.discard());
    part(screen, "saved").textContent = word("saved", { time: clock(draft.changedAt) });
    part(screen, "title").focus();
  }

  get table() {
    return /** @type {HTMLElement} */ (this.form.querySelector("[data-counts]"));
  }

  /** @returns {HTMLInputElement[]} */
  get boxes() {
    return [...this.table.querySelectorAll("input")];
  }

  /** Beside each number one press counts one more, as they come in. */
  addSteps() {
    for (const box of this.boxes) {
      const label = this.form.querySelector(`label[for="${CSS.escape(box.id)}"]`)?.textContent?.trim() ?? "";
      const button = make("button", { class: "btn btn-small device-plus", type: "button" }, "+1");
      button.append(make("span", { class: "visually-hidden" }, `: ${label}`));
      button.addEventListener("click", () => {
        box.value = String(numberIn(box) + 1);
        this.changed();
      });
      box.after(button);
    }
  }

  sum() {
    addUp(this.table);
    const sum = this.boxes.reduce((total, box) => total + numberIn(box), 0);
    part(this.screen, "counted").textContent = word("counted", { count: sum });
    return sum;
  }

  changed() {
    this.isTyped = true;
    this.sum();
    void this.save();
  }

  async save() {
    if (this.isOver) return;
    const content = { fields: [...this.hidden, ...readFields(this.form)] };
    try {
      this.draft.id = await this.app.device.drafts.save(this.draft.id, /** @type {DraftContent} */ (content));
      this.isTyped = false;
      part(this.screen, "saved").textContent = word("saved", { time: clock(Date.now()) });
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code === "locked") return;
      part(this.screen, "saved").textContent = word("notSaved");
    }
  }

  async leave() {
    if (this.isTyped) await this.save();
  }

  /** @param {string} name */
  field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  /** What keeps it from being finished: [id of the field, words]. */
  problems() {
    const { words } = this.taken;
    /** @type {[string, string][]} */
    const found = [];
    const total = this.field("total");
    const wrong = this.boxes.find((box) => box.value.trim() !== "" && !/^\d+$/.test(box.value.trim()));
    const sum = this.sum();
    if (this.isEarly()) found.push([total.id, word("tooEarly")]);
    if (wrong) found.push([wrong.id, words.number]);
    if (numberIn(total) < 1) found.push([total.id, words.total]);
    else if (!wrong && sum !== numberIn(total)) found.push([total.id, filled(words.sum, { sum, total: total.value })]);
    const topics = /** @type {HTMLInputElement[]} */ ([...this.form.querySelectorAll("input[name=topics]")]);
    if (!topics.some((box) => box.checked)) found.push([topics[0].id, words.topics]);
    if (this.field("method").value === "") found.push([this.field("method").id, words.method]);
    return found;
  }

  isEarly() {
    const planned = this.app.pack?.sessions.find((each) => each.id === this.draft.session);
    const begins = planned?.starts_at ? `${planned.date}T${planned.starts_at.slice(0, 8)}` : this.taken.begins;
    return Date.parse(begins ?? "") > Date.now() + EARLY_MS;
  }

  /** What may be a slip: [field, words, the answer that confirms it]. */
  doubts() {
    const { words, class_size, asks_used } = this.taken;
    const total = numberIn(this.field("total"));
    const isUsed = this.form.querySelector("input[name=used]:checked") !== null;
    /** @type {[string, string, string][]} */
    const found = [];
    if (class_size && total > class_size) found.push(["total", filled(words.class, { total }), words.class_yes]);
    if (asks_used && !isUsed) found.push(["used", words.used, words.used_yes]);
    return found;
  }

  async press() {
    const problems = this.problems();
    const summary = part(this.screen, "summary");
    summary.hidden = problems.length === 0;
    part(this.screen, "problems").replaceChildren(...problems.map(([id, words]) => problemLine(id, words)));
    if (problems.length) {
      summary.focus();
      return;
    }
    const doubts = this.doubts();
    const ticked = this.listDoubts(doubts);
    if (ticked.length < doubts.length) {
      part(this.screen, "confirm").focus();
      return;
    }
    await this.finish(ticked);
  }

  /**
   * Asks about each once; returns those that are confirmed.
   *
   * @param {[string, string, string][]} doubts
   */
  listDoubts(doubts) {
    const place = part(this.screen, "confirm");
    const isTicked = (/** @type {string} */ name) => place.querySelector(`input[value="${name}"]:checked`) !== null;
    const ticked = doubts.filter(([name]) => isTicked(name)).map(([name]) => name);
    place.hidden = doubts.length === 0;
    part(this.screen, "doubts").replaceChildren(
      ...doubts.map(([name, words, answer]) => {
        const id = `confirm-${name}`;
        const box = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", id, value: name }));
        box.checked = ticked.includes(name);
        const choice = make("div", { class: "q-choice" }, box, make("label", { for: id }, answer));
        return make("div", {}, make("p", { class: "with-sign" }, sign("warning"), make("span", {}, words)), choice);
      }),
    );
    return ticked;
  }

  /** @param {string[]} confirmed */
  async finish(confirmed) {
    await this.save();
    this.isOver = true;
    try {
      const group = `session ${this.draft.session}`;
      await this.app.device.drafts.finish(this.draft.id, { group, confirmed });
      void this.app.sync().catch(() => {});
      this.app.go(`sessions/${this.draft.session}`);
    } catch (error) {
      this.isOver = false;
      const { code } = /** @type {{ code?: string }} */ (error);
      part(this.screen, "saved").textContent = word(code === "changed" ? "changedElsewhere" : "notFinished");
    }
  }

  async discard() {
    this.isOver = true;
    await this.app.device.drafts.remove(this.draft.id);
    this.app.go("sessions");
  }
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, key) => String(values[key] ?? ""));

/**
 * @param {string} id
 * @param {string} words
 */
export function problemLine(id, words) {
  const link = make("a", { href: "#/" }, words);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(id)?.focus();
  });
  return make("li", {}, link);
}

/** @param {string | null} time */
export const short = (time) => (time ?? "").slice(0, 5);

/** @param {{ date: string }} session */
export const dayOf = (session) => session.date.split("-").reverse().join(".");

/**
 * How a session's record, or its plan, is called in the lists of this phone.
 *
 * @param {Pick<PackSession, "audience" | "municipality" | "date" | "starts_at">} session
 * @param {"recordOf" | "planOf"} [kind]
 */
export const titleOf = (session, kind = "recordOf") =>
  word(kind, { what: [session.audience, session.municipality, dayOf(session), short(session.starts_at)].join(", ") });
