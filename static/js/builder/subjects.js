/** What stands left in a condition, and what a calculation takes: questions, ages, days, counts and sums of rows. */

import { within } from "./document.js";
import { h, select } from "./dom.js";
import { entryOf, textIn } from "./scope.js";

/** @type {Record<string, string>} */
const KINDS = { age: "number", days: "number", count: "number", sum: "number", today: "date", occurred: "date" };

/**
 * The operators that fit a kind of value, in the order they are offered.
 *
 * @param {Nature} entry
 * @param {Catalogue} catalogue
 */
export function operatorsFor(entry, catalogue) {
  return catalogue.operators[entry.kind] ?? catalogue.operators.text;
}

/**
 * {kind, choices} of a subject: what it is compared with. Unknown questions count as texts.
 *
 * @param {Subject} subject
 * @param {Scope} scope
 * @returns {Nature}
 */
export function natureOf(subject, scope) {
  if (subject.of === "var") {
    if (subject.path === "_position") return { kind: "number", choices: null };
    return entryOf(scope, subject.path) ?? { kind: "text", choices: null, unknown: true };
  }
  return { kind: KINDS[subject.of], choices: null };
}

/** @param {Scope} scope */
const datesOf = (scope) => scope.entries.filter(({ kind }) => kind === "date" || kind === "datetime");
/**
 * @param {Editor} editor
 * @param {ScopePlace} place
 */
const placeName = (editor, place) =>
  typeof place === "object" && place !== null ? editor.nameOf(place) : editor.t(`place_${place}`);
/**
 * @param {Editor} editor
 * @param {ScopeEntry} entry
 * @param {string} [stem]
 * @returns {SelectOption}
 */
export const option = (editor, entry, stem = "var:") => [
  `${stem}${entry.path}`,
  textIn(entry.texts, editor.language, entry.path),
];

/**
 * Options of questions, grouped by where they stand, nearest group last.
 *
 * @param {Editor} editor
 * @param {ScopeEntry[]} known
 * @param {string} stem
 */
export function questionGroups(editor, known, stem) {
  /** @type {Map<string, SelectOption[]>} */
  const groups = new Map();
  for (const entry of known) {
    const name = placeName(editor, entry.place);
    groups.set(name, [...(groups.get(name) ?? []), option(editor, entry, stem)]);
  }
  return [...groups].map(([group, options]) => ({ group, options }));
}

/**
 * What can be chosen as a subject. `rows`: "any row of ..." too, which is a row of its own in a condition.
 *
 * @param {Editor} editor
 * @param {Scope} scope
 * @param {{ rows: boolean }} options
 */
function subjectOptions(editor, scope, { rows }) {
  /** @type {Editor["t"]} */
  const t = (name, values) => editor.t(name, values);
  /** @type {SelectOption[]} */
  const worked = [];
  if (datesOf(scope).length) worked.push(["age", t("subject_age")], ["days", t("subject_days")]);
  worked.push(["today", t("subject_today")]);
  if (scope.occurred) worked.push(["occurred", t("subject_occurred")]);
  if (scope.inRow) worked.push(["var:_position", t("subject_position")]);
  /**
   * @param {ScopeRepeat} repeat
   * @returns {SelectOption[]}
   */
  const ofRepeat = (repeat) => {
    const name = textIn(repeat.texts, editor.language, repeat.path);
    const numbers = repeat.entries.some(({ kind }) => kind === "number");
    /** @type {SelectOption[]} */
    const options = [];
    if (rows) {
      for (const which of ["some", "all", "none"]) {
        options.push([`rows:${which}:${repeat.path}`, t(`rows_${which}`, { name })]);
      }
    }
    options.push([`count:${repeat.path}`, t("subject_count", { name })]);
    if (numbers) options.push([`sum:${repeat.path}`, t("subject_sum", { name })]);
    return options;
  };
  const repeats = scope.repeats.flatMap(ofRepeat);
  const groups = questionGroups(editor, scope.entries, "var:");
  if (repeats.length) groups.push({ group: t("place_repeats"), options: repeats });
  groups.push({ group: t("place_worked_out"), options: worked });
  return groups;
}

/** @param {SubjectHolder} row */
export function codeOf(row) {
  if (row.is === "rows") return `rows:${row.which}:${row.list}`;
  const subject = "subject" in row ? row.subject : null;
  if (!subject) return "";
  if (subject.of === "var") return `var:${subject.path}`;
  if (subject.of === "count" || subject.of === "sum") return `${subject.of}:${subject.list}`;
  return subject.of;
}

/**
 * A new subject for what was chosen.
 *
 * @param {string} code
 * @param {Scope} scope
 * @returns {Subject}
 */
export function subjectFor(code, scope) {
  const [of, path] = [code.split(":", 1)[0], code.slice(code.indexOf(":") + 1)];
  const [first] = datesOf(scope);
  if (of === "var") return { of, path };
  if (of === "age") return { of, path: first?.path ?? "", on: scope.occurred ? "occurred" : "today" };
  if (of === "days") return { of, from: first?.path ?? "", to: scope.occurred ? "occurred" : "today" };
  if (of === "count") return { of, list: path, where: null };
  if (of === "sum") return { of, list: path, path: numbersIn(path, scope)[0]?.path ?? "", where: null };
  return { of: of === "occurred" ? of : "today" };
}

/**
 * @param {string} list
 * @param {Scope} scope
 */
export const repeatOf = (list, scope) => scope.repeats.find((repeat) => repeat.path === list);
/**
 * @param {string} list
 * @param {Scope} scope
 */
const numbersIn = (list, scope) => repeatOf(list, scope)?.entries.filter(({ kind }) => kind === "number") ?? [];

/**
 * A question that is no longer known stays chosen, under its key, so that nothing is changed unseen.
 *
 * @param {SelectOptions} options
 * @param {string} value
 * @param {Editor} editor
 * @returns {SelectOptions}
 */
export function withKnown(options, value, editor) {
  const all = options.flatMap((entry) => (Array.isArray(entry) ? [entry] : entry.options));
  if (!value || all.some(([given]) => given === value)) return options;
  return [...options, [value, editor.t("not_here", { key: value.slice(value.lastIndexOf(":") + 1) })]];
}

/**
 * @param {Editor} editor
 * @param {Scope} scope
 * @param {SubjectHolder} row
 * @param {{
 *   onChange: (code: string) => void,
 *   rows?: boolean,
 *   words: string,
 *   focus: string,
 *   extra?: SelectOptions,
 * }} options
 */
export function subjectSelect(editor, scope, row, { onChange, rows = true, words, focus, extra = [] }) {
  const options = withKnown(
    [["", editor.t("choose")], ...extra, ...subjectOptions(editor, scope, { rows })],
    codeOf(row),
    editor,
  );
  const control = select(options, codeOf(row), {
    "aria-label": words,
    disabled: editor.readOnly,
    "data-focus": focus,
    onChange,
  });
  control.classList.add("vo-cond__subject");
  return control;
}

/**
 * The days that are no question's.
 *
 * @param {Editor} editor
 * @param {Scope} scope
 * @param {string} [stem]
 * @returns {SelectOption[]}
 */
export function dayOptions(editor, scope, stem = "") {
  /** @type {SelectOption} */
  const occurred = [`${stem}occurred`, editor.t("subject_occurred")];
  return [...(scope.occurred ? [occurred] : []), [`${stem}today`, editor.t("subject_today")]];
}

/**
 * The further choices a subject needs: which date, on which day, which question is summed.
 *
 * @param {Editor} editor
 * @param {Scope} scope
 * @param {Subject} subject
 * @param {{ onChange: (subject: Subject) => void, focus: string }} options
 */
export function subjectDetails(editor, scope, subject, { onChange, focus }) {
  const dates = datesOf(scope).map((entry) => option(editor, entry, ""));
  const days = dayOptions(editor, scope);
  /**
   * @param {string} name
   * @param {SelectOptions} options
   * @param {string} words
   */
  const pick = (name, options, words) => {
    const chosen = String(within(subject, [name]) ?? "");
    return select(withKnown(options, chosen, editor), chosen, {
      "aria-label": words,
      disabled: editor.readOnly,
      "data-focus": `${focus}.${name}`,
      onChange: (value) => onChange({ ...subject, [name]: value }),
    });
  };
  const said = (/** @type {string} */ words) => h("span.vo-cond__word", {}, words);
  if (subject.of === "age")
    return [
      said(editor.t("by_date")),
      pick("path", dates, editor.t("date_of_birth")),
      pick(
        "on",
        days.map(([value, words]) => [value, editor.t("on_day", { day: words })]),
        editor.t("on_which_day"),
      ),
    ];
  if (subject.of === "days") {
    const all = [...dates, ...days];
    return [
      said(editor.t("from")),
      pick("from", all, editor.t("from")),
      said(editor.t("to")),
      pick("to", all, editor.t("to")),
    ];
  }
  if (subject.of === "sum")
    return [
      pick(
        "path",
        numbersIn(subject.list, scope).map((entry) => option(editor, entry, "")),
        editor.t("which_number"),
      ),
    ];
  return [];
}
