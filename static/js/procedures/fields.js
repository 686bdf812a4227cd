/** The fields of a procedure's parts, each for one kind of value. */

import { CalculationField } from "../builder/calculation_field.js";
import { ConditionField } from "../builder/condition_field.js";
import { escaped, within } from "../builder/document.js";
import { checkbox, field, h, input, optionsOf, select } from "../builder/dom.js";

export const UNITS = [1440, 60, 1]; // a day, an hour, a minute; in minutes

/**
 * @param {Names} names
 */
const pointer = (names) => names.map((name) => `/${escaped(name)}`).join("");

/**
 * Writes a value; undefined takes it away.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {Stored} value
 */
export function put(editor, node, names, value) {
  editor.document.set(node, names, value, { origin: "panel", label: editor.t("step_change_part") });
}

/**
 * @param {FormNode} node
 * @param {Names} names
 */
export const valueAt = (node, names) => /** @type {Prop} */ (within(node, names));

/**
 * A span of time: a number and its unit, stored in minutes.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {{ hint?: string, quiet?: boolean }} [options]
 */
export function minutesField(editor, node, names, words, { hint, quiet } = {}) {
  const stored = valueAt(node, names);
  const minutes = typeof stored === "number" ? stored : undefined;
  const unit = UNITS.find((each) => minutes && minutes % each === 0) ?? 1;
  const number = input(minutes === undefined ? "" : String(minutes / unit), {
    type: "number",
    min: 1,
    step: 1,
    readonly: editor.readOnly,
    "data-focus": pointer(names),
    onInput: () => write(),
  });
  number.classList.add("vo-number");
  const options = UNITS.toReversed().map(
    (each) => /** @type {SelectOption} */ ([String(each), editor.t(`unit_${each}`)]),
  );
  const units = select(options, String(unit), {
    "aria-label": editor.t("unit_of", { name: words }),
    disabled: editor.readOnly,
    onChange: () => write(),
  });
  const write = () => {
    const given = Number(number.value);
    put(editor, node, names, number.value === "" || Number.isNaN(given) ? undefined : given * Number(units.value));
  };
  const shown = field(words, number, { at: pointer(names), hint, quiet });
  number.after(units);
  shown.classList.add("proc-minutes");
  return shown;
}

/**
 * One of a list.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {Named[]} choices
 * @param {{ none?: string, hint?: string, onChange?: (value: string) => void }} [options] `none`: words for nothing
 */
export function choiceField(editor, node, names, words, choices, { none, hint, onChange } = {}) {
  const stored = String(valueAt(node, names) ?? "");
  const options = optionsOf(choices);
  if (none !== undefined) options.unshift(["", none]);
  // What is stored and no longer known stays chosen, so that nothing is changed unseen.
  if (stored && !options.some(([value]) => value === stored))
    options.push([stored, editor.t("not_here", { key: stored })]);
  else if (!stored && none === undefined) options.unshift(["", editor.t("choose")]);
  const control = select(options, stored, {
    disabled: editor.readOnly,
    "data-focus": pointer(names),
    onChange: (value) => {
      if (onChange) onChange(value);
      else put(editor, node, names, value || undefined);
    },
  });
  return field(words, control, { at: pointer(names), hint });
}

/**
 * Yes or no; no is stored as nothing.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 */
export function flagField(editor, node, names, words) {
  const box = checkbox(words, valueAt(node, names) === true, {
    disabled: editor.readOnly,
    "data-focus": pointer(names),
    onChange: (checked) => put(editor, node, names, checked || undefined),
  });
  return h("div.vo-field", { data: { at: pointer(names) } }, box, h("div.vo-field__problems"));
}

/**
 * A text that isn't said in several languages.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {{ hint?: string, multiline?: boolean, needed?: boolean }} [options] `needed`: emptied, it is stored as ""
 */
export function lineField(editor, node, names, words, { hint, multiline = false, needed = false } = {}) {
  const control = input(String(valueAt(node, names) ?? ""), {
    multiline,
    readonly: editor.readOnly,
    "data-focus": pointer(names),
    onInput: (value) => put(editor, node, names, value || (needed ? "" : undefined)),
  });
  return field(words, control, { at: pointer(names), hint });
}

/**
 * A whole number, which may be below zero; nothing is stored for an empty field.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {{ hint?: string }} [options]
 */
export function numberField(editor, node, names, words, { hint } = {}) {
  const control = input(String(valueAt(node, names) ?? ""), {
    type: "number",
    step: 1,
    readonly: editor.readOnly,
    "data-focus": pointer(names),
    onInput: (value) =>
      put(editor, node, names, value === "" || Number.isNaN(Number(value)) ? undefined : Number(value)),
  });
  control.classList.add("vo-number");
  return field(words, control, { at: pointer(names), hint });
}

/**
 * A condition: never, always, or on some answers. `always`, `never`: their words; without `never` it isn't offered.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {{ scope: () => Scope, always: string, never: string, isRule?: boolean }} options
 */
export function conditionField(editor, node, names, words, { scope, always, never, isRule = false }) {
  const isMissing = within(node, names) === undefined;
  /** @type {SelectOption[]} */
  const options = [
    ["always", always],
    ["never", never],
    ["when", editor.t("only_when")],
  ];
  // Without a condition a rule always applies, and an action's "whether" is no.
  const fixed = isRule ? { always: isMissing ? undefined : true, never: false } : { never: undefined, always: true };
  const ordered = isRule ? options : [options[1], options[0], options[2]];
  // An unfinished condition must not read as "always".
  return new ConditionField(editor, node, names, { words, scope, options: ordered, fixed, pending: false }).element;
}

/**
 * A value that is worked out: an answer, a fact, a fixed text or number, if … then … otherwise.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {() => Scope} scope
 */
export function expressionField(editor, node, names, words, scope) {
  return new CalculationField(editor, node, names, { words, scope, constants: true }).element;
}
