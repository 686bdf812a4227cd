/**
 * Calculations as nested parts, and the JSON-Logic they are stored as (docs/expressions.md).
 *
 * part  {is: "subject", subject}  a question, an age, a number of rows ... (conditions.js)
 *       {is: "const", value}      a number or a text
 *       {is: "op", op, parts}     op: + - * / min max cat coalesce
 *       {is: "round", part, places}
 *       {is: "listed", list, path, separator}    the texts of a repeat group's rows, joined
 *       {is: "if", cases: [{when: group, result: part}], otherwise: part}
 *       {is: "raw", expression}   what can't be shown as parts, kept as it came
 *       {is: "blank"}             nothing chosen yet
 */

import { isNamed, opened, read, readSubject, subjectExpression, variable, write } from "./conditions.js";

export const OPERATIONS = ["+", "-", "*", "/", "min", "max", "cat", "coalesce"];
const PAIRS = new Set(["-", "/"]);

/** @param {string} op */
export const isPair = (op) => PAIRS.has(op);

/**
 * A part as an expression; undefined while something in it is missing.
 *
 * @param {Part} part
 * @returns {Expression | undefined}
 */
export function writePart(part) {
  if (part.is === "raw") return part.expression;
  if (part.is === "const") return part.value;
  if (part.is === "subject") return isNamed(part.subject) ? subjectExpression(part.subject) : undefined;
  if (part.is === "op") {
    const parts = part.parts.map(writePart);
    const enough = PAIRS.has(part.op) ? parts.length === 2 : parts.length > 0;
    return enough && isWhole(parts) ? { [part.op]: parts } : undefined;
  }
  if (part.is === "round") {
    const inner = writePart(part.part);
    return inner === undefined ? undefined : { round: part.places ? [inner, part.places] : [inner] };
  }
  if (part.is === "listed") {
    return part.list && part.path
      ? { join: [{ map: [{ var: part.list }, { var: part.path }] }, part.separator] }
      : undefined;
  }
  if (part.is === "if") {
    const cases = part.cases.flatMap(({ when, result }) => [write(when) ?? undefined, writePart(result)]);
    const otherwise = part.otherwise.is === "blank" ? null : writePart(part.otherwise);
    const parts = [...cases, otherwise];
    return isWhole(parts) ? { if: parts } : undefined;
  }
  return undefined;
}

/**
 * @param {(Expression | undefined)[]} parts
 * @returns {parts is Expression[]}
 */
const isWhole = (parts) => !parts.includes(undefined);

/**
 * An expression as a part.
 *
 * @param {Expression | undefined} expression
 * @returns {Part}
 */
export function readPart(expression) {
  if (expression === null || expression === undefined) return { is: "blank" };
  if (typeof expression === "string" || typeof expression === "number") return { is: "const", value: expression };
  const subject = readSubject(expression);
  if (subject) return { is: "subject", subject };
  const [operator, given] = opened(expression);
  if (OPERATIONS.includes(operator) && given.length && (!PAIRS.has(operator) || given.length === 2)) {
    const parts = given.map(readPart);
    return parts.some((part) => part.is === "blank") ? { is: "raw", expression } : { is: "op", op: operator, parts };
  }
  if (operator === "round" && given.length <= 2 && given.length && Number.isInteger(given[1] ?? 1) && given[1] !== 0) {
    const part = readPart(given[0]);
    return part.is === "blank" ? { is: "raw", expression } : { is: "round", part, places: Number(given[1] ?? 0) };
  }
  return readListed(operator, given) ?? readIf(operator, given) ?? { is: "raw", expression };
}

/**
 * @param {string} operator
 * @param {Expression[]} given
 * @returns {ListedPart | null}
 */
function readListed(operator, given) {
  if (operator !== "join" || given.length !== 2 || typeof given[1] !== "string") return null;
  const [inner, parts] = opened(given[0]);
  const list = inner === "map" && parts.length === 2 ? variable(parts[0]) : null;
  const path = list && variable(parts[1]);
  return list && path ? { is: "listed", list, path, separator: given[1] } : null;
}

/**
 * @param {string} operator
 * @param {Expression[]} given
 * @returns {IfPart | null}
 */
function readIf(operator, given) {
  if (operator !== "if" || given.length < 3 || given.length % 2 === 0) return null;
  /** @type {IfPart["cases"]} */
  const cases = [];
  for (let index = 0; index < given.length - 1; index += 2) {
    const result = readPart(given[index + 1]);
    if (result.is === "blank") return null;
    cases.push({ when: read(given[index]), result });
  }
  return { is: "if", cases, otherwise: readPart(given[given.length - 1]) };
}
