/** An expression that has no rows: shown as the sentence it is, and open as text for those who know the language. */

import { readRow } from "./conditions.js";
import { button, h, newId } from "./dom.js";

/** What is wrong with an expression as text, or null: [words of the catalogue, values]. */
export function faultOf(expression, operators) {
  const known = new Set(operators);
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

/** A text box for an expression; `onValid(expression)` on leaving it with something that is one. */
export function asText(editor, expression, { onValid, read = readRow }) {
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
  const complain = (words, values) => {
    area.setAttribute("aria-invalid", "true");
    problem.textContent = editor.t(words, values);
  };
  return h("div.vo-astext", {}, area, problem, !editor.readOnly && button(editor.t("apply"), { onClick: apply }));
}

/** One part that can't be shown as a row. */
export function rawPart(editor, expression, { onChange, read = readRow }) {
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
