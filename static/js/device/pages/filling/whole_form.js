// A whole form filled without a network: the walk of the online page over every section, which also says what is wrong.
// The server decides again when it arrives.

import { Walk, holds } from "../../../filling/live.js";
import { reasonFor } from "./reasons.js";

/**
 * What an item came to: the values that its rules may have read, what followed, what was wrong.
 *
 * @typedef {{ read: (Json | undefined)[], found: import("../../../filling/live.js").Worth, problems: PhoneProblem[] }} Seen
 */

/** @param {Date} at */
export const dayOf = (at) =>
  `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;

/** @param {string} day */
const written = (day) => day.split("-").reverse().join(".");

/**
 * The rules with the phone's day where the package leaves it open.
 *
 * @param {PhoneRule[]} rules
 * @param {string} day
 * @returns {PhoneRule[]}
 */
export function onDay(rules, day) {
  return rules.map((rule) => {
    const own = Object.fromEntries(
      Object.entries(rule).map(([name, value]) => [name, value === "today" ? day : value]),
    );
    const wrong = Object.fromEntries(
      Object.entries(rule.wrong ?? {}).map(([code, words]) => [code, words.replace("{today}", written(day))]),
    );
    return /** @type {PhoneRule} */ ({ ...own, wrong, ...(rule.items ? { items: onDay(rule.items, day) } : {}) });
  });
}

export class WholeForm extends Walk {
  /**
   * @param {HTMLFormElement} form
   * @param {FormPackage} taken
   * @param {string} day the phone's, YYYY-MM-DD
   */
  constructor(form, taken, day) {
    super(form, { items: [], scope: {}, kept: {}, words: taken.messages });
    this.taken = taken;
    this.day = day;
    this.sections = taken.sections.map((section) => ({ ...section, rules: onDay(section.rules, day) }));
    /** @type {PhoneSectionState[]} */
    this.states = [];
    /** @type {PhoneProblem[]} */
    this.problems = [];
    /** @type {Scoped} */
    this.answers = {};
    /** By the name of the item. @type {Map<string, Seen>} */
    this.seen = new Map();
    /** Items in which something may have changed since they were looked at. @type {Set<string>} */
    this.changed = new Set();
    /** Questions that the last refresh looked at: it may have written into their fields. @type {Set<string>} */
    this.lookedAt = new Set();
  }

  look() {
    super.look();
    this.seen?.clear();
  }

  /**
   * What is typed into has changed: its question, and the groups around it. The names; null when it is in none.
   *
   * @param {Element} field
   */
  mark(field) {
    const question = field.closest(".entry[data-item]");
    if (!(question instanceof HTMLElement)) return null;
    const name = question.dataset.item ?? "";
    /** @type {Element | null} */
    let around = question;
    while (around instanceof HTMLElement) {
      this.changed.add(around.dataset.item ?? "");
      around = around.parentElement?.closest("[data-item]") ?? null;
    }
    return [name];
  }

  /** Anything may have changed. */
  markAll() {
    this.seen.clear();
  }

  /** Brings the page up to date; `states`, `answers` and `problems` are anew. */
  refresh() {
    this.lookedAt.clear();
    const moment = /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem("_occurred_at"));
    const scope = /** @type {Scoped} */ ({
      _today: this.day,
      _occurred_on: moment?.value.slice(0, 10) || this.day,
      _now: new Date().toISOString(),
      _known: {},
    });
    this.answers = {};
    this.states = this.sections.map((section) => {
      this.problems = [];
      const isAsked = holds(section.relevant ?? true, scope);
      const found = isAsked ? this.items(section.rules, scope, "") : { answers: {}, typed: false };
      Object.assign(this.answers, found.answers);
      return { key: section.key, title: section.title, isAsked, isTyped: found.typed, problems: this.problems };
    });
    this.problems = this.states.flatMap((state) => state.problems);
  }

  /**
   * An item in which nothing changed, and nothing of what it reads, is as it was.
   *
   * @param {Rule} item
   * @param {string} name
   * @param {Scoped} scope
   */
  item(item, name, scope) {
    const names = readBy(item);
    const read = names?.map((each) => scope[each]);
    const before = this.seen.get(name);
    if (before && read && !this.changed.has(name) && read.every((value, index) => isSame(value, before.read[index]))) {
      this.problems.push(...before.problems);
      return before.found;
    }
    this.changed.delete(name);
    if (item.item !== "repeat") this.lookedAt.add(name);
    const others = this.problems;
    this.problems = [];
    const found = super.item(item, name, scope);
    if (read) this.seen.set(name, { read, found, problems: this.problems });
    this.problems = [...others, ...this.problems];
    return found;
  }

  /** Nothing of what was answered is here any more. */
  forget() {
    this.elements.clear();
    this.seen.clear();
    this.changed.clear();
    this.lookedAt.clear();
    this.states = [];
    this.problems = [];
    this.answers = {};
  }

  /**
   * A row in which nothing was typed is no row: nothing in it is wrong, either.
   *
   * @param {Rule} repeat
   * @param {Scoped} scope
   * @param {string} prefix
   */
  row(repeat, scope, prefix) {
    const before = this.problems;
    this.problems = [];
    const found = super.row(repeat, scope, prefix);
    this.problems = found.typed ? [...before, ...this.problems] : before;
    return found;
  }

  /**
   * @param {Rule} repeat
   * @param {HTMLElement | undefined} element
   * @param {number} count
   */
  counted(repeat, element, count) {
    const { min = 0, max = Number.POSITIVE_INFINITY, wrong = {} } = /** @type {PhoneRule} */ (repeat);
    const name = element?.dataset.item ?? repeat.key;
    if (count > max) {
      this.problems = this.problems.filter((problem) => !problem.name.startsWith(`${name}-`));
      this.problems.push({ name, code: "too_many", words: wrong.too_many ?? "" });
    } else if (count < min) {
      this.problems.push({ name, code: "too_few", words: wrong.too_few ?? "" });
    }
  }

  /** @param {WalkJudged} found */
  judge({ rule, name, required, isEmpty, value, fits }) {
    const phone = /** @type {PhoneRule} */ (rule);
    const add = (/** @type {string} */ code, /** @type {string} */ words) => this.problems.push({ name, code, words });
    if (value === undefined && !isEmpty) {
      const code = reasonFor(phone, name, this.form);
      add(code, phone.wrong?.[code] ?? Object.values(phone.wrong ?? {})[0] ?? this.taken.messages.required);
    } else if (required && (value === undefined || isPart(phone, value))) {
      add("required", this.taken.messages.required);
    } else if (!fits) {
      add("constraint", phone.constraint_words ?? "");
    }
  }

  /** What the form asks to confirm, by these answers: the keys of its warnings. */
  toConfirm() {
    const scope = {
      ...this.answers,
      _today: this.day,
      _occurred_on: this.occurredOn(),
      _now: new Date().toISOString(),
      _known: {},
      ...this.taken.facts,
    };
    return this.taken.warnings.filter((warning) => holds(warning.when, scope, true));
  }

  occurredOn() {
    const moment = /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem("_occurred_at"));
    return moment?.value.slice(0, 10) || this.day;
  }
}

/**
 * Whether rows of a table are still open.
 *
 * @param {PhoneRule} rule
 * @param {Json} value
 */
function isPart(rule, value) {
  if (rule.type !== "matrix") return false;
  const answered = /** @type {Record<string, Json>} */ (value);
  return (rule.rows ?? []).some((row) => !(row in answered));
}

const EXPRESSIONS = /** @type {const} */ ([
  "relevant",
  "required",
  "choice_filter",
  "calculation",
  "initial",
  "constraint",
]);

/** @type {WeakMap<Rule, string[] | null>} */
const known = new WeakMap();

/**
 * Every text in the expressions of an item and of those within it, as the first step of a name: rather too many. Null when
 * one reads a name that only running it tells.
 *
 * @param {Rule} rule
 * @returns {string[] | null}
 */
function readBy(rule) {
  let names = known.get(rule);
  if (names === undefined) {
    /** @type {Set<string>} */
    const found = new Set();
    names = collect(rule, found) ? [...found] : null;
    known.set(rule, names);
  }
  return names;
}

/**
 * @param {Rule} rule
 * @param {Set<string>} found
 * @returns {boolean} whether they are all
 */
function collect(rule, found) {
  return (
    EXPRESSIONS.every((name) => gather(rule[name], found)) && (rule.items ?? []).every((inner) => collect(inner, found))
  );
}

/**
 * @param {Json | undefined} expression
 * @param {Set<string>} found
 * @returns {boolean}
 */
function gather(expression, found) {
  if (typeof expression === "string" || typeof expression === "number") found.add(String(expression).split(".")[0]);
  if (typeof expression !== "object" || expression === null) return true;
  if (Array.isArray(expression)) return expression.every((part) => gather(part, found));
  return Object.entries(expression).every(([operator, given]) => {
    if (operator === "today") found.add("_today");
    if (operator === "var") {
      const name = Array.isArray(given) ? given[0] : given;
      if (!["string", "number"].includes(typeof name) || name === "") return false;
    }
    return gather(given, found);
  });
}

/** @param {Json | undefined} one @param {Json | undefined} other */
const isSame = (one, other) =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && JSON.stringify(one) === JSON.stringify(other));
