/** Operators whose arguments are all evaluated first: the twin of case_forms/expressions/operators.py and what it names. */

import { addDays, ageOn, datePart, daysBetween } from "./dates.js";
import { LIMITS } from "./limits.js";
import { getPattern, MAX_TEXT } from "./patterns.js";
import { alike, atMost, before, isNothing, lookup, number, operand, result, same, text, truthy } from "./values.js";

/** @typedef {import("./limits.js").Run} Run */
/** @typedef {(args: any[], run: Run, data: any) => any} Eager of arguments that have been evaluated */

export const MANY = 1000000;
const MAX_PLACES = 20;

/** @param {any} value */
function whole(value) {
  const double = number(value);
  return Number.isNaN(double) ? 0 : Math.trunc(Math.max(Math.min(double, 1e9), -1e9));
}

/**
 * The text, unless it has too many characters; a character beyond the basic plane is two units long and counts once.
 * @param {string} long
 * @param {Run} run
 */
function checked(long, run) {
  if (long.length > LIMITS.length) run.checkLength(Array.from(long).length);
  return long;
}

/**
 * @param {any[]} args
 * @param {Run} run
 */
function substring(args, run) {
  const [source, start, length] = args;
  const characters = Array.from(text(source, run)); // by character, not by half of a surrogate pair
  const rest = characters.slice(whole(start));
  if (args.length < 3) return rest.join("");
  const most = whole(length);
  return rest.slice(0, most >= 0 ? most : Math.max(rest.length + most, 0)).join("");
}

/**
 * @param {any[]} args
 * @param {Run} run
 */
function contained([needle, haystack], run) {
  if (typeof haystack === "string") {
    return needle !== null && typeof needle !== "object" && haystack.includes(text(needle, run));
  }
  if (!Array.isArray(haystack)) return false;
  run.spend(haystack.length);
  return haystack.some((value) => same(needle, value, run));
}

/**
 * @param {any[]} values
 * @param {Run} run
 */
function concatenated(values, run) {
  return checked(values.map((value) => text(value, run)).join(""), run);
}

/**
 * @param {any[]} values
 * @param {Run} run
 */
function merged(values, run) {
  const all = values.flat(1);
  run.checkLength(all.length);
  return all;
}

/**
 * @param {any[]} keys
 * @param {any} data
 * @param {Run} run
 */
function missing(keys, data, run) {
  run.spend(keys.length);
  return keys.filter((key) => [null, ""].includes(lookup(data, key)));
}

/**
 * @param {any[]} args
 * @param {any} data
 * @param {Run} run
 */
function missingSome([wanted, given], data, run) {
  const keys = Array.isArray(given) ? given : [given];
  const gone = missing(keys, data, run);
  return keys.length - gone.length >= number(wanted) ? [] : gone;
}

/**
 * @param {(...numbers: number[]) => number} choose
 * @param {any[]} values
 */
function extreme(choose, values) {
  const numbers = values.map(operand);
  return numbers.some(Number.isNaN) ? null : result(choose(...numbers));
}

/** @param {any[]} args */
function quotient([left, right]) {
  const divisor = operand(right);
  return divisor ? result(operand(left) / divisor) : null;
}

/** @param {any[]} args */
function remainder([left, right]) {
  const divisor = operand(right);
  return divisor ? result(operand(left) % divisor) : null;
}

/**
 * @param {any} list
 * @param {Run} run
 */
function total(list, run) {
  const values = Array.isArray(list) ? list : [];
  run.spend(values.length);
  return result(values.map(operand).reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0));
}

/**
 * Half away from zero, as the number is written: digits are cut from its shortest decimal text.
 * @param {any[]} args
 */
function rounded([value, places]) {
  const double = operand(value);
  if (!Number.isFinite(double)) return null;
  const kept = Math.max(-MAX_PLACES, Math.min(MAX_PLACES, places === undefined ? 0 : whole(places)));
  const [mantissa, exponent] = Math.abs(double).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const scale = Number(exponent) - (digits.length - 1); // the number is digits * 10 ** scale
  if (scale >= -kept) return result(double);
  const unit = 10n ** BigInt(-kept - scale);
  const units = (BigInt(digits) * 2n + unit) / (unit * 2n);
  return result(Math.sign(double) * Number(`${units}e${-kept}`));
}

/**
 * @param {(number: number) => number} cut
 * @param {any} value
 */
function cutOff(cut, value) {
  const double = operand(value);
  return result(cut(double));
}

/** @type {(value: any, run: Run) => number} */
const lengthOf = (value, run) => (Array.isArray(value) ? value.length : Array.from(text(value, run)).length);

/**
 * @param {any[]} args
 * @param {Run} run
 */
function joined([list, given], run) {
  const values = Array.isArray(list) ? list : [list];
  const separator = text(given, run);
  run.spend(values.length);
  const parts = values.filter((value) => !isNothing(value)).map((value) => text(value, run));
  return checked(parts.join(separator), run);
}

/** @param {any[]} args */
function entryAt([list, given]) {
  const position = operand(given);
  return Array.isArray(list) && Number.isInteger(position) ? (list[position - 1] ?? null) : null;
}

/**
 * @param {any[]} args
 * @param {Run} run
 */
function matching([value, pattern], run) {
  const compiled = getPattern(pattern);
  if (typeof value === "object" && value !== null) return false;
  const source = text(value, run);
  const length = source.length > 2 * MAX_TEXT ? source.length : Array.from(source).length;
  run.spend(Math.min(length, MAX_TEXT) * compiled.cost);
  return compiled.finds(source, length);
}

/** @type {Record<string, [fewest: number, most: number, Eager]>} */
export const EAGER = {
  var: [0, 2, (a, _run, data) => lookup(data, a[0]) ?? (a.length > 1 ? a[1] : null)],
  missing: [0, MANY, (a, run, data) => missing(Array.isArray(a[0]) ? a[0] : a, data, run)],
  missing_some: [2, 2, (a, run, data) => missingSome(a, data, run)],
  "==": [2, 2, (a, run) => alike(a[0], a[1], run)],
  "!=": [2, 2, (a, run) => !alike(a[0], a[1], run)],
  "===": [2, 2, (a, run) => same(a[0], a[1], run)],
  "!==": [2, 2, (a, run) => !same(a[0], a[1], run)],
  "<": [2, 3, (a) => a.slice(1).every((right, i) => before(a[i], right))],
  "<=": [2, 3, (a) => a.slice(1).every((right, i) => atMost(a[i], right))],
  ">": [2, 2, (a) => before(a[1], a[0])],
  ">=": [2, 2, (a) => atMost(a[1], a[0])],
  "!": [1, 1, (a) => !truthy(a[0])],
  "!!": [1, 1, (a) => truthy(a[0])],
  in: [2, 2, contained],
  cat: [0, MANY, concatenated],
  substr: [2, 3, substring],
  length: [1, 1, (a, run) => lengthOf(a[0], run)],
  matches: [2, 2, matching],
  join: [2, 2, joined],
  "+": [1, MANY, (a) => result(a.map(operand).reduce((sum, value) => sum + value, 0))],
  "-": [1, 2, (a) => result(a.length === 1 ? -operand(a[0]) : operand(a[0]) - operand(a[1]))],
  "*": [1, MANY, (a) => result(a.map(operand).reduce((product, value) => product * value, 1))],
  "/": [2, 2, quotient],
  "%": [2, 2, remainder],
  min: [1, MANY, (a) => extreme(Math.min, a)],
  max: [1, MANY, (a) => extreme(Math.max, a)],
  round: [1, 2, rounded],
  floor: [1, 1, (a) => cutOff(Math.floor, a[0])],
  ceil: [1, 1, (a) => cutOff(Math.ceil, a[0])],
  abs: [1, 1, (a) => cutOff(Math.abs, a[0])],
  merge: [0, MANY, merged],
  row: [2, 2, entryAt],
  age_on: [2, 2, ageOn],
  days_between: [2, 2, daysBetween],
  add_days: [2, 2, addDays],
  date_part: [2, 2, datePart],
  today: [0, 0, (_a, run) => lookup(run.root, "_today")],
  count: [1, 1, (a) => (Array.isArray(a[0]) ? a[0].length : 0)],
  sum: [1, 1, (a, run) => total(a[0], run)],
  answered: [1, MANY, (a, _run, data) => a.every((key) => !isNothing(lookup(data, key)))],
};
