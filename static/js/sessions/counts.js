// The sums of a table of participants, worked out from its boxes.

/**
 * What stands in a box; what isn't a whole number counts nothing.
 *
 * @param {HTMLInputElement} box
 */
export const numberIn = (box) => (/^\d+$/.test(box.value.trim()) ? Number(box.value) : 0);

/** @param {HTMLInputElement[]} boxes */
const sum = (boxes) => boxes.reduce((total, box) => total + numberIn(box), 0);

/**
 * @param {HTMLElement} place
 * @param {string} name
 */
const outputIn = (place, name) => /** @type {HTMLOutputElement | null} */ (place.querySelector(`[data-${name}]`));

/** @param {HTMLElement} counts */
export function addUp(counts) {
  const rows = [...counts.querySelectorAll("[data-row]")].map((row) => {
    const boxes = /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("[data-count]")]);
    const output = outputIn(row, "sum");
    if (output) output.value = String(sum(boxes));
    return boxes;
  });
  /** @type {NodeListOf<HTMLOutputElement>} */
  const columns = counts.querySelectorAll("[data-column-sum]");
  columns.forEach((output, column) => {
    output.value = String(sum(rows.map((boxes) => boxes[column])));
  });
  const whole = outputIn(counts, "whole-sum");
  if (whole) whole.value = String(sum(rows.flat()));
}
