/**
 * Follows a section's rules as one types: what applies, what must be answered, what can be chosen, what is worked out.
 * The same walk as case_forms/submissions/validation/validator.py makes, over the same rules (case_forms/submissions/pages/live_rules.py). The server decides;
 * this only spares a round trip.
 */

import { answer } from "../answers.js";
import { evaluate, truthy } from "../logic.js";
import { offer } from "./choices.js";
import { fill, isBlank } from "./fields.js";
import { fitted, tell } from "./outputs.js";

/** What anybody may read at any place, besides the answers. */
const always = (form) => {
  const moment = form.elements.namedItem("_occurred_at");
  const known = { _now: new Date().toISOString() };
  return moment?.value ? { ...known, _occurred_on: moment.value.slice(0, 10) } : known;
};

function holds(expression, scope, unsure = true) {
  if (typeof expression === "boolean") return expression;
  try {
    return truthy(evaluate(expression, scope));
  } catch {
    return unsure; // as on the server: what can't be worked out applies, and is no reason to let an answer pass
  }
}

function workedOut(expression, scope) {
  try {
    return evaluate(expression, scope) ?? undefined;
  } catch {
    return undefined;
  }
}

/** `rules`: {items, scope, kept, words}, as the page carries them. Gives back a function that brings the page up to date. */
export function follow(form, rules) {
  const walk = new Walk(form, rules);
  form.addEventListener("input", (event) => walk.touch(event.target));
  form.addEventListener("change", (event) => walk.touch(event.target));
  return () => walk.refresh();
}

class Walk {
  constructor(form, rules) {
    this.form = form;
    this.rules = rules;
    this.elements = new Map([...form.querySelectorAll("[data-item]")].map((each) => [each.dataset.item, each]));
    this.touched = new Set();
  }

  touch(field) {
    const entry = field.closest?.(".entry[data-item]");
    if (entry) this.touched.add(entry.dataset.item);
  }

  refresh() {
    this.items(this.rules.items, { ...this.rules.scope, ...always(this.form) }, "");
  }

  /** Goes through a section or a row; `scope` grows. {answers, typed}: what is answered, and whether by a person. */
  items(items, scope, prefix) {
    const found = { answers: {}, typed: false };
    for (const item of items) {
      const name = `${prefix}${item.key}`;
      const element = this.elements.get(name);
      const applies = holds(item.relevant ?? true, scope);
      if (element) show(element, applies);
      if (!applies || item.item === "note") continue;
      const { value, typed } = item.item === "repeat" ? this.repeat(item, scope, element) : this.question(item, name, scope, element);
      found.typed ||= typed;
      if (value !== undefined) found.answers[item.key] = scope[item.key] = value;
    }
    return found;
  }

  repeat(item, scope, element) {
    const rows = [];
    for (const row of element?.querySelectorAll(":scope > [data-row]") ?? []) {
      const position = rows.length + 1;
      const { answers, typed } = this.items(item.items, { ...scope, _position: position }, `${row.dataset.row}-`);
      if (typed) rows.push(answers); // the server leaves out rows in which nothing was typed
    }
    return { value: rows.length ? rows : undefined, typed: rows.length > 0 };
  }

  question(rule, name, scope, element) {
    if (rule.type === "calculated") return this.told(rule, element, fitted(rule, workedOut(rule.calculation, scope)));
    if (rule.type === "hidden" || rule.read_only) {
      return this.told(rule, element, this.own(rule, scope) ?? this.rules.kept[name]);
    }
    if (!element) return { value: undefined, typed: false };
    const required = holds(rule.required ?? false, scope);
    mark(rule, element, required);
    if (rule.choice_filter) offer(element, rule, name, (choice) => holds(rule.choice_filter, { ...scope, choice }, false));
    const isEmpty = isBlank(element, name);
    if (isEmpty && rule.initial !== undefined && !this.touched.has(name)) {
      this.touched.add(name); // once: whoever empties it again means it
      fill(element, name, this.own(rule, scope));
    }
    const given = answer(rule, name, this.form);
    const value = given ?? (isEmpty ? this.own(rule, scope) : undefined);
    const fits = value === undefined || holds(rule.constraint ?? true, { ...scope, [rule.key]: value }, false);
    return { value: fits ? value : undefined, typed: given !== undefined };
  }

  told(rule, element, value) {
    if (element) tell(rule, element, value, this.rules.words);
    return { value, typed: false };
  }

  own(rule, scope) {
    return rule.default ?? (rule.initial === undefined ? undefined : workedOut(rule.initial, scope));
  }
}

function show(element, applies) {
  element.hidden = !applies;
  const shown = element.querySelector(':scope > input[name="shown"]');
  if (shown) shown.disabled = !applies;
}

const GROUPS = new Set(["select_many", "indicators", "matrix", "ranking", "geopoint", "signature", "duration", "approximate_date"]);

/** The star says it to those who see, the field itself to those who hear; for a group of fields the star is enough. */
function mark(rule, element, required) {
  for (const star of element.querySelectorAll(".q-required")) star.hidden = !required;
  if (GROUPS.has(rule.type)) return;
  const target = element.querySelector('[role="radiogroup"], input:not([type="hidden"]), select, textarea');
  if (required) target?.setAttribute("aria-required", "true");
  else target?.removeAttribute("aria-required");
}
