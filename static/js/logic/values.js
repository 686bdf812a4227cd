/** How values are read: truth, number, text, equality, order. The twin of case_forms/expressions/values.py. */

const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const EDGES = /^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g;

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON-Logic's truth: false, null, 0, "" and [] are false. */
export function truthy(value) {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

export function number(value) {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return NaN;
  const stripped = value.replace(EDGES, "");
  if (stripped === "") return 0;
  return NUMBER.test(stripped) ? Number(stripped) : NaN;
}

/** As an operand of arithmetic: like `number`, but nothing (null or a blank text) is no number. */
export function operand(value) {
  const nothing = value === null || value === undefined || (typeof value === "string" && !value.replace(EDGES, ""));
  return nothing ? NaN : number(value);
}

export const result = (value) => (Number.isFinite(value) ? value + 0 : null); // + 0: no negative zero

export function text(value, run) {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  if (!Array.isArray(value)) return "";
  run.spend(value.length + 1);
  return value.map((part) => (Array.isArray(part) ? "" : text(part, run))).join(",");
}

export function same(left, right, run, depth = 0) {
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

export function alike(left, right, run) {
  if (left === null || right === null) return left === right;
  if (typeof left === "string" && typeof right === "string") return left === right;
  if (typeof left !== "object" && typeof right !== "object") return number(left) === number(right);
  return same(left, right, run);
}

const areTexts = (left, right) => typeof left === "string" && typeof right === "string";
export const before = (left, right) => (areTexts(left, right) ? left < right : number(left) < number(right));
export const atMost = (left, right) => (areTexts(left, right) ? left <= right : number(left) <= number(right));

/** What stands at a dotted path ("persons.0.age"), or null. An empty path is the data itself. */
export function lookup(data, path) {
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

/** No answer: null, "", [] or {}. */
export function isNothing(value) {
  if (value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
