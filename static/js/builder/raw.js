/** An expression that has no rows: shown as the sentence it is, and open as text for those who know the language. */

import { button, h, newId } from "./dom.js";

/**
 * What is wrong with an expression as text, or null: [words of the catalogue, values].
 *
 * @param {Expression} expression
 * @param {string[]} operators
 */
export function faultOf(expression, operators) {
  const known = new Set(operators);
  /**
   * @param {Expression} part
   * @returns {[words: string, values: Record<string, string>] | null}
   */
  function within(part) {
    if (Array.isArray(part)) return part.map(within).find(Boolean) ?? null;
    if (typeof part !== "object" || part === null) return null;
    const names = Object.keys(part);
    if (names.length !== 1) return ["not_one_operator", {}];
    if (!known.has(names[0])) return ["no_such_operator", { name: names[0] }];
    return within(part[names[0]]);
  }
  return within(expression);
}

/**
 * A text box for an expression; `onValid(expression)` on leaving it with something that is one.
 *
 * @param {Editor} editor
 * @param {Expression} expression
 * @template T
 * @param {{ onValid: (read: T) => void, read: (expression: Expression) => T }} options
 */
export function asText(editor, expression, { onValid, read }) {
  const id = newId("vo-raw");
  const problem = h("p.vo-problem", { id: `${id}-problem`, role: "status" });
  const area = h("textarea.vo-raw", {
    rows: 5,
    spellcheck: "false",
    "aria-label": editor.t("as_text"),
    "aria-describedby": problem.id,
    readonly: editor.readOnly,
    value: JSON.stringify(expression, null, 1),
  });
  const apply = () => {
    let given;
    try {
      given = JSON.parse(area.value);
    } catch {
      return complain("not_json", {});
    }
    if (typeof given !== "object" || given === null || Array.isArray(given)) return complain("not_an_expression", {});
    const fault = faultOf(given, editor.catalogue.all_operators);
    if (fault) return complain(...fault);
    area.removeAttribute("aria-invalid");
    problem.textContent = "";
    return onValid(read(given));
  };
  const complain = (/** @type {string} */ words, /** @type {Record<string, string | number>} */ values) => {
    area.setAttribute("aria-invalid", "true");
    problem.textContent = editor.t(words, values);
  };
  return h("div.vo-astext", {}, area, problem, !editor.readOnly && button(editor.t("apply"), { onClick: apply }));
}

/**
 * One part that can't be shown as a row.
 *
 * @param {Editor} editor
 * @param {Expression} expression
 * @template T
 * @param {{ onChange: (read: T) => void, read: (expression: Expression) => T }} options
 */
export function rawPart(editor, expression, { onChange, read }) {
  const box = h("div");
  const toggle = button(editor.t("edit_as_text"), {
    iconName: "code",
    "aria-expanded": "false",
    onClick: () => {
      const isOpen = box.childElementCount > 0;
      box.replaceChildren(...(isOpen ? [] : [asText(editor, expression, { onValid: onChange, read })]));
      toggle.setAttribute("aria-expanded", String(!isOpen));
    },
  });
  const sentence = editor.sentence(expression, editor.language) || JSON.stringify(expression);
  return h(
    "div.vo-rawpart",
    {},
    h("p", {}, sentence),
    h("p.vo-quiet", {}, editor.t("no_rows")),
    !editor.readOnly && toggle,
    box,
  );
}
