/** The fields of each kind of part but rules, as they open where the part stands. */

import { ConditionField } from "../builder/condition_field.js";
import { escaped } from "../builder/document.js";
import { button, checkbox, field, fieldset, h, icon, input, select } from "../builder/dom.js";
import { isKey } from "../builder/keys.js";
import { textsField } from "../builder/texts.js";
import { choiceField, expressionField, flagField, lineField, minutesField, put, UNITS } from "./fields.js";
import { renamingPart } from "./references.js";
import { kindOfExpression, scopeOf } from "./scope.js";

const MARKS = ["amber_minutes", "red_minutes", "breach_minutes"];

/**
 * An icon that deletes an entry.
 *
 * @param {ProcedureEditor} editor
 * @param {string} words
 * @param {() => void} onClick
 */
export const remover = (editor, words, onClick) =>
  !editor.readOnly &&
  h("button.vo-icon-button", { on: { click: onClick }, "aria-label": words, title: words }, icon("bin"));

/**
 * @param {ProcedureEditor} editor
 * @param {string} words
 * @param {() => void} onClick
 */
export const adder = (editor, words, onClick) =>
  !editor.readOnly && h("div.vo-buttons", {}, button(words, { iconName: "plus", onClick }));

/**
 * The key of a part: what refers to it follows.
 *
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {(operations: Operation[], key: string) => void} rename
 */
export function keyField(editor, place, rename) {
  const control = input(place.key, {
    spellcheck: "false",
    autocapitalize: "off",
    maxlength: 64,
    readonly: editor.readOnly,
    "data-focus": "/key",
    on: {
      change: () => {
        const key = control.value.trim();
        const holder = /** @type {Record<string, object>} */ (
          editor.procedure[/** @type {ProcedureGroup} */ (place.group)] ?? {}
        );
        const isTaken = !Array.isArray(holder) && Object.hasOwn(holder, key);
        if (key === place.key) return;
        if (isKey(key) && !isTaken) rename(renamingPart(editor, place, key), key);
        else control.value = place.key;
      },
    },
  });
  control.classList.add("vo-key");
  return field(editor.t("part_key"), control, { at: "/key", hint: editor.t("part_key_hint") });
}

/**
 * What a deadline and a choice of the organisation rest on, and how sure that is.
 *
 * @param {ProcedureEditor} editor
 * @param {FormNode} node
 */
function groundsFields(editor, node) {
  return [
    lineField(editor, node, ["basis"], editor.t("basis"), {
      multiline: true,
      needed: true,
      hint: editor.t("basis_hint"),
    }),
    choiceField(editor, node, ["confidence"], editor.t("confidence"), editor.catalogue.procedure.confidences),
  ];
}

/**
 * The deadlines, ladders or calendars of the procedure, for choosing among them.
 *
 * @param {ProcedureEditor} editor
 * @param {"deadlines" | "ladders" | "calendars" | "flags"} group
 * @returns {Named[]}
 */
export function namedParts(editor, group) {
  return Object.entries(editor.procedure[group] ?? {}).map(([value, part]) => ({
    value,
    label: Array.isArray(part)
      ? ladderName(editor, value, part)
      : editor.nameOf(/** @type {FormNode} */ ({ ...part, key: value })),
  }));
}

/**
 * A ladder's key with the minutes of its steps: police – 10, 20, 30 minutes.
 *
 * @param {ProcedureEditor} editor
 * @param {string} key
 * @param {LadderStep[]} steps
 */
function ladderName(editor, key, steps) {
  const minutes = steps.map((step) => step.after_minutes ?? 0);
  const unit = UNITS.find((each) => minutes.length && minutes.every((after) => after && after % each === 0)) ?? 1;
  return `${key} – ${minutes.map((after) => after / unit).join(", ")} ${editor.t(`unit_${unit}`)}`;
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 */
function head(editor, { node }) {
  return [
    textsField(editor, node, ["title"], editor.t("title"), { needed: true }),
    textsField(editor, node, ["basis"], editor.t("basis"), { needed: true, multiline: true }),
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 */
function deadline(editor, { node }) {
  const { deadline_fields: more, roles, forms } = editor.catalogue.procedure;
  const chosen = (/** @type {string} */ name, /** @type {string} */ kind) => {
    if (kind === "texts") return textsField(editor, node, [name], editor.t(name), {});
    /** @type {Record<string, Named[]>} */
    const choices = {
      role: roles,
      form: forms.map(({ key, title }) => ({ value: key, label: title })),
      ladder: namedParts(editor, "ladders"),
      calendar: namedParts(editor, "calendars"),
    };
    const none = editor.t(kind === "calendar" ? "calendar_none" : "none");
    return choiceField(editor, node, [name], editor.t(name), choices[kind] ?? [], { none });
  };
  return [
    textsField(editor, node, ["label"], editor.t("label"), { needed: true }),
    h(
      "div.proc-row",
      {},
      MARKS.map((mark) => minutesField(editor, node, [mark], editor.t(mark))),
    ),
    more.map(({ name, kind }) => chosen(name, kind)),
    groundsFields(editor, node),
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {PanelHelp} help
 */
function ladder(editor, { node, path }, { redraw }) {
  const steps = /** @type {LadderStep[]} */ (/** @type {unknown} */ (node));
  const change = (/** @type {LadderStep[]} */ value) => {
    editor.document.apply([{ op: "replace", path, value }], { origin: "panel", label: editor.t("step_change_part") });
    redraw();
  };
  const last = steps.length - 1;
  const row = (/** @type {LadderStep} */ _step, /** @type {number} */ index) =>
    h(
      "li.proc-row.proc-step",
      {},
      choiceField(
        editor,
        node,
        [index, "do"],
        editor.t("step", { number: index + 1 }),
        editor.catalogue.procedure.steps,
      ),
      minutesField(editor, node, [index, "after_minutes"], editor.t("after")),
      (index === last || steps[index].repeat_minutes !== undefined) &&
        minutesField(editor, node, [index, "repeat_minutes"], editor.t("repeat")),
      remover(editor, editor.t("delete_step"), () => change(steps.filter((_other, place) => place !== index))),
    );
  // A new step stands before the last one, which is the call that repeats until somebody answers.
  const add = () => {
    const before = steps[last - 1]?.after_minutes ?? 0;
    const end = steps[last]?.after_minutes ?? before + 60;
    const middle = Math.max(before + 1, Math.round((before + end) / 2));
    /** @type {LadderStep} */
    const step = steps.length
      ? { after_minutes: middle, do: "remind" }
      : { after_minutes: 60, do: "call", repeat_minutes: 60 };
    change([...steps.slice(0, Math.max(last, 0)), step, ...steps.slice(Math.max(last, 0))]);
  };
  return [h("ol.proc-steps", {}, steps.map(row)), adder(editor, editor.t("add_step"), add)];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {PanelHelp} help
 */
function fact(editor, { node }, { redraw }) {
  const stored = /** @type {ProcedureFact} */ (/** @type {unknown} */ (node));
  const scope = () => scopeOf(editor, [], stored);
  const isCondition = kindOfExpression(stored.value) === "boolean";
  /** @type {SelectOption[]} */
  const kinds = [
    ["condition", editor.t("fact_is_condition")],
    ["value", editor.t("fact_is_value")],
  ];
  const kind = select(kinds, isCondition ? "condition" : "value", {
    disabled: editor.readOnly,
    onChange: (value) => {
      put(editor, node, ["value"], value === "condition" ? false : "");
      redraw();
    },
  });
  /** @type {SelectOption[]} */
  const modes = [
    ["never", editor.t("never")],
    ["always", editor.t("always")],
    ["when", editor.t("only_when")],
  ];
  const value = isCondition
    ? new ConditionField(editor, node, ["value"], {
        words: editor.t("fact_value"),
        scope,
        options: modes,
        fixed: { never: false, always: true },
        pending: false,
      }).element
    : expressionField(editor, node, ["value"], editor.t("fact_value"), scope);
  return [
    textsField(editor, node, ["label"], editor.t("label"), {}),
    field(editor.t("fact_value"), kind, { quiet: true }),
    value,
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {PanelHelp} help
 */
function setting(editor, { node, path }, { redraw }) {
  const stored = /** @type {ProcedureSetting} */ (/** @type {unknown} */ (node));
  const choices = stored.choices ?? [];
  const change = (/** @type {object[]} */ value) => {
    const op = stored.choices === undefined ? "add" : "replace";
    editor.document.apply([{ op, path: `${path}/choices`, value }], {
      origin: "panel",
      label: editor.t("step_change_part"),
    });
    redraw();
  };
  const offered = choices.map(({ value = "", label = {} }) => ({
    value,
    label: editor.nameOf(/** @type {FormNode} */ ({ label, key: value })),
  }));
  const rows = choices.map((_choice, index) =>
    h(
      "li.proc-entry",
      {},
      lineField(editor, node, ["choices", index, "value"], editor.t("choice_key"), { needed: true }),
      textsField(editor, node, ["choices", index, "label"], editor.t("label"), { needed: true }),
      remover(editor, editor.t("delete_choice_of_setting"), () => change(choices.filter((_other, at) => at !== index))),
    ),
  );
  const empty = Object.fromEntries(editor.languages.map((language) => [language, ""]));
  const add = () => change([...choices, { value: `choice_${choices.length + 1}`, label: empty }]);
  return [
    textsField(editor, node, ["label"], editor.t("label"), { needed: true }),
    fieldset(
      editor.t("choices_of_setting"),
      { at: "/choices" },
      h("ol.proc-entries", {}, rows),
      adder(editor, editor.t("add_choice_of_setting"), add),
    ),
    choiceField(editor, node, ["default"], editor.t("default"), offered),
    choiceField(editor, node, ["value"], editor.t("chosen"), offered, { none: editor.t("chosen_none") }),
    groundsFields(editor, node),
    flagField(editor, node, ["for_lawyer"], editor.t("for_lawyer")),
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {PanelHelp} help
 */
function chain(editor, place, { rename, redraw }) {
  const { roles, links } = editor.catalogue.procedure;
  const chosen = /** @type {string[]} */ (/** @type {unknown} */ (place.node));
  const taken = new Set(Object.keys(editor.procedure.chains ?? {}));
  const named = [{ value: "default", label: editor.t("chain_default") }, ...roles];
  const free = named.filter(({ value }) => value === place.key || !taken.has(value));
  const whom = choiceField(editor, /** @type {FormNode} */ ({ key: place.key }), ["key"], editor.t("chain_for"), free, {
    onChange: (key) => rename([{ op: "move", from: place.path, path: `/chains/${escaped(key)}` }], key),
  });
  const boxes = links.map(({ value, label }) =>
    checkbox(label, chosen.includes(value), {
      disabled: editor.readOnly,
      onChange: (checked) => {
        const wanted = new Set(chosen);
        if (checked) wanted.add(value);
        else wanted.delete(value);
        const known = links.map((link) => link.value).filter((link) => wanted.has(link));
        const others = chosen.filter((link) => wanted.has(link) && !known.includes(link));
        editor.document.apply([{ op: "replace", path: place.path, value: [...known, ...others] }], {
          origin: "panel",
          label: editor.t("step_change_part"),
        });
        redraw();
      },
    }),
  );
  return [whom, fieldset(editor.t("links"), { at: "" }, h("div.vo-boxes", {}, boxes))];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {PanelHelp} help
 */
function calendar(editor, { node }, { redraw }) {
  const stored = /** @type {ProcedureCalendar} */ (/** @type {unknown} */ (node));
  const spansOf = (/** @type {string} */ day) => stored.hours?.[day] ?? [];
  const write = (/** @type {string} */ day, /** @type {[string, string][]} */ spans) =>
    stored.hours === undefined
      ? put(editor, node, ["hours"], { [day]: spans })
      : put(editor, node, ["hours", day], spans.length ? spans : undefined);
  const time = (/** @type {string} */ day, /** @type {number} */ index, /** @type {0 | 1} */ side) =>
    input(spansOf(day)[index][side], {
      "aria-label": editor.t(side ? "closes" : "opens"),
      placeholder: "08:00",
      maxlength: 5,
      readonly: editor.readOnly,
      onInput: (value) => {
        const spans = spansOf(day).map(([from, to]) => /** @type {[string, string]} */ ([from, to]));
        spans[index][side] = value.trim();
        write(day, spans);
      },
    });
  const days = editor.catalogue.procedure.weekdays.map(({ value: day, label }) =>
    fieldset(
      label,
      { at: `/hours/${day}` },
      h(
        "div.proc-row",
        {},
        spansOf(day).map((_span, index) =>
          h(
            "span.proc-span",
            {},
            time(day, index, 0),
            "–",
            time(day, index, 1),
            remover(editor, editor.t("delete_span"), () => {
              write(
                day,
                spansOf(day).filter((_other, at) => at !== index),
              );
              redraw();
            }),
          ),
        ),
        adder(editor, editor.t("add_span"), () => {
          write(day, [...spansOf(day), ["08:00", "16:00"]]);
          redraw();
        }),
      ),
    ),
  );
  const closed = input((stored.closed ?? []).join("\n"), {
    multiline: true,
    readonly: editor.readOnly,
    onInput: (text) => {
      const lines = text.split("\n").map((line) => line.trim());
      const dates = lines.filter(Boolean);
      put(editor, node, ["closed"], dates.length ? dates : undefined);
    },
  });
  return [
    textsField(editor, node, ["label"], editor.t("label"), { needed: true }),
    fieldset(editor.t("hours"), { at: "/hours" }, days),
    flagField(editor, node, ["public_holidays"], editor.t("public_holidays")),
    field(editor.t("closed"), closed, { at: "/closed", hint: editor.t("closed_hint") }),
  ];
}

/**
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 */
const flag = (editor, { node }) => [textsField(editor, node, ["label"], editor.t("label"), { needed: true })];

/** By group, what draws the fields of a part. @type {Record<string, PanelDrawer>} */
export const PANELS = {
  "": head,
  deadlines: deadline,
  ladders: ladder,
  facts: fact,
  settings: setting,
  chains: chain,
  calendars: calendar,
  flags: flag,
};
