/**
 * The expression language in the browser: the twin of case_forms/logic, with the same operators, semantics and limits
 * (docs/logic.md). Both are held to case_forms/logic/tests/vectors.json.
 */

export class LogicError extends Error {
  /** @param {string} code the codes of case_forms/logic/errors.py */
  constructor(code, message) {
    super(message);
    this.name = "LogicError";
    this.code = code;
  }
}

const LIMITS = { depth: 32, nodes: 2000, steps: 50000, length: 100000 };
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const EDGES = /^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g;
const ISO_DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*)?$/;
const MANY = 1000000;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON-Logic's truth: false, null, 0, "" and [] are false. */
export function truthy(value) {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

class Run {
  constructor(root) {
    this.root = root;
    this.steps = LIMITS.steps;
  }

  spend(steps) {
    this.steps -= steps;
    if (this.steps < 0) throw new LogicError("too_many_steps", "the expression takes too many steps");
  }

  checkLength(length) {
    if (length > LIMITS.length) throw new LogicError("too_many_steps", "the expression makes something too long");
  }
}

function number(value) {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return NaN;
  const stripped = value.replace(EDGES, "");
  if (stripped === "") return 0;
  return NUMBER.test(stripped) ? Number(stripped) : NaN;
}

function operand(value) {
  const nothing = value === null || value === undefined || (typeof value === "string" && !value.replace(EDGES, ""));
  return nothing ? NaN : number(value);
}

const result = (value) => (Number.isFinite(value) ? value + 0 : null); // + 0: no negative zero

function text(value, run) {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  if (!Array.isArray(value)) return "";
  run.spend(value.length + 1);
  return value.map((part) => (Array.isArray(part) ? "" : text(part, run))).join(",");
}

function same(left, right, run, depth = 0) {
  if (Array.isArray(left) && Array.isArray(right)) {
    run.spend(left.length + 1);
    return depth < 64 && left.length === right.length && left.every((part, i) => same(part, right[i], run, depth + 1));
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left);
    run.spend(keys.length + 1);
    return (
      depth < 64 &&
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key], run, depth + 1))
    );
  }
  return left === right;
}

function alike(left, right, run) {
  if (left === null || right === null) return left === right;
  if (typeof left === "string" && typeof right === "string") return left === right;
  if (typeof left !== "object" && typeof right !== "object") return number(left) === number(right);
  return same(left, right, run);
}

const areTexts = (left, right) => typeof left === "string" && typeof right === "string";
const before = (left, right) => (areTexts(left, right) ? left < right : number(left) < number(right));
const atMost = (left, right) => (areTexts(left, right) ? left <= right : number(left) <= number(right));

function lookup(data, path) {
  if (path === null || path === undefined || path === "" || (Array.isArray(path) && path.length === 0)) return data;
  if (typeof path !== "string" && typeof path !== "number") return null;
  let found = data;
  for (const name of String(path).split(".")) {
    if (isObject(found)) found = Object.hasOwn(found, name) ? found[name] : null;
    else if (Array.isArray(found) && /^[0-9]{1,9}$/.test(name)) found = found[Number(name)] ?? null;
    else return null;
  }
  return found ?? null;
}

function isNothing(value) {
  if (value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function whole(value) {
  const double = number(value);
  return Number.isNaN(double) ? 0 : Math.trunc(Math.max(Math.min(double, 1e9), -1e9));
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
  const joined = values.map((value) => text(value, run)).join("");
  run.checkLength(joined.length);
  return joined;
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

/** [year, month, day] of an ISO date or moment, or null when there is no such day. */
function dayOf(value) {
  const found = typeof value === "string" ? ISO_DATE.exec(value) : null;
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return year >= 1 && day >= 1 && day <= days ? [year, month, day] : null;
}

/** Whole years between two ISO dates; null when one isn't a date or the first is the later. */
function ageOn([birth, on]) {
  const born = dayOf(birth);
  const day = dayOf(on);
  if (!born || !day) return null;
  const earlier = day[1] < born[1] || (day[1] === born[1] && day[2] < born[2]);
  const age = day[0] - born[0] - (earlier ? 1 : 0);
  return age < 0 ? null : age;
}

function total(list, run) {
  const values = Array.isArray(list) ? list : [];
  run.spend(values.length);
  return result(values.map(operand).reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0));
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
  "+": [1, MANY, (a) => result(a.map(operand).reduce((sum, value) => sum + value, 0))],
  "-": [1, 2, (a) => result(a.length === 1 ? -operand(a[0]) : operand(a[0]) - operand(a[1]))],
  "*": [1, MANY, (a) => result(a.map(operand).reduce((product, value) => product * value, 1))],
  "/": [2, 2, quotient],
  "%": [2, 2, remainder],
  min: [1, MANY, (a) => extreme(Math.min, a)],
  max: [1, MANY, (a) => extreme(Math.max, a)],
  merge: [0, MANY, merged],
  age_on: [2, 2, ageOn],
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

const some = (a, data, run) => entries(a, data, run).some((entry) => truthy(apply(a[1], entry, run)));

const LAZY = {
  and: [1, MANY, (a, data, run) => until(false, a, data, run)],
  or: [1, MANY, (a, data, run) => until(true, a, data, run)],
  if: [0, MANY, choose],
  "?:": [0, MANY, choose],
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

/** How many nodes an expression has, counted as case_forms/logic counts them. */
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

const checked = new WeakSet();

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
    const [fewest, most] = table[operator];
    if (args.length < fewest || args.length > most) throw new LogicError("bad_arguments", "wrong number of arguments");
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
  if (!checked.has(expression)) {
    check(expression, 1, { nodes: 0 });
    checked.add(expression);
  }
  return apply(expression, data ?? null, new Run(data ?? null));
}
