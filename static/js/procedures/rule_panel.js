/** The fields of a rule: when, about which forms, on which answers, what is done, and what the sender reads. */

import { copied } from "../builder/document.js";
import { button, checkbox, fieldset, h, select } from "../builder/dom.js";
import { textsField } from "../builder/texts.js";
import {
  choiceField,
  conditionField,
  expressionField,
  flagField,
  lineField,
  minutesField,
  numberField,
  put,
} from "./fields.js";
import { namedParts, remover } from "./panels.js";
import { scopeOf } from "./scope.js";

/**
 * The fields of a rule, once the questions of the forms are here.
 *
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {PanelHelp} help
 */
export function rulePanel(editor, place, help) {
  const { node } = place;
  const rule = /** @type {ProcedureRule} */ (/** @type {unknown} */ (node));
  const scope = () => scopeOf(editor, rule.forms ?? []);
  const { events } = editor.catalogue.procedure;
  return [
    textsField(editor, node, ["title"], editor.t("title"), {
      needed: true,
      hint: editor.t("rule_title_hint"),
      onText: help.onTitle,
    }),
    choiceField(editor, node, ["on"], editor.t("event"), events, {
      onChange: (value) => {
        editor.document.set(node, ["on"], value, { origin: "panel", label: editor.t("step_change_part") });
        // Only a rule about a date has these.
        if (!isAboutDate(editor, value))
          for (const name of ["date", "days"]) if (Object.hasOwn(node, name)) put(editor, node, [name], undefined);
        help.redraw();
      },
    }),
    formsField(editor, rule, node, help),
    isAboutDate(editor, rule.on) && dateFields(editor, node, scope),
    conditionField(editor, node, ["when"], editor.t("when"), {
      scope,
      always: editor.t("when_always"),
      never: editor.t("never"),
      isRule: true,
    }),
    actionsField(editor, place, rule, scope, help),
    textsField(editor, node, ["words"], editor.t("rule_words"), { needed: true, multiline: true }),
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {string | undefined} code
 */
const isAboutDate = (editor, code) =>
  editor.catalogue.procedure.events.some(({ value, has_date: hasDate }) => value === code && hasDate);

/**
 * The question whose date is waited for, and how many days before or after it.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {() => Scope} scope
 */
function dateFields(editor, node, scope) {
  const dates = scope()
    .entries.filter(({ kind, place }) => (kind === "date" || kind === "datetime") && typeof place === "object")
    .map(({ path, texts }) => ({
      value: path,
      label: editor.nameOf(/** @type {FormNode} */ ({ label: texts, key: path })),
    }));
  return [
    choiceField(editor, node, ["date"], editor.t("date_question"), dates),
    numberField(editor, node, ["days"], editor.t("days"), { hint: editor.t("days_hint") }),
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {ProcedureRule} rule
 * @param {FormNode} node
 * @param {PanelHelp} help
 */
function formsField(editor, rule, node, help) {
  const chosen = rule.forms ?? [];
  const event = editor.catalogue.procedure.events.find(({ value }) => value === rule.on);
  const known = editor.catalogue.procedure.forms;
  // No form comes with some events: then only what is chosen by mistake is shown, to be taken away.
  const fits = (/** @type {{ is_public: boolean, kind: string }} */ form) =>
    !event || (event.has_form && form.is_public === event.is_public && ["", form.kind].includes(event.form_kind));
  const fitting = known.filter((form) => chosen.includes(form.key) || fits(form));
  if (event?.has_form === false && !chosen.length) {
    return "";
  }
  const others = chosen
    .filter((key) => !known.some((form) => form.key === key))
    .map((key) => ({ key, title: editor.t("unknown_form", { key }) }));
  const boxes = [...fitting, ...others].map(({ key, title }) =>
    checkbox(title, chosen.includes(key), {
      disabled: editor.readOnly,
      onChange: (checked) => {
        const forms = checked ? [...chosen, key] : chosen.filter((other) => other !== key);
        editor.document.set(node, ["forms"], forms, { origin: "panel", label: editor.t("step_change_part") });
        help.redraw();
      },
    }),
  );
  return fieldset(
    editor.t("forms"),
    { at: "/forms", hint: editor.t("forms_hint") },
    h("div.vo-boxes.proc-forms", {}, boxes),
  );
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {ProcedureRule} rule
 * @param {() => Scope} scope
 * @param {PanelHelp} help
 */
function actionsField(editor, { node }, rule, scope, help) {
  const actions = rule.then ?? [];
  const change = (/** @type {StoredAction[]} */ then) => {
    editor.document.set(node, ["then"], then, { origin: "panel", label: editor.t("step_change_part"), merge: "" });
    help.redraw();
  };
  const event = editor.catalogue.procedure.events.find(({ value }) => value === rule.on);
  const offered = editor.catalogue.procedure.actions.filter(({ value }) => !event || event.actions.includes(value));
  /** @type {SelectOption[]} */
  const options = [["", editor.t("choose_action")], ...offered.map(({ value, label }) => option(value, label))];
  const add = select(options, "", {
    "aria-label": editor.t("add_action"),
    disabled: editor.readOnly,
    "data-focus": "/then/add",
    onChange: (value) => value && change([...copied(actions), begunAction(editor, value)]),
  });
  const rows = actions.map((action, index) => {
    const swap = (/** @type {number} */ other) => {
      const then = copied(actions);
      [then[index], then[other]] = [then[other], then[index]];
      change(then);
    };
    return actionFields(editor, node, action, index, scope, {
      isFirst: index === 0,
      isLast: index === actions.length - 1,
      up: () => swap(index - 1),
      down: () => swap(index + 1),
      remove: () => change(copied(actions).filter((_other, at) => at !== index)),
    });
  });
  return fieldset(
    editor.t("then"),
    { at: "/then" },
    actions.length ? h("ol.proc-entries", {}, rows) : h("p.vo-quiet", {}, editor.t("nothing_done")),
    !editor.readOnly && add,
  );
}

/**
 * @param {string} value
 * @param {string} words
 * @returns {SelectOption}
 */
const option = (value, words) => [value, words];

/**
 * An action to begin with: where there is one thing to choose, it is chosen.
 *
 * @param {ProcedureEditor} editor
 * @param {string} code
 * @returns {StoredAction}
 */
function begunAction(editor, code) {
  const kind = editor.catalogue.procedure.actions.find(({ value }) => value === code);
  /** @type {StoredAction} */
  const action = { do: code };
  for (const { name, kind: sort, is_needed } of kind?.parameters ?? []) {
    const only =
      sort === "ladder" ? namedParts(editor, "ladders") : sort === "deadline" ? namedParts(editor, "deadlines") : [];
    if (is_needed && only.length === 1) action[name] = only[0].value;
  }
  return action;
}

/**
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {StoredAction} action
 * @param {number} index
 * @param {() => Scope} scope
 * @param {{ isFirst: boolean, isLast: boolean, up: () => void, down: () => void, remove: () => void }} moves
 */
function actionFields(editor, node, action, index, scope, { isFirst, isLast, up, down, remove }) {
  const kind = editor.catalogue.procedure.actions.find(({ value }) => value === action.do);
  const name = kind?.label ?? editor.t("unknown_action");
  const mover = (/** @type {string} */ words, /** @type {string} */ mark, /** @type {() => void} */ run) =>
    button(editor.t(words), { kind: "icon", iconName: mark, onClick: run });
  const head = h(
    "div.proc-action__head",
    {},
    h("strong", {}, name),
    !editor.readOnly && !isFirst && mover("move_up", "arrow-up", up),
    !editor.readOnly && !isLast && mover("move_down", "arrow-down", down),
    remover(editor, editor.t("delete_action", { name }), remove),
  );
  const fields = (kind?.parameters ?? []).map((parameter) => parameterField(editor, node, index, parameter, scope));
  return h(
    "li.proc-entry",
    { data: { at: `/then/${index}` } },
    head,
    h("div.vo-field__problems"),
    h("div.proc-parameters", {}, fields),
  );
}

/**
 * The field of one parameter of an action, by its kind.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 * @param {number} index
 * @param {ActionParameter} parameter
 * @param {() => Scope} scope
 * @returns {HTMLElement}
 */
export function parameterField(editor, node, index, { name, kind, label, is_needed: isNeeded, choices }, scope) {
  /** @type {Names} */
  const names = ["then", index, name];
  const none = isNeeded ? undefined : editor.t("none");
  switch (kind) {
    case "condition":
      return conditionField(editor, node, names, label, { scope, always: editor.t("yes"), never: editor.t("no") });
    case "expression":
    case "office":
      return expressionField(editor, node, names, label, scope);
    case "role":
      return choiceField(editor, node, names, label, editor.catalogue.procedure.roles, { none });
    case "deadline":
    case "ladder":
      return choiceField(editor, node, names, label, namedParts(editor, kind === "ladder" ? "ladders" : "deadlines"), {
        none,
      });
    case "choice":
      return choiceField(editor, node, names, label, choices, { none });
    case "marker":
      return choiceField(editor, node, names, label, namedParts(editor, "flags"), { none });
    case "form":
      return choiceField(
        editor,
        node,
        names,
        label,
        editor.catalogue.procedure.forms.map((form) => ({ value: form.key, label: form.title })),
        { none },
      );
    case "texts":
      return textsField(editor, node, names, label, { needed: isNeeded, multiline: true });
    case "minutes":
      return minutesField(editor, node, names, label);
    case "flag":
      return flagField(editor, node, names, label);
    default:
      // Also of a kind that this script doesn't know yet: a text can always be written.
      return lineField(editor, node, names, label, { needed: isNeeded });
  }
}
