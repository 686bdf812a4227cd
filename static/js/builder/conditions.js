/**
 * Conditions as rows of question · operator · value, and the JSON-Logic they are stored as (docs/expressions.md).
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

/** @type {Record<string, string>} */
const COMPARED = { is: "==", is_not: "!=", less: "<", at_most: "<=", more: ">", at_least: ">=" };
const NAMES = Object.fromEntries(Object.entries(COMPARED).map(([name, operator]) => [operator, name]));
const ORDERED = new Set(["less", "at_most", "more", "at_least", "between"]);
const LISTED = new Set(["one_of", "none_of", "any_of"]);
const UNARY = new Set(["answered", "unanswered"]);
/** @type {Record<string, string>} */
const KINDS = { and: "all", or: "any" };

/** @param {string} op */
export const isOrdered = (op) => ORDERED.has(op);
/** @param {string} op */
export const takesList = (op) => LISTED.has(op);
/** @param {string} op */
export const takesNothing = (op) => UNARY.has(op);

// ---- writing ----

/** @type {Record<string, Expression>} */
const VARIABLES = { today: { today: [] }, occurred: { var: "_occurred_on" } };
/** @param {string} given */
const day = (given) => VARIABLES[given] ?? { var: given };

/**
 * @param {{ list: string, where: Group | null }} subject
 * @returns {Expression}
 */
function listed({ list, where }) {
  const condition = where ? write(where) : null;
  return condition === null ? { var: list } : { filter: [{ var: list }, condition] };
}

/**
 * A subject as an expression.
 *
 * @param {Subject} subject
 * @returns {Expression}
 */
export function subjectExpression(subject) {
  if (subject.of === "var") return { var: subject.path };
  if (subject.of === "age") return { age_on: [{ var: subject.path }, day(subject.on)] };
  if (subject.of === "days") return { days_between: [day(subject.from), day(subject.to)] };
  if (subject.of === "count") return { count: [listed(subject)] };
  if (subject.of === "sum") return { sum: [{ map: [listed(subject), { var: subject.path }] }] };
  return structuredClone(VARIABLES[subject.of]);
}

/** @param {string} given */
const isDayName = (given) => Object.hasOwn(VARIABLES, given);

/**
 * The questions without whose answer an ordering comparison says nothing.
 *
 * @param {Subject} subject
 */
function pathsOf(subject) {
  if (subject.of === "var" && !subject.path.startsWith("_")) return [subject.path];
  if (subject.of === "age") return [subject.path];
  if (subject.of === "days") return [subject.from, subject.to].filter((given) => !isDayName(given));
  return [];
}

/**
 * The value of a row that has one.
 *
 * @param {CompareRow} row
 */
export const operandOf = (row) => /** @type {Operand | undefined} */ (row.value);

/**
 * The bounds of "between".
 *
 * @param {CompareRow} row
 */
export const boundsOf = (row) => /** @type {Operand[] | undefined} */ (row.value) ?? [];

/**
 * The constants of "one_of" and its like.
 *
 * @param {CompareRow} row
 */
export const constantsOf = (row) => /** @type {Json[] | undefined} */ (row.value) ?? [];

/**
 * The questions that a row's guard asks for, in order; none for a row that needs no guard.
 *
 * @param {Row} row
 */
export function guardedPaths(row) {
  if (row.is !== "compare" || !ORDERED.has(row.op)) return [];
  const values = row.op === "between" ? boundsOf(row) : [operandOf(row)];
  const paths = [...pathsOf(row.subject), ...values.flatMap((value) => (value?.ref ? pathsOf(value.ref) : []))];
  return [...new Set(paths)];
}

/**
 * @param {Operand} value
 * @returns {Expression}
 */
const valueExpression = (value) => (value.ref ? subjectExpression(value.ref) : (value.const ?? null));
/** @param {Operand} value */
const isComplete = ({ ref, const: constant }) =>
  ref ? isNamed(ref) : constant !== undefined && constant !== "" && constant !== null;

/**
 * Whether all that a subject reads is chosen.
 *
 * @param {Subject} subject
 */
export function isNamed(subject) {
  if (subject.of === "var") return Boolean(subject.path);
  if (subject.of === "age") return Boolean(subject.path && subject.on);
  if (subject.of === "days") return Boolean(subject.from && subject.to);
  if (subject.of === "count") return Boolean(subject.list);
  if (subject.of === "sum") return Boolean(subject.list && subject.path);
  return true;
}

/**
 * @param {CompareRow} row
 * @returns {Expression}
 */
function compared(row) {
  if (!isNamed(row.subject)) return null;
  const left = subjectExpression(row.subject);
  if (UNARY.has(row.op)) {
    const asked = { answered: ["path" in row.subject ? row.subject.path : null] };
    return row.op === "answered" ? asked : { "!": [asked] };
  }
  if (LISTED.has(row.op)) return comparedWithList(row, left);
  if (row.op === "between") {
    const bounds = boundsOf(row);
    if (bounds.length !== 2 || !bounds.every(isComplete)) return null;
    const [low, high] = bounds.map(valueExpression);
    return { "<=": [low, left, high] };
  }
  const operand = operandOf(row);
  if (!operand || !isComplete(operand)) return null;
  const value = valueExpression(operand);
  if (row.op === "includes") return { in: [value, left] };
  if (row.op === "excludes") return { "!": [{ in: [value, left] }] };
  if (row.op === "matches") return { matches: [left, value] };
  return { [COMPARED[row.op]]: [left, value] };
}

/**
 * @param {CompareRow} row
 * @param {Expression} left
 * @returns {Expression}
 */
function comparedWithList(row, left) {
  const constants = [...constantsOf(row)];
  if (!constants.length) return null;
  if (row.op === "any_of") return { some: [left, { in: [{ var: "" }, constants] }] };
  const within = { in: [left, constants] };
  return row.op === "one_of" ? within : { "!": [within] };
}

/**
 * One row as an expression; null while something is missing.
 *
 * @param {Row} row
 * @returns {Expression}
 */
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

/**
 * @param {Group} group
 * @returns {Record<string, Expression[]> | null}
 */
function writeGroup(group) {
  const parts = group.rows.map(writeRow).filter((part) => part !== null);
  if (!parts.length) return null;
  if (group.kind === "all") return { and: parts };
  return group.kind === "any" ? { or: parts } : { "!": [{ or: parts }] };
}

/**
 * The whole condition; null while no row is complete. A single row stands alone.
 *
 * @param {Group} group
 * @returns {Expression}
 */
export function write(group) {
  const whole = writeGroup(group);
  const [only, ...others] = (group.kind === "all" && whole?.and) || [];
  const isOne = only !== undefined && !others.length;
  return isOne && (readGroup(only) === null || readGuarded(only)) ? only : whole;
}

/**
 * Rows that are not complete and so are not stored.
 *
 * @param {Group} group
 * @returns {boolean}
 */
export function hasUnfinished(group) {
  return group.rows.some((row) =>
    row.is === "group" ? !row.rows.length || hasUnfinished(row) : writeRow(row) === null,
  );
}

// ---- reading ----

/**
 * @param {Expression} value
 * @returns {value is Record<string, Expression>}
 */
const isOperation = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 1;
/** @param {Expression} value */
const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);

/**
 * [operator, arguments] of an operation; ["", []] of anything else.
 *
 * @param {Expression} expression
 * @returns {[operator: string, given: Expression[]]}
 */
export function opened(expression) {
  if (!isOperation(expression)) return ["", []];
  const [[operator, given]] = Object.entries(expression);
  return [operator, Array.isArray(given) ? given : [given]];
}

/** @param {Expression} expression */
export function variable(expression) {
  const [operator, given] = opened(expression);
  return operator === "var" && given.length === 1 && typeof given[0] === "string" && given[0] ? given[0] : null;
}

/** @param {Expression} expression */
function dayOf(expression) {
  const [operator, given] = opened(expression);
  if (operator === "today" && !given.length) return "today";
  const path = variable(expression);
  return path === "_occurred_on" ? "occurred" : path === "today" || path === "occurred" ? null : path;
}

/**
 * @param {Expression} expression
 * @returns {{ list: string, where: Group | null } | null}
 */
function listOf(expression) {
  const list = variable(expression);
  if (list) return { list, where: null };
  const [operator, given] = opened(expression);
  const filtered = operator === "filter" && given.length === 2 ? variable(given[0]) : null;
  return filtered ? { list: filtered, where: read(given[1]) } : null;
}

/**
 * An expression as a subject, or null.
 *
 * @param {Expression} expression
 * @returns {Subject | null}
 */
export function readSubject(expression) {
  const [operator, given] = opened(expression);
  const lone = dayOf(expression);
  if (lone === "today" || lone === "occurred") return { of: lone };
  if (operator === "var") return lone ? { of: "var", path: lone } : null;
  if (operator === "age_on" && given.length === 2) {
    const [path, on] = given.map(dayOf);
    return path && !isDayName(path) && on && isDayName(on) ? { of: "age", path, on } : null;
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
    return rows && path ? { of: "sum", list: rows.list, path, where: rows.where } : null;
  }
  return null;
}

/**
 * @param {Expression} expression
 * @returns {Operand | null}
 */
function readValue(expression) {
  if (isPlain(expression)) return expression === "" ? null : { const: expression };
  const ref = readSubject(expression);
  return ref && { ref };
}

/**
 * @param {Expression} values
 * @returns {values is Expression[]}
 */
const areTexts = (values) => Array.isArray(values) && values.length > 0 && values.every(isPlain);

/**
 * @param {Subject} subject
 * @param {string} op
 * @param {CompareRow["value"]} [value]
 * @returns {CompareRow}
 */
const comparing = (subject, op, value) => ({
  is: "compare",
  subject,
  op,
  ...(value === undefined ? {} : { value }),
  guard: false,
});

/**
 * @param {Expression} expression
 * @returns {CompareRow | null}
 */
function readComparison(expression) {
  const [operator, given] = opened(expression);
  if (operator === "answered" && given.length === 1 && typeof given[0] === "string" && given[0]) {
    return comparing({ of: "var", path: given[0] }, "answered");
  }
  if (operator === "!" && given.length === 1) return negated(readComparison(given[0]));
  if (operator === "in" && given.length === 2) {
    const subject = areTexts(given[1]) && readSubject(given[0]);
    if (subject && areTexts(given[1])) return comparing(subject, "one_of", given[1]);
    const holder = readSubject(given[1]);
    const value = holder && readValue(given[0]);
    return holder && value ? comparing(holder, "includes", value) : null;
  }
  if (operator === "some" && given.length === 2) return readAnyOf(given);
  if (operator === "<=" && given.length === 3) {
    const subject = readSubject(given[1]);
    const [low, high] = [readValue(given[0]), readValue(given[2])];
    return subject && low && high ? comparing(subject, "between", [low, high]) : null;
  }
  if (given.length !== 2) return null;
  const subject = readSubject(given[0]);
  const value = subject && readValue(given[1]);
  if (!subject || !value) return null;
  if (operator === "matches") return typeof value.const === "string" ? comparing(subject, "matches", value) : null;
  return Object.hasOwn(NAMES, operator) ? comparing(subject, NAMES[operator], value) : null;
}

/** @param {Expression[]} parts */
function readAnyOf([list, condition]) {
  const [operator, given] = opened(condition);
  const subject = readSubject(list);
  const isEntry = operator === "in" && given.length === 2 && same(given[0], { var: "" });
  return isEntry && subject && areTexts(given[1]) ? comparing(subject, "any_of", given[1]) : null;
}

/** @type {Record<string, string>} */
const OPPOSITES = { answered: "unanswered", one_of: "none_of", includes: "excludes" };
/** @param {CompareRow | null} row */
const negated = (row) => (row && OPPOSITES[row.op] ? { ...row, op: OPPOSITES[row.op] } : null);

/**
 * {"and": [{"answered": [...]}, comparison]} whose guard asks for just what the comparison reads.
 *
 * @param {Expression} expression
 * @returns {CompareRow | null}
 */
function readGuarded(expression) {
  const [operator, given] = opened(expression);
  if (operator !== "and" || given.length !== 2) return null;
  const [asked, keys] = opened(given[0]);
  const row = asked === "answered" ? readComparison(given[1]) : null;
  if (!row) return null;
  const needed = guardedPaths(row);
  return needed.length && same(needed, keys) ? { ...row, guard: true } : null;
}

/**
 * @param {Expression} expression
 * @returns {RowsRow | null}
 */
function readRows(expression) {
  const [operator, given] = opened(expression);
  if (!["some", "all", "none"].includes(operator) || given.length !== 2) return null;
  const list = variable(given[0]);
  return list ? { is: "rows", which: operator, list, where: read(given[1]) } : null;
}

/**
 * @param {Expression} expression
 * @returns {Group | null}
 */
function readGroup(expression) {
  const [operator, given] = opened(expression);
  if (KINDS[operator] && given.length) return { is: "group", kind: KINDS[operator], rows: given.map(readRow) };
  const [inner, parts] = operator === "!" && given.length === 1 ? opened(given[0]) : ["", []];
  return inner === "or" && parts.length ? { is: "group", kind: "none", rows: parts.map(readRow) } : null;
}

/**
 * One part of a group. What has no row of its own is kept as it is.
 *
 * @param {Expression} expression
 * @returns {Row}
 */
export function readRow(expression) {
  return (
    readGuarded(expression) ??
    readComparison(expression) ??
    readRows(expression) ??
    readGroup(expression) ?? { is: "raw", expression }
  );
}

/**
 * An expression as a group of rows.
 *
 * @param {Expression} expression
 * @returns {Group}
 */
export function read(expression) {
  const row = readRow(expression);
  return row.is === "group" ? row : { is: "group", kind: "all", rows: [row] };
}

/** @returns {Group} */
export const emptyGroup = (kind = "all") => ({ is: "group", kind, rows: [] });

/**
 * A group with one row that is yet to be filled.
 *
 * @returns {Group}
 */
export const begunGroup = (kind = "all") => ({ is: "group", kind, rows: [{ is: "blank" }] });
