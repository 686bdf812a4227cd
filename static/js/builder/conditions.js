/**
 * Conditions as rows of question · operator · value, and the JSON-Logic they are stored as (docs/logic.md).
 *
 * group    {is: "group", kind: "all" | "any" | "none", rows: [row]}
 * row      a group, or
 *          {is: "compare", subject, op, value, guard}       guard: no answer does not count as small
 *          {is: "rows", which: "some" | "all" | "none", list, where: group}
 *          {is: "raw", expression}                          what can't be shown as a row, kept as it came
 * subject  {of: "var", path} {of: "age", path, on} {of: "days", from, to} {of: "today"} {of: "occurred"}
 *          {of: "count", list, where} {of: "sum", list, path, where}
 *          from, to, on: "today", "occurred" or the path of a date
 * value    {const} or {ref: subject}; a list for one_of, none_of, any_of; [low, high] for between; absent for answered
 *
 * read(write(group)) is the group again, and write(read(expression)) the expression, up to {"!": x} for {"!": [x]}.
 */

import { same } from "./document.js";

const COMPARED = { is: "==", is_not: "!=", less: "<", at_most: "<=", more: ">", at_least: ">=" };
const NAMES = Object.fromEntries(Object.entries(COMPARED).map(([name, operator]) => [operator, name]));
const ORDERED = new Set(["less", "at_most", "more", "at_least", "between"]);
const LISTED = new Set(["one_of", "none_of", "any_of"]);
const UNARY = new Set(["answered", "unanswered"]);
const KINDS = { and: "all", or: "any" };

export const isOrdered = (op) => ORDERED.has(op);
export const takesList = (op) => LISTED.has(op);
export const takesNothing = (op) => UNARY.has(op);

// ---- writing ----

const VARIABLES = { today: { today: [] }, occurred: { var: "_occurred_on" } };
const day = (given) => VARIABLES[given] ?? { var: given };

function listed({ list, where }) {
  const condition = where && write(where);
  return condition === undefined || condition === null ? { var: list } : { filter: [{ var: list }, condition] };
}

/** A subject as an expression. */
export function subjectExpression(subject) {
  if (subject.of === "var") return { var: subject.path };
  if (subject.of === "age") return { age_on: [{ var: subject.path }, day(subject.on)] };
  if (subject.of === "days") return { days_between: [day(subject.from), day(subject.to)] };
  if (subject.of === "count") return { count: [listed(subject)] };
  if (subject.of === "sum") return { sum: [{ map: [listed(subject), { var: subject.path }] }] };
  return structuredClone(VARIABLES[subject.of]);
}

const isDayName = (given) => Object.hasOwn(VARIABLES, given);

/** The questions without whose answer an ordering comparison says nothing. */
function pathsOf(subject) {
  if (subject.of === "var" && !subject.path.startsWith("_")) return [subject.path];
  if (subject.of === "age") return [subject.path];
  if (subject.of === "days") return [subject.from, subject.to].filter((given) => !isDayName(given));
  return [];
}

/** The questions that a row's guard asks for, in order; none for a row that needs no guard. */
export function guardedPaths(row) {
  if (row.is !== "compare" || !ORDERED.has(row.op)) return [];
  const values = row.op === "between" ? (row.value ?? []) : [row.value];
  const paths = [...pathsOf(row.subject), ...values.flatMap((value) => (value?.ref ? pathsOf(value.ref) : []))];
  return [...new Set(paths)];
}

const valueExpression = (value) => (value.ref ? subjectExpression(value.ref) : value.const);
const isComplete = (value) =>
  value !== undefined &&
  value !== null &&
  (value.ref ? isWhole(value.ref) : value.const !== undefined && value.const !== "" && value.const !== null);

function isWhole(subject) {
  if (!subject) return false;
  if (subject.of === "var") return Boolean(subject.path);
  if (subject.of === "age") return Boolean(subject.path && subject.on);
  if (subject.of === "days") return Boolean(subject.from && subject.to);
  if (subject.of === "count") return Boolean(subject.list);
  if (subject.of === "sum") return Boolean(subject.list && subject.path);
  return true;
}

function compared(row) {
  if (!isWhole(row.subject)) return null;
  if (UNARY.has(row.op)) {
    const asked = { answered: [row.subject.path] };
    return row.op === "answered" ? asked : { "!": [asked] };
  }
  const left = subjectExpression(row.subject);
  if (LISTED.has(row.op)) {
    if (!row.value?.length) return null;
    if (row.op === "any_of") return { some: [left, { in: [{ var: "" }, [...row.value]] }] };
    const within = { in: [left, [...row.value]] };
    return row.op === "one_of" ? within : { "!": [within] };
  }
  if (row.op === "between") {
    if (!row.value?.every(isComplete) || row.value.length !== 2) return null;
    const [low, high] = row.value.map(valueExpression);
    return { "<=": [low, left, high] };
  }
  if (!isComplete(row.value)) return null;
  const value = valueExpression(row.value);
  if (row.op === "includes") return { in: [value, left] };
  if (row.op === "excludes") return { "!": [{ in: [value, left] }] };
  if (row.op === "matches") return { matches: [left, value] };
  return { [COMPARED[row.op]]: [left, value] };
}

/** One row as an expression; null while something is missing. */
export function writeRow(row) {
  if (row.is === "raw") return row.expression;
  if (row.is === "group") return writeGroup(row);
  if (row.is === "rows") {
    const where = row.list ? write(row.where) : null;
    return where === null ? null : { [row.which]: [{ var: row.list }, where] };
  }
  if (row.is !== "compare") return null;
  const comparison = compared(row);
  const guard = row.guard ? guardedPaths(row) : [];
  return comparison && guard.length ? { and: [{ answered: guard }, comparison] } : comparison;
}

function writeGroup(group) {
  const parts = group.rows.map(writeRow).filter((part) => part !== null);
  if (!parts.length) return null;
  if (group.kind === "all") return { and: parts };
  return group.kind === "any" ? { or: parts } : { "!": [{ or: parts }] };
}

/** The whole condition; null while no row is complete. A single row stands alone. */
export function write(group) {
  const whole = writeGroup(group);
  const isOne = whole && group.kind === "all" && whole.and.length === 1;
  return isOne && !reads(whole.and[0], "group") ? whole.and[0] : whole;
}

/** Rows that are not complete and so are not stored. */
export function hasUnfinished(group) {
  return group.rows.some((row) =>
    row.is === "group" ? !row.rows.length || hasUnfinished(row) : writeRow(row) === null,
  );
}

// ---- reading ----

const isOperation = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 1;
const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);

/** [operator, arguments] of an operation; ["", []] of anything else. */
export function opened(expression) {
  if (!isOperation(expression)) return ["", []];
  const [[operator, given]] = Object.entries(expression);
  return [operator, Array.isArray(given) ? given : [given]];
}

export function variable(expression) {
  const [operator, given] = opened(expression);
  return operator === "var" && given.length === 1 && typeof given[0] === "string" && given[0] ? given[0] : null;
}

function dayOf(expression) {
  const [operator, given] = opened(expression);
  if (operator === "today" && !given.length) return "today";
  const path = variable(expression);
  return path === "_occurred_on" ? "occurred" : path === "today" || path === "occurred" ? null : path;
}

function listOf(expression) {
  const list = variable(expression);
  if (list) return { list, where: null };
  const [operator, given] = opened(expression);
  if (operator !== "filter" || given.length !== 2 || !variable(given[0])) return null;
  return { list: variable(given[0]), where: read(given[1]) };
}

/** An expression as a subject, or null. */
export function readSubject(expression) {
  const [operator, given] = opened(expression);
  const lone = dayOf(expression);
  if (lone === "today" || lone === "occurred") return { of: lone };
  if (operator === "var") return lone ? { of: "var", path: lone } : null;
  if (operator === "age_on" && given.length === 2) {
    const [path, on] = given.map(dayOf);
    return path && !isDayName(path) && isDayName(on) ? { of: "age", path, on } : null;
  }
  if (operator === "days_between" && given.length === 2) {
    const [from, to] = given.map(dayOf);
    return from && to ? { of: "days", from, to } : null;
  }
  if (operator === "count" && given.length === 1) {
    const rows = listOf(given[0]);
    return rows && { of: "count", ...rows };
  }
  if (operator === "sum" && given.length === 1) {
    const [inner, parts] = opened(given[0]);
    const rows = inner === "map" && parts.length === 2 ? listOf(parts[0]) : null;
    const path = rows && variable(parts[1]);
    return path ? { of: "sum", list: rows.list, path, where: rows.where } : null;
  }
  return null;
}

function readValue(expression) {
  if (isPlain(expression)) return expression === "" ? null : { const: expression };
  const ref = readSubject(expression);
  return ref && { ref };
}

const areTexts = (values) => Array.isArray(values) && values.length > 0 && values.every(isPlain);

function readComparison(expression) {
  const [operator, given] = opened(expression);
  const row = (subject, op, value) => ({
    is: "compare",
    subject,
    op,
    ...(value === undefined ? {} : { value }),
    guard: false,
  });
  if (operator === "answered" && given.length === 1 && typeof given[0] === "string" && given[0]) {
    return row({ of: "var", path: given[0] }, "answered");
  }
  if (operator === "!" && given.length === 1) return negated(readComparison(given[0]));
  if (operator === "in" && given.length === 2) {
    const subject = areTexts(given[1]) && readSubject(given[0]);
    if (subject) return row(subject, "one_of", given[1]);
    const holder = readSubject(given[1]);
    const value = holder && readValue(given[0]);
    return value ? row(holder, "includes", value) : null;
  }
  if (operator === "some" && given.length === 2) return readAnyOf(given, row);
  if (operator === "<=" && given.length === 3) {
    const subject = readSubject(given[1]);
    const bounds = [readValue(given[0]), readValue(given[2])];
    return subject && bounds.every(Boolean) ? row(subject, "between", bounds) : null;
  }
  if (given.length !== 2) return null;
  const subject = readSubject(given[0]);
  const value = subject && readValue(given[1]);
  if (!value) return null;
  if (operator === "matches") return typeof value.const === "string" ? row(subject, "matches", value) : null;
  return Object.hasOwn(NAMES, operator) ? row(subject, NAMES[operator], value) : null;
}

function readAnyOf([list, condition], row) {
  const [operator, given] = opened(condition);
  const subject = readSubject(list);
  const isEntry = operator === "in" && given.length === 2 && same(given[0], { var: "" });
  return isEntry && subject && areTexts(given[1]) ? row(subject, "any_of", given[1]) : null;
}

const OPPOSITES = { answered: "unanswered", one_of: "none_of", includes: "excludes" };
const negated = (row) => (row && OPPOSITES[row.op] ? { ...row, op: OPPOSITES[row.op] } : null);

/** {"and": [{"answered": [...]}, comparison]} whose guard asks for just what the comparison reads. */
function readGuarded(expression) {
  const [operator, given] = opened(expression);
  if (operator !== "and" || given.length !== 2) return null;
  const [asked, keys] = opened(given[0]);
  const row = asked === "answered" ? readComparison(given[1]) : null;
  if (!row) return null;
  const needed = guardedPaths(row);
  return needed.length && same(needed, keys) ? { ...row, guard: true } : null;
}

function readRows(expression) {
  const [operator, given] = opened(expression);
  if (!["some", "all", "none"].includes(operator) || given.length !== 2) return null;
  const list = variable(given[0]);
  return list ? { is: "rows", which: operator, list, where: read(given[1]) } : null;
}

function readGroup(expression) {
  const [operator, given] = opened(expression);
  if (KINDS[operator] && given.length) return { is: "group", kind: KINDS[operator], rows: given.map(readRow) };
  const [inner, parts] = operator === "!" && given.length === 1 ? opened(given[0]) : ["", []];
  return inner === "or" && parts.length ? { is: "group", kind: "none", rows: parts.map(readRow) } : null;
}

const READERS = {
  group: readGroup,
  row: (expression) => readGuarded(expression) ?? readComparison(expression) ?? readRows(expression),
};
const reads = (expression, what) =>
  READERS[what](expression) !== null && (what !== "group" || !readGuarded(expression));

/** One part of a group. What has no row of its own is kept as it is. */
export function readRow(expression) {
  return READERS.row(expression) ?? readGroup(expression) ?? { is: "raw", expression };
}

/** An expression as a group of rows. */
export function read(expression) {
  const row = readRow(expression);
  return row.is === "group" ? row : { is: "group", kind: "all", rows: [row] };
}

export const emptyGroup = (kind = "all") => ({ is: "group", kind, rows: [] });
