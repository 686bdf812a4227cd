// Which answers an item's expressions may read, so that what reads none of those that changed is left alone.

const EXPRESSIONS = /** @type {const} */ ([
  "relevant",
  "required",
  "choice_filter",
  "calculation",
  "initial",
  "constraint",
]);

/** @type {WeakMap<Rule, string[] | null>} */
const known = new WeakMap();

/**
 * Every text in the expressions of an item and of those within it, as the first step of a name: rather too many. Null when
 * one reads a name that only running it tells.
 *
 * @param {Rule} rule
 * @returns {string[] | null}
 */
export function readBy(rule) {
  let names = known.get(rule);
  if (names === undefined) {
    /** @type {Set<string>} */
    const found = new Set();
    names = collect(rule, found) ? [...found] : null;
    known.set(rule, names);
  }
  return names;
}

/**
 * @param {Rule} rule
 * @param {Set<string>} found
 * @returns {boolean} whether they are all
 */
function collect(rule, found) {
  return (
    EXPRESSIONS.every((name) => gather(rule[name], found)) && (rule.items ?? []).every((inner) => collect(inner, found))
  );
}

/**
 * @param {Json | undefined} expression
 * @param {Set<string>} found
 * @returns {boolean}
 */
function gather(expression, found) {
  if (typeof expression === "string" || typeof expression === "number") found.add(String(expression).split(".")[0]);
  if (typeof expression !== "object" || expression === null) return true;
  if (Array.isArray(expression)) return expression.every((part) => gather(part, found));
  return Object.entries(expression).every(([operator, given]) => {
    if (operator === "today") found.add("_today");
    if (operator === "var") {
      const name = Array.isArray(given) ? given[0] : given;
      if (!["string", "number"].includes(typeof name) || name === "") return false;
    }
    return gather(given, found);
  });
}

/** @param {Json | undefined} one @param {Json | undefined} other */
export const isSame = (one, other) =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && JSON.stringify(one) === JSON.stringify(other));
