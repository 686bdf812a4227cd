/**
 * The expression language in the browser: the twin of case_forms/expressions, with the same operators, semantics and limits
 * (docs/expressions.md). Both are held to case_forms/expressions/tests/vectors.json, and to each other on expressions made at random.
 */

import { PARTS } from "./logic/dates.js";
import { LIMITS, LogicError, Run } from "./logic/limits.js";
import { EAGER, MANY } from "./logic/operators.js";
import { getPattern } from "./logic/patterns.js";
import { isNothing, isObject, truthy } from "./logic/values.js";

export { LogicError, truthy };

/** @typedef {(args: any[], data: any, run: Run) => any} Lazy of arguments as they are written */

/**
 * The list that a loop goes through.
 * @param {any[]} args
 * @param {any} data
 * @param {Run} run
 * @returns {any[]}
 */
function entries(args, data, run) {
  const list = apply(args[0], data, run);
  if (!Array.isArray(list)) return [];
  run.spend(list.length * (sizeOf(args[1]) + 1));
  return list;
}

/** @type {Lazy} */
function choose(args, data, run) {
  for (let i = 0; i + 1 < args.length; i += 2) {
    if (truthy(apply(args[i], data, run))) return apply(args[i + 1], data, run);
  }
  return args.length % 2 ? apply(args[args.length - 1], data, run) : null;
}

/**
 * Evaluates one after the other until one is (or isn't) true; returns the last one looked at.
 * @param {boolean} stop
 * @param {any[]} args
 * @param {any} data
 * @param {Run} run
 */
function until(stop, args, data, run) {
  let value = null;
  for (const part of args) {
    value = apply(part, data, run);
    if (truthy(value) === stop) break;
  }
  return value;
}

/** @type {Lazy} */
function coalesce(args, data, run) {
  for (const part of args) {
    const value = apply(part, data, run);
    if (!isNothing(value)) return value;
  }
  return null;
}

/** @type {Lazy} */
const some = (a, data, run) => entries(a, data, run).some((entry) => truthy(apply(a[1], entry, run)));

/** @type {Record<string, [fewest: number, most: number, Lazy]>} */
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
      return entries(a, data, run).reduce((accumulator, current) => apply(a[1], { current, accumulator }, run), start);
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

/** @type {(given: any) => any[]} */
const argumentsOf = (given) => (Array.isArray(given) ? given : [given]);

/**
 * @param {any} expression
 * @param {any} data
 * @param {Run} run
 * @returns {any}
 */
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

/** @type {WeakMap<object, number>} */
const sizes = new WeakMap();

/**
 * How many nodes an expression has, counted as case_forms/expressions counts them.
 * @param {any} expression
 * @returns {number}
 */
function sizeOf(expression) {
  if (typeof expression !== "object" || expression === null) return 1;
  const known = sizes.get(expression);
  if (known !== undefined) return known;
  const isPlainVariable = isObject(expression) && typeof argumentsOf(expression.var)[0] === "string";
  const parts = Array.isArray(expression) ? expression : argumentsOf(Object.values(expression)[0]);
  const size = isPlainVariable && parts.length === 1 ? 1 : parts.reduce((sum, part) => sum + sizeOf(part), 1);
  sizes.set(expression, size);
  return size;
}

/**
 * @param {string} operator
 * @param {any[]} args
 * @param {[fewest: number, most: number, ...unknown[]]} row
 */
function checkArguments(operator, args, [fewest, most]) {
  if (args.length < fewest || args.length > most) throw new LogicError("bad_arguments", "wrong number of arguments");
  if (operator === "matches") {
    if (typeof args[1] !== "string") throw new LogicError("bad_pattern", "a pattern must be written out");
    getPattern(args[1]);
  }
  if (operator === "date_part" && !PARTS.includes(args[0])) throw new LogicError("bad_arguments", "no part of a date");
}

const known = new WeakSet();

/**
 * Throws LogicError when the expression isn't in the language.
 * @param {any} expression
 * @param {number} depth
 * @param {{nodes: number}} seen
 */
function check(expression, depth, seen) {
  seen.nodes += 1;
  if (seen.nodes > LIMITS.nodes) throw new LogicError("too_large", "the expression has too many parts");
  if (depth > LIMITS.depth) throw new LogicError("too_deep", "the expression is nested too deep");
  if (Array.isArray(expression)) {
    for (const part of expression) check(part, depth + 1, seen);
  } else if (isObject(expression)) {
    const names = Object.keys(expression);
    if (names.length !== 1) throw new LogicError("not_an_expression", "an operation has exactly one operator");
    const [operator] = names;
    const table = Object.hasOwn(EAGER, operator) ? EAGER : LAZY;
    if (!Object.hasOwn(table, operator)) throw new LogicError("unknown_operator", "there is no such operator");
    const args = argumentsOf(expression[operator]);
    checkArguments(operator, args, table[operator]);
    if (operator === "var" && args.length === 1 && typeof args[0] === "string") return;
    for (const part of args) check(part, depth + 1, seen);
  } else if (typeof expression === "number" && !Number.isFinite(expression)) {
    throw new LogicError("not_json", "NaN and infinity aren't values");
  }
}

/**
 * The value of an expression over the data. Pure. Throws LogicError when the expression isn't in the language or exceeds a
 * limit, and nothing else whatever the data; with the code left_to_server where only the server works it out in time.
 * @param {any} expression
 * @param {any} [data]
 */
export function evaluate(expression, data) {
  if (typeof expression !== "object" || expression === null) return expression;
  if (!known.has(expression)) {
    check(expression, 1, { nodes: 0 });
    known.add(expression);
  }
  return apply(expression, data ?? null, new Run(data ?? null));
}
