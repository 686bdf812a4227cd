/**
 * The expression language in the browser: the twin of case_forms/expressions, with the same operators, semantics and limits
 * (docs/logic.md). Both are held to case_forms/expressions/tests/vectors.json, and to each other on expressions made at random.
 */

import { addDays, ageOn, datePart, daysBetween, PARTS } from "./logic/dates.js";
import { LIMITS, LogicError, Run } from "./logic/limits.js";
import { automaton } from "./logic/patterns.js";
import { alike, atMost, before, isNothing, isObject, lookup, number, operand, result, same, text, truthy } from "./logic/values.js";

export { LogicError, truthy };

const MANY = 1000000;
const MAX_PLACES = 20;

function whole(value) {
  const double = number(value);
  return Number.isNaN(double) ? 0 : Math.trunc(Math.max(Math.min(double, 1e9), -1e9));
}

/** The text, unless it has too many characters; a character beyond the basic plane is two units long and counts once. */
function checked(long, run) {
  if (long.length > LIMITS.length) run.checkLength(Array.from(long).length);
  return long;
}

function substring([source, start, length], run, given) {
  const characters = Array.from(text(source, run)); // by character, not by half of a surrogate pair
  const rest = characters.slice(whole(start));
  if (given < 3) return rest.join("");
  const most = whole(length);
  return rest.slice(0, most >= 0 ? most : Math.max(rest.length + most, 0)).join("");
}

function contained([needle, haystack], run) {
  if (typeof haystack === "string") {
    return needle !== null && typeof needle !== "object" && haystack.includes(text(needle, run));
  }
  if (!Array.isArray(haystack)) return false;
  run.spend(haystack.length);
  return haystack.some((value) => same(needle, value, run));
}

function concatenated(values, run) {
  return checked(values.map((value) => text(value, run)).join(""), run);
}

function merged(values, run) {
  const all = values.flat(1);
  run.checkLength(all.length);
  return all;
}

function missing(keys, data, run) {
  run.spend(keys.length);
  return keys.filter((key) => [null, ""].includes(lookup(data, key)));
}

function missingSome([wanted, given], data, run) {
  const keys = Array.isArray(given) ? given : [given];
  const gone = missing(keys, data, run);
  return keys.length - gone.length >= number(wanted) ? [] : gone;
}

function extreme(choose, values) {
  const numbers = values.map(operand);
  return numbers.some(Number.isNaN) ? null : result(choose(...numbers));
}

function quotient([left, right]) {
  const divisor = operand(right);
  return divisor ? result(operand(left) / divisor) : null;
}

function remainder([left, right]) {
  const divisor = operand(right);
  return divisor ? result(operand(left) % divisor) : null;
}

function total(list, run) {
  const values = Array.isArray(list) ? list : [];
  run.spend(values.length);
  return result(values.map(operand).reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0));
}

/** Half away from zero, as the number is written: digits are cut from its shortest decimal text. */
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

function cutOff(cut, value) {
  const double = operand(value);
  return result(cut(double));
}

const lengthOf = (value, run) => (Array.isArray(value) ? value.length : Array.from(text(value, run)).length);

function joined([list, given], run) {
  const values = Array.isArray(list) ? list : [list];
  const separator = text(given, run);
  run.spend(values.length);
  const parts = values.filter((value) => !isNothing(value)).map((value) => text(value, run));
  return checked(parts.join(separator), run);
}

function entryAt([list, given]) {
  const position = operand(given);
  return Array.isArray(list) && Number.isInteger(position) ? (list[position - 1] ?? null) : null;
}

function matching([value, pattern], run) {
  const places = automaton(pattern);
  if (typeof value === "object" && value !== null) return false;
  const source = text(value, run);
  const characters = source.length > 2000 ? null : Array.from(source);
  run.spend(Math.min(characters?.length ?? 1000, 1000) * places.cost);
  return characters !== null && places.finds(characters);
}

// operator: [fewest arguments, most arguments, function of (evaluated arguments, run, data)]
const EAGER = {
  var: [0, 2, (a, run, data) => lookup(data, a[0]) ?? (a.length > 1 ? a[1] : null)],
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
  substr: [2, 3, (a, run) => substring(a, run, a.length)],
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
  today: [0, 0, (a, run) => lookup(run.root, "_today")],
  count: [1, 1, (a) => (Array.isArray(a[0]) ? a[0].length : 0)],
  sum: [1, 1, (a, run) => total(a[0], run)],
  answered: [1, MANY, (a, run, data) => a.every((key) => !isNothing(lookup(data, key)))],
};

function entries(args, data, run) {
  const list = apply(args[0], data, run);
  if (!Array.isArray(list)) return [];
  run.spend(list.length * (sizeOf(args[1]) + 1));
  return list;
}

function choose(args, data, run) {
  for (let i = 0; i + 1 < args.length; i += 2) {
    if (truthy(apply(args[i], data, run))) return apply(args[i + 1], data, run);
  }
  return args.length % 2 ? apply(args[args.length - 1], data, run) : null;
}

/** Evaluates one after the other until one is (or isn't) true; returns the last one looked at. */
function until(stop, args, data, run) {
  let value = null;
  for (const part of args) {
    value = apply(part, data, run);
    if (truthy(value) === stop) break;
  }
  return value;
}

function coalesce(args, data, run) {
  for (const part of args) {
    const value = apply(part, data, run);
    if (!isNothing(value)) return value;
  }
  return null;
}

const some = (a, data, run) => entries(a, data, run).some((entry) => truthy(apply(a[1], entry, run)));

const LAZY = {
  and: [1, MANY, (a, data, run) => until(false, a, data, run)],
  or: [1, MANY, (a, data, run) => until(true, a, data, run)],
  if: [0, MANY, choose],
  "?:": [0, MANY, choose],
  coalesce: [1, MANY, coalesce],
  map: [2, 2, (a, data, run) => entries(a, data, run).map((entry) => apply(a[1], entry, run))],
  filter: [2, 2, (a, data, run) => entries(a, data, run).filter((entry) => truthy(apply(a[1], entry, run)))],
  reduce: [
    3,
    3,
    (a, data, run) => {
      const start = apply(a[2], data, run);
      return entries(a, data, run).reduce(
        (accumulator, current) => apply(a[1], { current, accumulator }, run),
        start,
      );
    },
  ],
  all: [
    2,
    2,
    (a, data, run) => {
      const list = entries(a, data, run);
      return list.length > 0 && list.every((entry) => truthy(apply(a[1], entry, run)));
    },
  ],
  some: [2, 2, some],
  none: [2, 2, (a, data, run) => !some(a, data, run)],
};

const argumentsOf = (given) => (Array.isArray(given) ? given : [given]);

function apply(expression, data, run) {
  if (Array.isArray(expression)) return expression.map((part) => apply(part, data, run));
  if (!isObject(expression)) return expression;
  const [operator, given] = Object.entries(expression)[0];
  const args = argumentsOf(given);
  if (Object.hasOwn(LAZY, operator)) return LAZY[operator][2](args, data, run);
  return EAGER[operator][2](
    args.map((part) => apply(part, data, run)),
    run,
    data,
  );
}

const sizes = new WeakMap();

/** How many nodes an expression has, counted as case_forms/expressions counts them. */
function sizeOf(expression) {
  if (typeof expression !== "object" || expression === null) return 1;
  if (!sizes.has(expression)) {
    const isPlainVariable = isObject(expression) && typeof argumentsOf(expression.var)[0] === "string";
    const parts = Array.isArray(expression) ? expression : argumentsOf(Object.values(expression)[0]);
    const size = isPlainVariable && parts.length === 1 ? 1 : parts.reduce((sum, part) => sum + sizeOf(part), 1);
    sizes.set(expression, size);
  }
  return sizes.get(expression);
}

function checkArguments(operator, args, [fewest, most]) {
  if (args.length < fewest || args.length > most) throw new LogicError("bad_arguments", "wrong number of arguments");
  if (operator === "matches") {
    if (typeof args[1] !== "string") throw new LogicError("bad_pattern", "a pattern must be written out");
    automaton(args[1]);
  }
  if (operator === "date_part" && !PARTS.includes(args[0])) throw new LogicError("bad_arguments", "no part of a date");
}

const known = new WeakSet();

function check(expression, depth, seen) {
  seen.nodes += 1;
  if (seen.nodes > LIMITS.nodes) throw new LogicError("too_large", "the expression has too many parts");
  if (depth > LIMITS.depth) throw new LogicError("too_deep", "the expression is nested too deep");
  if (Array.isArray(expression)) {
    expression.forEach((part) => check(part, depth + 1, seen));
  } else if (isObject(expression)) {
    const names = Object.keys(expression);
    if (names.length !== 1) throw new LogicError("not_an_expression", "an operation has exactly one operator");
    const [operator] = names;
    const table = Object.hasOwn(EAGER, operator) ? EAGER : LAZY;
    if (!Object.hasOwn(table, operator)) throw new LogicError("unknown_operator", "there is no such operator");
    const args = argumentsOf(expression[operator]);
    checkArguments(operator, args, table[operator]);
    if (operator === "var" && args.length === 1 && typeof args[0] === "string") return;
    args.forEach((part) => check(part, depth + 1, seen));
  } else if (typeof expression === "number" && !Number.isFinite(expression)) {
    throw new LogicError("not_json", "NaN and infinity aren't values");
  }
}

/**
 * The value of an expression over the data. Pure. Throws LogicError when the expression isn't in the language or exceeds a
 * limit, and nothing else whatever the data.
 */
export function evaluate(expression, data) {
  if (typeof expression !== "object" || expression === null) return expression;
  if (!known.has(expression)) {
    check(expression, 1, { nodes: 0 });
    known.add(expression);
  }
  return apply(expression, data ?? null, new Run(data ?? null));
}
