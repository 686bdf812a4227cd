/**
 * What is asked about before sending: right perhaps, perhaps a slip. When it is asked, in which words, and beside which
 * question.
 */

import { ConditionField } from "./condition_field.js";
import { button, field, fieldset, h, icon, select } from "./dom.js";
import { proposed } from "./keys.js";
import { allItems, scopeAt, textIn } from "./scope.js";
import { textsField } from "./texts.js";

/**
 * All answers of the form, and which forms the case holds that it is about.
 *
 * @param {Editor} editor
 * @returns {Scope}
 */
function scopeOf(editor) {
  const { definition, catalogue } = editor;
  const known = scopeAt(definition, catalogue, null, { whole: true });
  const forms = {
    path: "_case_forms",
    place: "case",
    texts: { [editor.language]: editor.t("case_forms") },
    kind: "choices",
    choices: catalogue.case_forms,
  };
  return { ...known, entries: [...known.entries, forms] };
}

/** @param {FormSettings} settings */
export function warningsField(settings) {
  const { editor } = settings;
  const { document, definition } = editor;
  const label = editor.t("step_settings");
  const all = definition.warnings ?? [];

  function add() {
    const key = proposed("", new Set(all.map((warning) => warning.key)), "ask");
    const warning = { key, message: {} }; // its condition is missing until somebody says when
    document.apply(
      [
        definition.warnings
          ? { op: "add", path: `/warnings/${all.length}`, value: warning }
          : { op: "add", path: "/warnings", value: [warning] },
      ],
      { label },
    );
    /** @type {HTMLDetailsElement | null} */
    const made = settings.body.querySelector('[data-at="/warnings"] > details:last-of-type'); // drawn anew by now
    if (made) made.open = true;
    /** @type {HTMLElement | null | undefined} */ (made?.querySelector("input, textarea"))?.focus();
  }

  /**
   * @param {Warning} warning
   * @param {number} index
   */
  function one(warning, index) {
    const name = textIn(warning.message, editor.language, warning.key);
    const remove = () => {
      document.apply([{ op: "remove", path: all.length === 1 ? "/warnings" : `/warnings/${index}` }], { label });
      settings.told(editor.t("deleted", { name }), true);
    };
    const when = new ConditionField(editor, definition, ["warnings", index, "when"], {
      words: editor.t("warning_when"),
      scope: () => scopeOf(editor),
    });
    const questions = [...allItems(definition)].filter(
      ({ item, parents }) => item.item === "question" && !parents.length,
    );
    /** @type {SelectOption[]} */
    const options = [
      ["", editor.t("warning_nowhere")],
      ...questions.map(({ item }) => /** @type {SelectOption} */ ([item.key, editor.nameOf(item)])),
    ];
    const choose = (/** @type {string} */ value) =>
      document.set(definition, ["warnings", index, "question"], value || undefined, { origin: "panel", label });
    const beside = select(options, warning.question ?? "", {
      disabled: editor.readOnly,
      "data-focus": `/warnings/${index}/question`,
      onChange: choose,
    });
    return h(
      "details.vo-list-own",
      {},
      h("summary", {}, icon("arrow-right", "vo-turns"), name, " ", h("span.vo-code", {}, warning.key)),
      textsField(editor, definition, ["warnings", index, "message"], editor.t("warning_message"), {
        multiline: true,
        needed: true,
      }),
      when.element,
      field(editor.t("warning_question"), beside, { at: `/warnings/${index}/question` }),
      !editor.readOnly && button(editor.t("delete_warning"), { kind: "no", iconName: "bin", onClick: remove }),
    );
  }

  const adder =
    !editor.readOnly &&
    button(editor.t("add_warning"), { iconName: "plus", "data-focus": "/warnings/add", onClick: add });
  return fieldset(editor.t("warnings"), { at: "/warnings", hint: editor.t("warnings_hint") }, all.map(one), adder);
}
