/** What stands left in a condition, and what a calculation takes: questions, ages, days, counts and sums of rows. */

import { h, select } from "./dom.js";
import { entryOf, textIn } from "./scope.js";

const KINDS = { age: "number", days: "number", count: "number", sum: "number", today: "date", occurred: "date" };

/** The operators that fit a kind of value, in the order they are offered. */
export function operatorsFor(entry, catalogue) {
  return catalogue.operators[entry.kind] ?? catalogue.operators.text;
}

/** {kind, choices} of a subject: what it is compared with. Unknown questions count as texts. */
export function natureOf(subject, scope) {
  if (subject.of === "var") {
    if (subject.path === "_position") return { kind: "number", choices: null };
    return entryOf(scope, subject.path) ?? { kind: "text", choices: null, unknown: true };
  }
  return { kind: KINDS[subject.of], choices: null };
}

const datesOf = (scope) => scope.entries.filter(({ kind }) => kind === "date" || kind === "datetime");
const placeName = (editor, place) =>
  typeof place === "object" && place !== null ? editor.nameOf(place) : editor.t(`place_${place}`);
const option = (editor, entry, stem = "var:") => [
  `${stem}${entry.path}`,
  textIn(entry.texts, editor.language, entry.path),
];

/** Options of questions, grouped by where they stand, nearest group last. */
export function questionGroups(editor, known, stem) {
  const groups = new Map();
  for (const entry of known) {
    const name = placeName(editor, entry.place);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(option(editor, entry, stem));
  }
  return [...groups].map(([group, options]) => ({ group, options }));
}

/** What can be chosen as a subject. `rows`: "any row of ..." too, which is a row of its own in a condition. */
function subjectOptions(editor, scope, { rows }) {
  const t = (name, values) => editor.t(name, values);
  const worked = [];
  if (datesOf(scope).length) worked.push(["age", t("subject_age")], ["days", t("subject_days")]);
  worked.push(["today", t("subject_today")]);
  if (scope.occurred) worked.push(["occurred", t("subject_occurred")]);
  if (scope.inRow) worked.push(["var:_position", t("subject_position")]);
  const repeats = scope.repeats.flatMap((repeat) => {
    const name = textIn(repeat.texts, editor.language, repeat.path);
    const numbers = repeat.entries.some(({ kind }) => kind === "number");
    const quantified = rows
      ? ["some", "all", "none"].map((which) => [`rows:${which}:${repeat.path}`, t(`rows_${which}`, { name })])
      : [];
    return [
      ...quantified,
      [`count:${repeat.path}`, t("subject_count", { name })],
      ...(numbers ? [[`sum:${repeat.path}`, t("subject_sum", { name })]] : []),
    ];
  });
  const groups = questionGroups(editor, scope.entries, "var:");
  if (repeats.length) groups.push({ group: t("place_repeats"), options: repeats });
  groups.push({ group: t("place_worked_out"), options: worked });
  return groups;
}

export function codeOf(row) {
  if (row.is === "rows") return `rows:${row.which}:${row.list}`;
  const { subject } = row;
  if (!subject) return "";
  if (subject.of === "var") return `var:${subject.path}`;
  if (subject.of === "count" || subject.of === "sum") return `${subject.of}:${subject.list}`;
  return subject.of;
}

/** A new subject for what was chosen. */
export function subjectFor(code, scope) {
  const [of, path] = [code.split(":", 1)[0], code.slice(code.indexOf(":") + 1)];
  const [first] = datesOf(scope);
  if (of === "var") return { of, path };
  if (of === "age") return { of, path: first?.path ?? "", on: scope.occurred ? "occurred" : "today" };
  if (of === "days") return { of, from: first?.path ?? "", to: scope.occurred ? "occurred" : "today" };
  if (of === "count") return { of, list: path, where: null };
  if (of === "sum") return { of, list: path, path: numbersIn(path, scope)[0]?.path ?? "", where: null };
  return { of };
}

const repeatOf = (list, scope) => scope.repeats.find((repeat) => repeat.path === list);
const numbersIn = (list, scope) => repeatOf(list, scope)?.entries.filter(({ kind }) => kind === "number") ?? [];

/** A question that is no longer known stays chosen, under its key, so that nothing is changed unseen. */
function withKnown(options, value, editor) {
  const all = options.flatMap((entry) => (Array.isArray(entry) ? [entry] : entry.options));
  if (!value || all.some(([given]) => given === value)) return options;
  return [...options, [value, editor.t("not_here", { key: value.slice(value.lastIndexOf(":") + 1) })]];
}

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

/** The further choices a subject needs: which date, on which day, which question is summed. */
export function subjectDetails(editor, scope, subject, { onChange, focus }) {
  const dates = datesOf(scope).map((entry) => option(editor, entry, ""));
  const days = [
    ...(scope.occurred ? [["occurred", editor.t("subject_occurred")]] : []),
    ["today", editor.t("subject_today")],
  ];
  const pick = (name, options, words) =>
    select(withKnown(options, subject[name], editor), subject[name], {
      "aria-label": words,
      disabled: editor.readOnly,
      "data-focus": `${focus}.${name}`,
      onChange: (value) => onChange({ ...subject, [name]: value }),
    });
  const said = (words) => h("span.vo-cond__word", {}, words);
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

export { repeatOf };
