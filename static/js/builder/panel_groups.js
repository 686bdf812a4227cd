/** The three groups of an open question: wording, logic, privacy. Each gives its fields. */

import { CalculationField } from "./calculation_field.js";
import { ConditionField, modes } from "./condition_field.js";
import { button, checkbox, field, fieldset, h, icon, input, optionsOf, select } from "./dom.js";
import { allItems, attributesOf, choicesOf, kindOf, scopeAt, textIn } from "./scope.js";
import { keyField, namedField, textsField } from "./texts.js";
import { typeProperties } from "./type_properties.js";

// ---- wording ----

/**
 * @param {Editor} editor
 * @param {Item} node
 * @param {PanelTools} panel
 * @returns {Child[]}
 */
export function wording(editor, node, panel) {
  if (node.item === "note")
    return [namedField(editor, node, "text", editor.t("note_text"), { multiline: true }), keyField(editor, node)];
  const label = namedField(editor, node, "label", editor.t("label"));
  const hint = textsField(editor, node, ["hint"], editor.t("hint"), { multiline: true });
  if (node.item === "repeat") return [label, hint, keyField(editor, node), repeatBounds(editor, node)];
  return [
    label,
    !editor.refuses(node.type, "hint") && hint,
    h("div.vo-row", {}, keyField(editor, node), typeField(editor, node, panel)),
    ...typeProperties(editor, node, panel),
  ];
}

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {PanelTools} panel
 */
function typeField(editor, node, panel) {
  const type = editor.catalogue.types[node.type];
  const name = type?.label ?? node.type;
  const change = button(editor.t("change_type"), {
    onClick: () => panel.changeType(node),
    "data-focus": "/type",
    "aria-label": editor.t("change_type_of", { name }),
  });
  return h(
    "div.vo-field",
    { data: { at: "/type" } },
    h("span.vo-field__label", {}, editor.t("type")),
    h("div.vo-inline", {}, icon(type?.icon ?? "help"), h("span", {}, name), !editor.readOnly && change),
    h("div.vo-field__problems"),
  );
}

/**
 * @param {Editor} editor
 * @param {Repeat} node
 */
function repeatBounds(editor, node) {
  const one = (/** @type {"min" | "max"} */ name, /** @type {number} */ fewest) => {
    const set = (/** @type {string} */ text) =>
      editor.document.set(node, name, text === "" ? undefined : Number(text), {
        origin: "panel",
        label: editor.t("step_property"),
      });
    return field(
      editor.t(`rows_${name}`),
      input(node[name], {
        type: "number",
        min: fewest,
        max: 100,
        step: 1,
        readonly: editor.readOnly,
        "data-focus": `/${name}`,
        onInput: set,
      }),
      { at: `/${name}` },
    );
  };
  return h("div.vo-row", {}, one("min", 0), one("max", 1));
}

/**
 * @param {Editor} editor
 * @param {FormNode} node
 */
export function sectionFields(editor, node) {
  return [
    namedField(editor, node, "title", editor.t("title")),
    textsField(editor, node, ["recipient_title"], editor.t("recipient_title"), { hint: editor.t("recipient_hint") }),
    textsField(editor, node, ["intro"], editor.t("intro"), { multiline: true }),
    keyField(editor, node),
    shownWhen(editor, node).element,
  ];
}

// ---- logic ----

/**
 * @param {Editor} editor
 * @param {FormNode} node
 * @param {{ self?: boolean, whole?: boolean }} [options]
 */
const scoped = (editor, node, options) => () => scopeAt(editor.definition, editor.catalogue, node, options);

/**
 * @param {Editor} editor
 * @param {FormNode} node
 */
export function shownWhen(editor, node) {
  return new ConditionField(editor, node, ["relevant"], {
    words: editor.t("relevant"),
    scope: scoped(editor, node),
    options: [
      ["always", editor.t("always")],
      ["when", editor.t("only_when")],
    ],
    fixed: { always: undefined },
  });
}

/**
 * @param {Editor} editor
 * @param {Item} node
 * @param {PanelTools} panel
 * @returns {Child[]}
 */
export function logic(editor, node, panel) {
  const fields = [shownWhen(editor, node).element];
  if (node.item !== "question") return fields;
  const type = editor.catalogue.types[node.type];
  if (node.type === "calculated") return [...calculation(editor, node), ...fields];
  const required = new ConditionField(editor, node, ["required"], {
    words: editor.t("required"),
    scope: scoped(editor, node),
    options: [
      ["never", editor.t("never")],
      ["always", editor.t("always")],
      ["when", editor.t("only_when")],
    ],
    fixed: { never: undefined, always: true },
  });
  const hasValue = !["object", "none"].includes(kindOf(node, editor.catalogue));
  const initial = () =>
    new CalculationField(editor, node, ["initial"], {
      words: editor.t("initial"),
      hint: editor.t("initial_hint"),
      scope: scoped(editor, node),
    });
  const may = (/** @type {string} */ name) => !editor.refuses(node.type, name);
  return [
    ...fields,
    may("required") && required.element,
    may("constraint") && validWhen(editor, node, panel),
    choosable(editor, node, type),
    may("initial") && (hasValue || node.initial) && initial().element,
  ];
}

/**
 * The calculation and what it comes to, which follows it until somebody says otherwise.
 *
 * @param {Editor} editor
 * @param {Item} node
 */
function calculation(editor, node) {
  /** @type {SelectOption[]} */
  const results = ["text", "integer", "decimal", "date", "boolean"].map((value) => [
    value,
    editor.t(`result_${value}`),
  ]);
  const set = (/** @type {string} */ value) =>
    editor.document.set(node, "result", value, { origin: "panel", label: editor.t("step_calculation") });
  const result = select(results, node.result ?? "text", { disabled: editor.readOnly, onChange: set });
  let follows = node.result === undefined;
  const formula = new CalculationField(editor, node, ["calculation"], {
    words: editor.t("calculation"),
    hint: editor.t("calculation_hint"),
    scope: scoped(editor, node),
    onResult: (value) => {
      if (!follows || !value) return;
      set(value);
      result.value = value;
    },
  });
  result.addEventListener("change", () => {
    follows = false;
  });
  return [formula.element, field(editor.t("result"), result, { at: "/result" })];
}

/**
 * @param {Editor} editor
 * @param {Item} node
 * @param {PanelTools} panel
 */
function validWhen(editor, node, panel) {
  const write = (/** @type {Expression | undefined} */ expr) => {
    const { constraint } = node;
    const options = { origin: "panel", label: editor.t("step_condition") };
    if (expr === undefined) {
      if (constraint) panel.message = constraint.message;
      editor.document.set(node, "constraint", undefined, options);
    } else if (constraint) {
      editor.document.set(node, ["constraint", "expr"], expr, options);
      return;
    } else {
      editor.document.set(node, "constraint", { expr, message: panel.message ?? {} }, options);
    }
    drawMessage();
  };
  const message = h("div");
  const drawMessage = () =>
    message.replaceChildren(
      node.constraint
        ? textsField(editor, node, ["constraint", "message"], editor.t("constraint_message"), {
            needed: true,
            hint: editor.t("constraint_message_hint"),
          })
        : "",
    );
  const condition = new ConditionField(editor, node, ["constraint", "expr"], {
    words: editor.t("constraint"),
    hint: editor.t("constraint_hint"),
    scope: scoped(editor, node, { self: true }),
    at: "/constraint",
    write,
  });
  drawMessage();
  return h("div", {}, condition.element, message);
}

/**
 * Which choices are offered: a condition over each choice's value and attributes.
 *
 * @param {Editor} editor
 * @param {Item} node
 * @param {QuestionType | undefined} type
 */
function choosable(editor, node, type) {
  if (!type?.properties.includes("choice_filter")) return null;
  const choices = choicesOf(node, editor.catalogue, editor.definition) ?? [];
  const listed = node.choices_from ?? type.list ?? "";
  const names = [...new Set([...attributesOf(choices), ...(editor.catalogue.lists[listed]?.attributes ?? [])])];
  /**
   * @param {string} name
   * @param {string} words
   * @param {Choice[]} options
   * @returns {ScopeEntry}
   */
  const own = (name, words, options) => ({
    path: `choice.${name}`,
    place: "choice",
    texts: { [editor.language]: words },
    kind: "choice",
    choices: options,
  });
  const valuesOf = (/** @type {string} */ name) => [...new Set(choices.flatMap((choice) => choice.with?.[name] || []))];
  const scope = () => {
    const known = scopeAt(editor.definition, editor.catalogue, node);
    const parts = [
      own("value", editor.t("choice_value"), choices),
      ...names.map((name) =>
        own(
          name,
          editor.t("choice_attribute", { name: attributeName(editor, name) }),
          named(name, valuesOf(name), editor),
        ),
      ),
    ];
    return { ...known, entries: [...parts, ...known.entries], choiceRefs: true };
  };
  return new ConditionField(editor, node, ["choice_filter"], {
    words: editor.t("choice_filter"),
    hint: editor.t("choice_filter_hint"),
    scope,
  }).element;
}

/**
 * What people call an attribute that our own lists have; others are called by their key.
 *
 * @param {Editor} editor
 * @param {string} name
 */
function attributeName(editor, name) {
  const words = editor.t(`attribute_${name}`);
  return words === `attribute_${name}` ? name : words;
}

/**
 * The values of an attribute under the names of the list they come from (a region's slug under its name).
 *
 * @param {string} name
 * @param {string[]} values
 * @param {Editor} editor
 * @returns {Choice[]}
 */
function named(name, values, editor) {
  const list = editor.catalogue.lists[`${name}s`] ?? editor.catalogue.lists[name];
  const labels = new Map((list?.choices ?? []).map((choice) => [choice.value, choice.label]));
  return values.map((value) => ({ value, label: labels.get(value) ?? {} }));
}

// ---- privacy ----

/**
 * Why the answer is stored, and which term is proposed for that.
 *
 * @param {Editor} editor
 * @param {string | undefined} chosen
 */
function basisHint(editor, chosen) {
  return editor.catalogue.retention_bases.find(({ value }) => value === chosen)?.hint ?? editor.t("keep_basis_hint");
}

/**
 * @param {Editor} editor
 * @param {Item} node
 */
export function privacy(editor, node) {
  const sensitivities = optionsOf(editor.catalogue.sensitivities);
  const set = (/** @type {string} */ name) => (/** @type {Stored} */ value) =>
    editor.document.set(node, name, value, { origin: "panel", label: editor.t("step_privacy") });
  const chosen = editor.catalogue.sensitivities.find(({ value }) => value === node.sensitivity);
  const note = h("p.vo-field__hint", {}, chosen?.hint ?? "");
  const choose = (/** @type {string} */ value) => {
    set("sensitivity")(value);
    note.textContent = editor.catalogue.sensitivities.find((known) => known.value === value)?.hint ?? "";
  };
  const sensitivity = fieldset(
    editor.t("sensitivity"),
    { at: "/sensitivity" },
    modes(editor, editor.t("sensitivity"), sensitivities, node.sensitivity, choose, "/sensitivity"),
    note,
  );
  const keep = input(node.keep_for, {
    type: "number",
    min: 1,
    max: 600,
    step: 1,
    readonly: editor.readOnly,
    onInput: (text) => set("keep_for")(text === "" ? undefined : Number(text)),
  });
  keep.classList.add("vo-number");
  const why = h("p.vo-field__hint", {}, basisHint(editor, node.keep_basis));
  /** @type {SelectOption[]} */
  const bases = [["", editor.t("keep_basis_none")], ...optionsOf(editor.catalogue.retention_bases)];
  const basis = select(bases, node.keep_basis ?? "", {
    disabled: editor.readOnly,
    onChange: (value) => {
      set("keep_basis")(value || undefined);
      why.textContent = basisHint(editor, value);
    },
  });
  const onPaper = checkbox(editor.t("paper_words"), node.paper === false, {
    disabled: editor.readOnly,
    onChange: (never) => set("paper")(never ? false : undefined),
  });
  /** @type {SelectOption[]} */
  const parts = [["", editor.t("brief_part_none")], ...optionsOf(editor.catalogue.brief_parts)];
  const inBrief = select(parts, node.brief_part ?? "", {
    disabled: editor.readOnly,
    onChange: (value) => set("brief_part")(value || undefined),
  });
  const roles = editor.catalogue.roles.map((role) => sharing(editor, node, role));
  const forRecipients = textsField(editor, node, ["recipient_label"], editor.t("recipient_label"), {
    hint: editor.t("recipient_hint"),
  });
  return [
    sensitivity,
    fieldset(editor.t("shared_with"), { at: "/shared_with", hint: editor.t("shared_with_hint") }, roles),
    forRecipients,
    ...facts(editor, node),
    field(editor.t("brief_part"), inBrief, { at: "/brief_part", hint: editor.t("brief_part_hint") }),
    fieldset(editor.t("paper"), { at: "/paper", hint: editor.t("paper_hint") }, onPaper),
    field(editor.t("keep_for"), keep, { at: "/keep_for", hint: editor.t("keep_for_hint") }),
    field(editor.t("keep_basis"), basis, { at: "/keep_basis" }),
    why,
  ];
}

// Types whose answers are alike enough for one fact; the server checks again (fact_types.py).
const ALIKE = [
  ["text", "long_text"],
  ["integer", "decimal"],
];
const COMPUTED = ["calculated", "hidden"];

/**
 * Which fact of the case the answer becomes, and which one it is filled in from. Not in the rows of a group.
 *
 * @param {Editor} editor
 * @param {Item} node
 */
function facts(editor, node) {
  const placed = [...allItems(editor.definition)].find(({ item }) => item === node);
  const known = editor.catalogue.facts ?? [];
  if (!known.length || editor.definition.audience === "public" || placed?.parents.length) return [];
  const type = node.type ?? "";
  const isComputed = COMPUTED.includes(type);
  const fits = (/** @type {KnownFact} */ fact) =>
    isComputed || fact.type === type || ALIKE.some((alike) => alike.includes(fact.type) && alike.includes(type));
  const one = (/** @type {"writes_fact" | "filled_from_fact"} */ name) => {
    const offered = known.filter(
      (fact) => fact.key === node[name] || (fits(fact) && (name === "writes_fact" || fact.lasting)),
    );
    /** @type {SelectOption[]} */
    const options = [
      ["", editor.t("no_fact")],
      ...offered.map(({ key, label }) => /** @type {SelectOption} */ ([key, textIn(label, editor.language, key)])),
    ];
    // one that the catalogue doesn't have stays visible, so that it can be taken out
    const own = node[name];
    if (own && !offered.some(({ key }) => key === own)) options.push([own, own]);
    const chosen = select(options, own ?? "", {
      disabled: editor.readOnly,
      "data-focus": `/${name}`,
      onChange: (value) =>
        editor.document.set(node, name, value || undefined, { origin: "panel", label: editor.t("step_privacy") }),
    });
    return field(editor.t(name), chosen, { at: `/${name}` });
  };
  const fields = [one("writes_fact"), !isComputed && one("filled_from_fact")];
  return [fieldset(editor.t("facts"), { at: "/facts", hint: editor.t("facts_hint") }, fields)];
}

/**
 * One role. While its condition is unfinished, nothing is shared.
 *
 * @param {Editor} editor
 * @param {Item} node
 * @param {{ value: string, label: string }} options
 */
function sharing(editor, node, { value: role, label }) {
  const write = (/** @type {Expression | undefined} */ when) => {
    const { [role]: _, ...others } = node.shared_with ?? {};
    const all = when === undefined ? others : { ...others, [role]: when };
    const options = { origin: "panel", label: editor.t("step_privacy"), merge: "" };
    if (!Object.keys(all).length) editor.document.set(node, "shared_with", undefined, options);
    else if (node.shared_with) editor.document.set(node, ["shared_with", role], when, options);
    else editor.document.set(node, "shared_with", all, options);
  };
  const condition = new ConditionField(editor, node, ["shared_with", role], {
    words: label,
    scope: scoped(editor, node, { self: true, whole: true }),
    options: [
      ["never", editor.t("not_shared")],
      ["always", editor.t("always")],
      ["when", editor.t("only_when")],
    ],
    fixed: { never: undefined, always: true },
    write,
  });
  condition.element.classList.add("vo-role");
  return condition.element;
}
