/** The server's problems name places by JSON pointer; here they are tied to the item they are about. */

import { steps } from "./document.js";

/**
 * [{node, at, code, message}]: `at` is the pointer inside the node, which is the form, a section or an item.
 *
 * @param {Definition} definition
 * @param {ServerProblem[]} problems
 * @returns {Problem[]}
 */
export function placed(definition, problems) {
  return problems.map(({ path, code, message }) => {
    const way = steps(path);
    /** @type {FormNode} */
    let node = definition;
    let used = 0;
    /** @type {FormNode[] | undefined} */
    let list = definition.sections;
    while (way[used] === (used ? "items" : "sections") && list?.[Number(way[used + 1])]) {
      node = list[Number(way[used + 1])];
      used += 2;
      list = node.items;
    }
    const at = way
      .slice(used)
      .map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)
      .join("");
    return { node, at, code, message };
  });
}

/**
 * One place has one problem: what is known here at once goes before what the server said. Each rule of a procedure that
 * would end there is one of its own.
 *
 * @param {FormDocument} document
 * @param {{ node: FormNode, at: string, code?: string, message?: string }} options
 */
export function keyOf(document, { node, at, code = "", message = "" }) {
  const path = document.pathOf(node);
  return path === undefined ? null : `${path}|${at}${code.startsWith("rule_") ? `|${message}` : ""}`;
}

/**
 * The field that holds a place of an item: the one of the longest `data-at` that leads to it, else the first inside.
 *
 * @param {HTMLElement} panel
 * @param {string} at
 */
export function fieldFor(panel, at) {
  const fields = /** @type {HTMLElement[]} */ ([...panel.querySelectorAll("[data-at]")]);
  const placeOf = (/** @type {HTMLElement} */ { dataset }) => dataset.at ?? "";
  const leading = fields.filter((field) => at === placeOf(field) || at.startsWith(`${placeOf(field)}/`));
  const deepest = leading.sort((one, other) => placeOf(other).length - placeOf(one).length)[0];
  return deepest ?? fields.find((field) => placeOf(field).startsWith(`${at}/`)) ?? null;
}

/**
 * Puts problems beside their fields, and those without a field on top of the panel.
 *
 * @param {HTMLElement} panel
 * @param {Problem[]} problems
 * @param {(problem: Problem) => HTMLElement} draw
 */
export function showProblems(panel, problems, draw) {
  for (const holder of panel.querySelectorAll(".vo-field__problems")) holder.replaceChildren();
  for (const control of panel.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  const top = panel.querySelector(".vo-panel__problems");
  top?.replaceChildren();
  for (const problem of problems) {
    const found = fieldFor(panel, problem.at);
    const holder = found?.querySelector(":scope > .vo-field__problems") ?? top;
    holder?.append(draw(problem));
    const control = found?.querySelector(":scope > :is(input, select, textarea)");
    control?.setAttribute("aria-invalid", "true");
  }
}
