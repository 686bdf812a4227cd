/** Keys: proposed from what people read, unique in the form, and followed wherever they are named. */

import { allItems } from "./scope.js";

const KEY = /^[a-z][a-z0-9_]{0,63}$/;
const RESERVED = new Set(["csrfmiddlewaretoken", "choice", "current", "accumulator", "today", "occurred"]);
const LONGEST_PROPOSED = 40;

/** @param {string} text */
export const isKey = (text) => KEY.test(text);
/** @param {string} text */
export const isReserved = (text) => text.startsWith("_") || text === "csrfmiddlewaretoken";

/**
 * A text for comparing and searching: small letters without their marks.
 *
 * @param {string} text
 */
export const plain = (text) =>
  text
    .toLowerCase()
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "");

/**
 * "Çfarë moshe keni?" -> "cfare_moshe_keni"
 *
 * @param {string} text
 * @param {number} [longest]
 */
export function folded(text, longest = LONGEST_PROPOSED) {
  const words = text
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("đ", "d")
    .replaceAll("ł", "l")
    .normalize("NFD")
    .replace(/[\u0300-\u036f’'`]/g, "")
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  let key = "";
  for (const word of words) {
    const longer = key ? `${key}_${word}` : word;
    if (longer.length > longest) break;
    key = longer;
  }
  return key || (words[0] ?? "").slice(0, longest);
}

/**
 * A key that is not in `taken`: proposed from a text, else from `otherwise`.
 *
 * @param {string} text
 * @param {Set<string>} taken
 * @param {string} otherwise
 */
export function proposed(text, taken, otherwise) {
  let base = folded(text) || otherwise;
  if (!/^[a-z]/.test(base)) base = `${otherwise}_${base}`;
  if (RESERVED.has(base)) base = `${base}_1`;
  let key = base;
  for (let number = 2; taken.has(key); number += 1) key = `${base}_${number}`;
  return key;
}

/**
 * Every key of an item in the form, or of a section.
 *
 * @param {Definition} definition
 * @param {{ sections?: boolean, except?: FormNode | null }} [options]
 */
export function takenKeys(definition, { sections = false, except = null } = {}) {
  const nodes = sections ? definition.sections : [...allItems(definition)].map(({ item }) => item);
  return new Set(nodes.filter((node) => node !== except).map((node) => node.key));
}

/**
 * @param {Expression} path
 * @param {string} from
 * @param {string} to
 * @param {Set<string>} repeats
 * @returns {Expression}
 */
function renamedPath(path, from, to, repeats) {
  if (typeof path !== "string") return path;
  const names = path.split(".");
  const first = names.findIndex((name) => name !== "current" && name !== "accumulator");
  if (names[first] === from) names[first] = to;
  else if (repeats.has(names[first]))
    return [names.slice(0, first + 1), names.slice(first + 1).map((name) => (name === from ? to : name))]
      .flat()
      .join(".");
  return names.join(".");
}

/**
 * The expression with a key named otherwise. Keys are unique in the form, so loops need no scope of their own.
 *
 * @param {Expression} expression
 * @param {string} from
 * @param {string} to
 * @param {Set<string>} [repeats]
 * @returns {Expression}
 */
export function renamed(expression, from, to, repeats = new Set()) {
  if (Array.isArray(expression)) return expression.map((part) => renamed(part, from, to, repeats));
  if (typeof expression !== "object" || expression === null) return expression;
  return Object.fromEntries(
    Object.entries(expression).map(([operator, given]) => {
      if (operator === "var") {
        const [path, ...rest] = Array.isArray(given) ? given : [given];
        const kept = typeof path === "object" ? renamed(path, from, to, repeats) : renamedPath(path, from, to, repeats);
        return [operator, Array.isArray(given) ? [kept, ...rest] : kept];
      }
      if (operator === "answered" || operator === "missing") {
        /**
         * @param {Expression} value
         * @returns {Expression}
         */
        const paths = (value) =>
          Array.isArray(value)
            ? value.map(paths)
            : typeof value === "string"
              ? renamedPath(value, from, to, repeats)
              : renamed(value, from, to, repeats);
        return [operator, paths(given)];
      }
      return [operator, renamed(given, from, to, repeats)];
    }),
  );
}

/** @type {(keyof FormNode)[]} */
const EXPRESSIONS = ["relevant", "required", "initial", "choice_filter", "calculation", "when"];

/**
 * The expressions of a part of the form, each with the names that lead to it.
 *
 * @param {FormNode} node
 * @returns {Generator<[Names, Expression]>}
 */
export function* expressionsOf(node) {
  for (const name of EXPRESSIONS) {
    const expression = node[name];
    if (typeof expression === "object" && expression !== null) yield [[name], /** @type {Expression} */ (expression)];
  }
  if (node.constraint && typeof node.constraint.expr === "object") yield [["constraint", "expr"], node.constraint.expr];
  for (const [role, when] of Object.entries(node.shared_with ?? {})) {
    if (typeof when === "object" && when !== null) yield [["shared_with", role], when];
  }
}

/**
 * Operations that give an item another key, everywhere it is named.
 *
 * @param {FormDocument} document
 * @param {FormNode} item
 * @param {string} key
 */
export function renaming(document, item, key) {
  /** @type {Operation[]} */
  const operations = [{ op: "replace", path: `${document.pathOf(item)}/key`, value: key }];
  const { definition } = document;
  const repeats = new Set(
    [...allItems(definition)]
      .filter(({ item: { item: kind } }) => kind === "repeat")
      .map(({ item: repeat }) => repeat.key),
  );
  const parts = [...definition.sections, ...[...allItems(definition)].map((placed) => placed.item)];
  for (const part of parts) {
    for (const [names, expression] of expressionsOf(part)) {
      const changed = renamed(expression, item.key, key, repeats);
      if (JSON.stringify(changed) !== JSON.stringify(expression)) {
        operations.push({ op: "replace", path: [document.pathOf(part), ...names].join("/"), value: changed });
      }
    }
    if (part.of === item.key) operations.push({ op: "replace", path: `${document.pathOf(part)}/of`, value: key });
  }
  for (const [index, warning] of (definition.warnings ?? []).entries()) {
    const when = renamed(warning.when ?? null, item.key, key, repeats);
    if (JSON.stringify(when) !== JSON.stringify(warning.when ?? null))
      operations.push({ op: "replace", path: `/warnings/${index}/when`, value: when });
    if (warning.question === item.key)
      operations.push({ op: "replace", path: `/warnings/${index}/question`, value: key });
  }
  return operations;
}

/**
 * The items, and the questions before sending, whose expressions name this key.
 *
 * @param {Definition} definition
 * @param {string} key
 */
export function usersOf(definition, key) {
  const repeats = new Set(
    [...allItems(definition)].filter(({ item }) => item.item === "repeat").map(({ item }) => item.key),
  );
  const names = (/** @type {FormNode} */ part) =>
    part.of === key ||
    part.question === key ||
    [...expressionsOf(part)].some(
      ([, expression]) => JSON.stringify(renamed(expression, key, "\u0000", repeats)) !== JSON.stringify(expression),
    );
  return [
    ...definition.sections,
    ...[...allItems(definition)].map((placed) => placed.item),
    ...(definition.warnings ?? []),
  ].filter(names);
}
