// The sums of the table of participants, as one types. Without it they are worked out when the page is saved.

const table = document.querySelector("[data-counts]");

/**
 * What stands in a box; what isn't a whole number counts nothing.
 *
 * @param {HTMLInputElement} box
 */
const numberIn = (box) => (/^\d+$/.test(box.value.trim()) ? Number(box.value) : 0);

/** @param {HTMLInputElement[]} boxes */
const sum = (boxes) => boxes.reduce((total, box) => total + numberIn(box), 0);

/**
 * @param {HTMLElement} place
 * @param {string} name
 */
const outputIn = (place, name) => /** @type {HTMLOutputElement | null} */ (place.querySelector(`[data-${name}]`));

/** @param {HTMLElement} counts */
function addUp(counts) {
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

if (table) {
  const renew = () => addUp(table);
  table.addEventListener("input", renew);
  window.addEventListener("pageshow", renew);
  renew();
}
