// Rows of a group, added and removed on the phone: patterns of the package with their numbers written in.

/**
 * The pattern under which the package has a row: household-3-children -> household-__0__-children.
 *
 * @param {string} name
 */
const patternOf = (name) => name.replace(/-\d+-/, "-__0__-");

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export const repeatOf = (form, name) => form.querySelector(`[data-item="${CSS.escape(name)}"]`);

/** @param {HTMLElement} repeat */
export const rowsOf = (repeat) => [...repeat.querySelectorAll(":scope > [data-row]")];

/**
 * Adds an empty row at the end and returns it; null when the form has no such group.
 *
 * @param {HTMLFormElement} form
 * @param {FormPackage} taken
 * @param {string} name
 */
export function addRow(form, taken, name) {
  const repeat = repeatOf(form, name);
  const pattern = taken.rows[patternOf(name)];
  if (!repeat || pattern === undefined) return null;
  const index = rowsOf(repeat).length;
  const isInner = name !== patternOf(name);
  const outer = isInner ? Number(/-(\d+)-/.exec(name)?.[1]) : index;
  const holder = document.createElement("template");
  holder.innerHTML = pattern
    .replaceAll("__0__", String(outer))
    .replaceAll("__n0__", String(outer + 1))
    .replaceAll("__1__", String(index))
    .replaceAll("__n1__", String(index + 1));
  const row = /** @type {HTMLElement} */ (holder.content.querySelector("[data-row]"));
  for (const shown of row.querySelectorAll('input[name="shown"]')) shown.remove();
  const last = rowsOf(repeat).at(-1);
  const before = last ? last.nextElementSibling : repeat.querySelector(":scope > p.muted, :scope > button");
  repeat.insertBefore(row, before);
  settle(repeat);
  return row;
}

/**
 * The number of rows where the server reads it, and the words for none.
 *
 * @param {HTMLElement} repeat
 */
function settle(repeat) {
  const count = rowsOf(repeat).length;
  /** @type {HTMLInputElement | null} */
  const field = repeat.querySelector(`:scope > input[name="${CSS.escape(repeat.dataset.item ?? "")}-count"]`);
  if (field) field.value = String(count);
  const none = repeat.querySelector(":scope > p.muted");
  if (none) none.hidden = count > 0;
}

/**
 * Takes all rows out.
 *
 * @param {HTMLElement} repeat
 */
export function clearRows(repeat) {
  for (const row of rowsOf(repeat)) row.remove();
  settle(repeat);
}

/**
 * The fields without one row: those behind it move up. `row`: household-2, or household-0-children-1.
 *
 * @param {[string, string][]} fields
 * @param {string} row
 * @returns {[string, string][]}
 */
export function withoutRow(fields, row) {
  const [, repeat, written] = /^(.*)-(\d+)$/.exec(row) ?? [];
  const removed = Number(written);
  return fields.flatMap(([name, value]) => {
    if (name === `${repeat}-count`) return [[name, String(Math.max(Number(value) - 1, 0))]];
    if (!name.startsWith(`${repeat}-`)) return [[name, value]];
    const [, at, rest] = /^(\d+)(-.*)$/s.exec(name.slice(repeat.length + 1)) ?? [];
    if (at === undefined) return [[name, value]];
    const index = Number(at);
    if (index === removed) return [];
    return [[`${repeat}-${index > removed ? index - 1 : index}${rest}`, value]];
  });
}
