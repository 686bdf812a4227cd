/** What a condition of a procedure may read: answers of the rule's forms, facts, choices, and what the event offers. */

import { namesFor, scopeAt, textIn } from "../builder/scope.js";

const SETTING = "_setting_";
const BOOLEAN = new Set(
  "== != === !== < <= > >= ! !! and or in answered missing missing_some matches some all none".split(" "),
);
const NUMBER = new Set("age_on count sum + - * / min max round days_between".split(" "));

/**
 * What sort of value an expression gives, as far as its outermost operator tells.
 *
 * @param {Expression | undefined} expression
 * @returns {string}
 */
export function kindOfExpression(expression) {
  if (typeof expression === "boolean") return "boolean";
  if (typeof expression === "number") return "number";
  if (typeof expression !== "object" || expression === null || Array.isArray(expression)) return "text";
  const [operator, given] = Object.entries(expression)[0] ?? ["", null];
  if (BOOLEAN.has(operator)) return "boolean";
  if (NUMBER.has(operator)) return "number";
  if (operator === "if" && Array.isArray(given)) return kindOfExpression(given[1]);
  return "text";
}

/**
 * The definition that holds no sections, for asking about what isn't a form's.
 *
 * @param {Record<string, Definition>} forms
 * @param {string[]} keys
 */
const formsOf = (forms, keys) => {
  const known = keys.filter((key) => forms[key]);
  return (known.length ? known : Object.keys(forms)).map((key) => forms[key]);
};

/**
 * The scope of a rule about these forms, or (with none) of any. `before`: of a fact, which may read the facts before it.
 *
 * @param {ProcedureEditor} editor
 * @param {string[]} keys
 * @param {ProcedureFact | null} [before]
 * @returns {Scope}
 */
export function scopeOf(editor, keys, before = null) {
  /** @type {Scope} */
  const scope = { entries: [], repeats: [], inRow: false, occurred: true };
  const known = new Set();
  for (const form of formsOf(editor.forms, keys)) {
    const own = scopeAt(form, editor.catalogue, null, { whole: true });
    // A question that two forms have is offered once, under the first.
    for (const entry of own.entries) if (!known.has(entry.path)) scope.entries.push({ ...entry, place: form });
    for (const repeat of own.repeats) if (!known.has(repeat.path)) scope.repeats.push({ ...repeat, place: form });
    for (const { path } of [...own.entries, ...own.repeats]) known.add(path);
  }
  scope.entries.push(...factEntries(editor, before), ...settingEntries(editor), ...eventEntries(editor));
  return scope;
}

/**
 * @param {ProcedureEditor} editor
 * @param {ProcedureFact | null} before
 * @returns {ScopeEntry[]}
 */
function factEntries(editor, before) {
  const facts = editor.procedure.facts ?? [];
  const end = before ? facts.indexOf(before) : facts.length;
  return facts.slice(0, end < 0 ? facts.length : end).map((fact) => ({
    path: fact.key,
    place: "facts",
    texts: fact.label ?? {},
    kind: kindOfExpression(fact.value),
    choices: null,
  }));
}

/**
 * @param {ProcedureEditor} editor
 * @returns {ScopeEntry[]}
 */
function settingEntries(editor) {
  return Object.entries(editor.procedure.settings ?? {}).map(([key, setting]) => ({
    path: `${SETTING}${key}`,
    place: "settings",
    texts: setting.label ?? {},
    kind: "choice",
    choices: (setting.choices ?? []).map(({ value = "", label = {} }) => ({ value, label })),
  }));
}

/**
 * @param {ProcedureEditor} editor
 * @returns {ScopeEntry[]}
 */
function eventEntries(editor) {
  return editor.catalogue.procedure.names
    .filter(({ path }) => path !== "_today" && path !== "_occurred_on") // conditions offer these by themselves
    .map(({ path, kind, texts, choices = null }) => ({ path, place: "event", texts, kind, choices }));
}

/**
 * {labels, values, days} for reading an expression back in one language.
 *
 * @param {ProcedureEditor} editor
 * @param {string} language
 */
export function namesIn(editor, language) {
  /** @type {Record<string, string>} */
  const labels = {};
  /** @type {Record<string, Record<string, string>>} */
  const values = {};
  /** @type {string[]} */
  const days = [];
  for (const form of Object.values(editor.forms)) {
    const names = namesFor(form, editor.catalogue, language);
    Object.assign(labels, { ...names.labels, ...labels });
    Object.assign(values, { ...names.values, ...values });
    days.push(...names.days);
  }
  for (const entry of [...factEntries(editor, null), ...settingEntries(editor), ...eventEntries(editor)]) {
    labels[entry.path] = textIn(entry.texts, language, entry.path);
    if (entry.choices?.length)
      values[entry.path] = Object.fromEntries(
        entry.choices.map((choice) => [choice.value, textIn(choice.label, language, choice.value)]),
      );
  }
  return { labels, values, days };
}
