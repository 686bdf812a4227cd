/** The server's problems name places by JSON pointer; here they are tied to the item they are about. */

import { steps } from "./document.js";

/** [{node, at, code, message}]: `at` is the pointer inside the node, which is the form, a section or an item. */
export function placed(definition, problems) {
  return problems.map(({ path, code, message }) => {
    const way = steps(path);
    let node = definition;
    let used = 0;
    let list = "sections";
    while (way[used] === list && node[list]?.[way[used + 1]]) {
      node = node[list][way[used + 1]];
      used += 2;
      list = "items";
    }
    const at = way
      .slice(used)
      .map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)
      .join("");
    return { node, at, code, message };
  });
}

/** One place has one problem: what is known here at once goes before what the server said. Each rule of a procedure that
 * would end there is one of its own. */
export function keyOf(document, { node, at, code = "", message = "" }) {
  const path = document.pathOf(node);
  return path === undefined ? null : `${path}|${at}${code.startsWith("rule_") ? `|${message}` : ""}`;
}

/** The field that holds a place of an item: the one of the longest `data-at` that leads to it, else the first inside. */
export function fieldFor(panel, at) {
  const fields = [...panel.querySelectorAll("[data-at]")];
  const leading = fields.filter(({ dataset }) => at === dataset.at || at.startsWith(`${dataset.at}/`));
  const deepest = leading.sort((one, other) => other.dataset.at.length - one.dataset.at.length)[0];
  return deepest ?? fields.find(({ dataset }) => dataset.at.startsWith(`${at}/`)) ?? null;
}

/** Puts problems beside their fields, and those without a field on top of the panel. */
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
