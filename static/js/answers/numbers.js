/** Numbers as the server cleans them: case_forms/questions/numbers.py. */

const LARGEST = { integer: 1e9, decimal: 1e12 };

/**
 * @param {number} value
 * @param {Bounds} rule
 * @param {number} largest
 */
function within(value, rule, largest) {
  const good = value >= Math.max(rule.min ?? -largest, -largest) && value <= Math.min(rule.max ?? largest, largest);
  return good ? value + 0 : undefined; // + 0: no minus in front of nought
}

/**
 * @param {Bounds} rule
 * @param {string} entered
 */
export function integer(rule, entered) {
  return /^[+-]?[0-9]{1,12}$/.test(entered) ? within(Number(entered), rule, LARGEST.integer) : undefined;
}

/**
 * @param {Bounds} rule
 * @param {string} entered
 */
export function decimal(rule, entered) {
  if (!/^[+-]?[0-9]{1,15}(?:[.,][0-9]{1,12})?$/.test(entered)) return undefined;
  return within(Number(entered.replace(",", ".")), rule, LARGEST.decimal);
}

/**
 * One of the steps from `min` on.
 *
 * @param {Bounds} rule
 * @param {string} entered
 */
export function scale(rule, entered) {
  const value = decimal(rule, entered);
  if (value === undefined) return undefined;
  const { min = 0, step = 1 } = rule; // the server always names the lowest
  const places = Math.max(...[min, step].map((number) => String(number).split(".")[1]?.length ?? 0));
  const nearest = Number((min + step * Math.round((value - min) / step)).toFixed(places));
  return nearest === value ? nearest + 0 : undefined;
}
