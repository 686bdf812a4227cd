/**
 * Follows a section's rules as one types: what applies, what must be answered, what can be chosen, what is worked out.
 * The same walk as case_forms/submissions/validation/validator.py makes, over the same rules (case_forms/submissions/pages/live_rules.py). The server
 * decides; this only spares a round trip.
 */

import { answer } from "../answers.js";
import { evaluate, LogicError, truthy } from "../logic.js";
import { offer } from "./choices.js";
import { fill, isNothing } from "./fields.js";
import { fitted, tell } from "./outputs.js";

/**
 * What anybody may read at any place, besides the answers.
 *
 * @param {HTMLFormElement} form
 */
const always = (form) => {
  const moment = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("_occurred_at"));
  const known = { _now: new Date().toISOString() };
  return moment?.value ? { ...known, _occurred_on: moment.value.slice(0, 10) } : known;
};

/**
 * @param {Json} expression
 * @param {Scoped} scope
 * @param {boolean} [unsure]
 */
export function holds(expression, scope, unsure = true) {
  if (typeof expression === "boolean") return expression;
  try {
    return truthy(evaluate(expression, scope));
  } catch (error) {
    // As on the server: what can't be worked out applies, and is no reason to let an answer pass. What only the server
    // can work out in time applies and passes here: the server asks again.
    return (error instanceof LogicError && error.code === "left_to_server") || unsure;
  }
}

/**
 * @param {Json} expression
 * @param {Scoped} scope
 */
function workedOut(expression, scope) {
  try {
    return evaluate(expression, scope) ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * `rules`: {items, scope, kept, words}, as the page carries them. Gives back a function that brings the page up to
 * date.
 *
 * @param {HTMLFormElement} form
 * @param {LiveRules} rules
 */
export function follow(form, rules) {
  const walk = new Walk(form, rules);
  const touch = (/** @type {Event} */ event) => walk.touch(/** @type {Field} */ (event.target));
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  return () => walk.refresh();
}

/** @typedef {{ value: Json | undefined, typed: boolean }} Worth an answer, and whether a person gave it */
/**
 * `isEmpty`: nothing was entered; `value`: what was entered, read, or what stands for it; `fits`: the constraint holds.
 *
 * @typedef {{ rule: Rule, name: string, element: HTMLElement | undefined, required: boolean, isEmpty: boolean,
 *   value: Json | undefined, fits: boolean }} Judged
 */

export class Walk {
  /**
   * @param {HTMLFormElement} form
   * @param {LiveRules} rules
   */
  constructor(form, rules) {
    this.form = form;
    this.rules = rules;
    /** @type {Map<string, HTMLElement>} */
    this.elements = new Map();
    /** @type {Set<string>} */
    this.touched = new Set();
    this.look();
  }

  /** Which elements there are: anew after a row was added or taken out. */
  look() {
    this.elements = new Map(
      [...this.form.querySelectorAll("[data-item]")].map((each) => [each.dataset.item ?? "", each]),
    );
  }

  /** @param {Field} field */
  touch(field) {
    const entry = field.closest?.(".entry[data-item]");
    if (entry) this.touched.add(entry.dataset.item ?? "");
  }

  refresh() {
    this.items(this.rules.items, { ...this.rules.scope, ...always(this.form) }, "");
  }

  /**
   * Goes through a section or a row; `scope` grows. {answers, typed}: what is answered, and whether by a person.
   *
   * @param {Rule[]} items
   * @param {Scoped} scope
   * @param {string} prefix
   * @returns {{ answers: Scoped, typed: boolean }}
   */
  items(items, scope, prefix) {
    /** @type {{ answers: Scoped, typed: boolean }} */
    const found = { answers: {}, typed: false };
    for (const item of items) {
      const { value, typed } = this.item(item, `${prefix}${item.key}`, scope);
      found.typed ||= typed;
      if (value === undefined) continue;
      found.answers[item.key] = value;
      scope[item.key] = value;
    }
    return found;
  }

  /**
   * @param {Rule} item
   * @param {string} name
   * @param {Scoped} scope
   * @returns {Worth}
   */
  item(item, name, scope) {
    const element = this.elements.get(name);
    const applies = holds(item.relevant ?? true, scope);
    if (element) show(element, applies);
    if (item.item === "note") return { value: undefined, typed: false };
    if (!applies) return { value: undefined, typed: this.isTyped(item, name) };
    return item.item === "repeat" ? this.repeat(item, scope, element) : this.question(item, name, scope, element);
  }

  /**
   * @param {Rule} item
   * @param {Scoped} scope
   * @param {HTMLElement | undefined} element
   * @returns {Worth}
   */
  repeat(item, scope, element) {
    /** @type {Scoped[]} */
    const rows = [];
    for (const row of element?.querySelectorAll(":scope > [data-row]") ?? []) {
      const position = rows.length + 1;
      const { answers, typed } = this.row(item, { ...scope, _position: position }, `${row.dataset.row}-`);
      if (typed) rows.push(answers); // the server leaves out rows in which nothing was typed
    }
    this.counted(item, element, rows.length);
    return { value: rows.length ? /** @type {Json} */ (rows) : undefined, typed: rows.length > 0 };
  }

  /**
   * Whether something is entered in what doesn't apply now: for the server its row isn't empty.
   *
   * @param {Rule} item
   * @param {string} name
   * @returns {boolean}
   */
  isTyped(item, name) {
    const element = this.elements.get(name);
    if (!element) return false;
    if (item.item !== "repeat") return !item.read_only && !isNothing(item, element, name);
    const rows = [...element.querySelectorAll(":scope > [data-row]")];
    return rows.some((row) => item.items.some((inner) => this.isTyped(inner, `${row.dataset.row}-${inner.key}`)));
  }

  /**
   * @param {Rule} repeat
   * @param {Scoped} scope
   * @param {string} prefix
   */
  row(repeat, scope, prefix) {
    return this.items(repeat.items, scope, prefix);
  }

  /**
   * How many rows a group has in which something was typed. Nothing follows from it here.
   *
   * @param {Rule} _repeat
   * @param {HTMLElement | undefined} _element
   * @param {number} _count
   */
  counted(_repeat, _element, _count) {}

  /**
   * What a question came to. Nothing follows from it here: the server says what is wrong.
   *
   * @param {Judged} _found
   */
  judge(_found) {}

  /**
   * @param {Rule} rule
   * @param {string} name
   * @param {Scoped} scope
   * @param {HTMLElement | undefined} element
   * @returns {Worth}
   */
  question(rule, name, scope, element) {
    if (rule.type === "calculated")
      return this.told(rule, name, scope, element, fitted(rule, workedOut(rule.calculation ?? null, scope)));
    if (rule.type === "hidden" || rule.read_only) {
      return this.told(rule, name, scope, element, this.own(rule, scope) ?? this.rules.kept[name]);
    }
    if (!element) return { value: undefined, typed: false };
    const required = holds(rule.required ?? false, scope);
    mark(rule, element, required);
    const filter = rule.choice_filter;
    if (filter) offer(element, rule, name, (choice) => holds(filter, { ...scope, choice }, false));
    let isEmpty = isNothing(rule, element, name);
    if (isEmpty && rule.initial !== undefined && !this.touched.has(name)) {
      this.touched.add(name); // once: whoever empties it again means it
      fill(element, name, this.own(rule, scope));
      isEmpty = isNothing(rule, element, name); // what was filled in is judged as if it had been typed
    }
    const given = answer(rule, name, this.form);
    const value = given ?? (isEmpty ? this.own(rule, scope) : undefined);
    const fits = value === undefined || holds(rule.constraint ?? true, { ...scope, [rule.key]: value }, false);
    this.judge({ rule, name, element, required, isEmpty, value, fits });
    return { value: fits ? value : undefined, typed: !isNothing(rule, element, name) };
  }

  /**
   * @param {Rule} rule
   * @param {string} name
   * @param {Scoped} scope
   * @param {HTMLElement | undefined} element
   * @param {Json | undefined} value
   * @returns {Worth}
   */
  told(rule, name, scope, element, value) {
    if (element) tell(rule, element, value, this.rules.words);
    const fits = value === undefined || holds(rule.constraint ?? true, { ...scope, [rule.key]: value }, false);
    this.judge({ rule, name, element, required: holds(rule.required ?? false, scope), isEmpty: true, value, fits });
    return { value: fits ? value : undefined, typed: false };
  }

  /**
   * @param {Rule} rule
   * @param {Scoped} scope
   */
  own(rule, scope) {
    return rule.default ?? (rule.initial === undefined ? undefined : workedOut(rule.initial, scope));
  }
}

/**
 * @param {HTMLElement} element
 * @param {boolean} applies
 */
function show(element, applies) {
  element.hidden = !applies;
  /** @type {HTMLInputElement | null} */
  const shown = element.querySelector(':scope > input[name="shown"]');
  if (shown) shown.disabled = !applies;
}

const GROUPS = new Set([
  "select_many",
  "indicators",
  "matrix",
  "ranking",
  "geopoint",
  "signature",
  "duration",
  "approximate_date",
]);

/**
 * The star says it to those who see, the field itself to those who hear; for a group of fields the star is enough.
 *
 * @param {Rule} rule
 * @param {HTMLElement} element
 * @param {boolean} required
 */
function mark(rule, element, required) {
  for (const star of element.querySelectorAll(".q-required")) star.hidden = !required;
  if (GROUPS.has(rule.type)) return;
  const target = element.querySelector('[role="radiogroup"], input:not([type="hidden"]), select, textarea');
  if (required) target?.setAttribute("aria-required", "true");
  else target?.removeAttribute("aria-required");
}
