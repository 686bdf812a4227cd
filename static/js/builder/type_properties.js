/** The properties that depend on a question's type: bounds, lengths, the list, what it belongs to, the default. */

import { checkbox, field, fieldset, h, input, select } from "./dom.js";
import { Entries } from "./entries.js";
import { allItems, choicesOf, kindOf, textIn } from "./scope.js";
import { textsField } from "./texts.js";
import { valueControl, valuesControl } from "./values.js";

/** @type {Record<string, string>} */
const BOUNDS = { number: "number", date: "date", datetime: "date", time: "time" };
const OWN = "";

/** @typedef {"min" | "max" | "step" | "max_length"} Bound a property that is a number or a day */

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {keyof FormNode} name
 */
function setter(editor, node, name) {
  const options = { origin: "panel", label: editor.t("step_property") };
  return (/** @type {Stored} */ value) => editor.document.set(node, name, value, options);
}

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {Bound} name
 * @param {string} words
 * @param {{ hint?: string } & Attributes} [options]
 */
function numberField(editor, node, name, words, { hint, ...rest } = {}) {
  const set = setter(editor, node, name);
  const control = input(node[name], {
    type: "number",
    readonly: editor.readOnly,
    "data-focus": `/${name}`,
    ...rest,
    onInput: (text) => set(text === "" || Number.isNaN(Number(text)) ? undefined : Number(text)),
  });
  return field(words, control, { at: `/${name}`, hint });
}

/**
 * A date, or the day of filling.
 *
 * @param {Editor} editor
 * @param {Question} node
 * @param {Bound} name
 * @param {string} words
 */
function dayField(editor, node, name, words) {
  const set = setter(editor, node, name);
  const isToday = node[name] === "today";
  const day = input(isToday ? "" : node[name], {
    type: "date",
    readonly: editor.readOnly,
    disabled: isToday,
    "data-focus": `/${name}`,
    onInput: (value) => set(value || undefined),
  });
  const today = checkbox(editor.t("today_of_filling"), isToday, {
    disabled: editor.readOnly,
    onChange: (checked) => {
      day.disabled = checked;
      set(checked ? "today" : day.value || undefined);
    },
  });
  const shown = field(words, day, { at: `/${name}` });
  day.after(today);
  return shown;
}

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {QuestionType} type
 */
function bounds(editor, node, type) {
  const kind = BOUNDS[type.bounds ?? type.kind];
  const counts = type.kind === "choices";
  const words = (/** @type {Bound} */ name) => editor.t(counts ? `${name}_chosen` : name);
  const one = (/** @type {Bound} */ name) => {
    if (kind === "date") return dayField(editor, node, name, words(name));
    if (kind === "time") {
      const set = setter(editor, node, name);
      return field(
        words(name),
        input(node[name], { type: "time", readonly: editor.readOnly, onInput: (value) => set(value || undefined) }),
        { at: `/${name}` },
      );
    }
    return numberField(editor, node, name, words(name), { step: "any" });
  };
  /** @type {Bound[]} */
  const names = ["min", "max"];
  return names.filter((name) => type.properties.includes(name)).map(one);
}

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {() => void} redraw
 */
function choiceSource(editor, node, redraw) {
  const { catalogue, definition } = editor;
  /** @type {SelectOption[]} */
  const own = Object.entries(definition.lists ?? {}).map(([key, list]) => [
    key,
    textIn(list.title, editor.language, key),
  ]);
  /** @type {(isShared: boolean) => SelectOption[]} */
  const listed = (isShared) =>
    Object.entries(catalogue.lists)
      .filter(([key]) => key.startsWith("shared:") === isShared)
      .map(([key, list]) => [key, list.label]);
  const groups = [
    { group: editor.t("lists_of_form"), options: own },
    { group: editor.t("lists_shared"), options: listed(true) },
    { group: editor.t("lists_built_in"), options: listed(false) },
  ].filter((group) => group.options.length);
  /** @type {SelectOptions} */
  const options = [[OWN, editor.t("own_choices")], ...groups];
  const isKnown = groups.some((group) => group.options.some(([key]) => key === node.choices_from));
  if (node.choices_from && !isKnown) options.push([node.choices_from, node.choices_from]);
  const path = editor.document.pathOf(node);
  const choose = (/** @type {string} */ key) => {
    /** @type {Operation[]} */
    const operations = [];
    const put = (/** @type {keyof FormNode} */ name, /** @type {Stored} */ value) => {
      if (value !== undefined)
        operations.push({ op: name in node ? "replace" : "add", path: `${path}/${name}`, value });
      else if (name in node) operations.push({ op: "remove", path: `${path}/${name}` });
    };
    put(
      "choices",
      key === OWN
        ? (choicesOf(node, catalogue, definition) ?? []).slice(0, 60).map((choice) => structuredClone(choice))
        : undefined,
    );
    put("choices_from", key === OWN ? undefined : key);
    editor.document.apply(operations, { origin: "panel", label: editor.t("step_choices") });
    redraw();
  };
  return field(
    editor.t("choices_from"),
    select(options, node.choices_from ?? OWN, {
      disabled: editor.readOnly,
      "data-focus": "/choices_from",
      onChange: choose,
    }),
    { at: "/choices_from" },
  );
}

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {() => void} redraw
 * @param {(table: Entries) => void} adopt
 */
function choices(editor, node, redraw, adopt) {
  const source = choiceSource(editor, node, redraw);
  if (!node.choices_from) {
    const table = new Entries(editor, node, ["choices"], {
      words: editor.t("choices"),
      add: editor.t("add_choice"),
      attributes: true,
      exclusive: node.type === "select_many" || node.choices?.some((choice) => choice.exclusive),
    });
    adopt(table);
    return [source, table.element];
  }
  const listed = choicesOf(node, editor.catalogue, editor.definition) ?? [];
  const names = listed
    .slice(0, 8)
    .map((choice) => textIn(choice.label, editor.language, choice.value))
    .join(", ");
  const more = listed.length > 8 ? editor.t("and_more", { count: listed.length - 8 }) : "";
  return [source, h("p.vo-quiet", {}, `${names} ${more}`)];
}

/**
 * "Other, namely" is asked when "other" has been chosen.
 *
 * @param {Editor} editor
 * @param {string} key
 */
function whenOther(editor, key) {
  const found = [...allItems(editor.definition)].find(({ item }) => item.key === key);
  return found?.item.type === "select_many" ? { in: ["other", { var: key }] } : { "==": [{ var: key }, "other"] };
}

/**
 * @param {Editor} editor
 * @param {Question} node
 * @param {() => void} redraw
 */
function belongsTo(editor, node, redraw) {
  const wanted = node.type === "indicator_assessment" ? ["indicators"] : ["select_one", "select_many"];
  /** @type {SelectOption[]} */
  const options = [];
  for (const { item } of allItems(editor.definition)) {
    if (item === node) break;
    if (wanted.includes(item.type ?? "")) options.push([item.key, editor.nameOf(item)]);
  }
  if (node.of && !options.some(([key]) => key === node.of)) options.push([node.of, node.of]);
  const set = setter(editor, node, "of");
  const choose = (/** @type {string} */ key) => {
    set(key || undefined);
    if (key && node.type === "other_specify" && node.relevant === undefined)
      setter(editor, node, "relevant")(whenOther(editor, key));
    redraw();
  };
  return field(
    editor.t("belongs_to"),
    select([["", editor.t("choose")], ...options], node.of ?? "", {
      disabled: editor.readOnly,
      "data-focus": "/of",
      onChange: choose,
    }),
    { at: "/of", hint: editor.t(`belongs_to_${node.type}`) },
  );
}

/**
 * @param {Editor} editor
 * @param {Question} node
 */
function accepts(editor, node) {
  const set = setter(editor, node, "accept");
  const boxes = ["image", "pdf"].map((kind) =>
    checkbox(editor.t(`accept_${kind}`), (node.accept ?? ["image", "pdf"]).includes(kind), {
      disabled: editor.readOnly,
      onChange: (checked) => {
        const kept = ["image", "pdf"].filter((other) =>
          other === kind ? checked : (node.accept ?? ["image", "pdf"]).includes(other),
        );
        set(kept.length === 2 ? undefined : kept);
      },
    }),
  );
  return fieldset(editor.t("accept"), { at: "/accept" }, h("div.vo-modes", {}, boxes));
}

/**
 * @param {Editor} editor
 * @param {Question} node
 */
function defaultValue(editor, node) {
  const entry = { kind: kindOf(node, editor.catalogue), choices: choicesOf(node, editor.catalogue, editor.definition) };
  if (["object", "none"].includes(entry.kind)) return null;
  const words = editor.t("default");
  const set = setter(editor, node, "default");
  if (entry.kind === "choices")
    return fieldset(
      words,
      { at: "/default", hint: editor.t("default_hint") },
      valuesControl(editor, entry, Array.isArray(node.default) ? node.default : [], { words, onChange: set }),
    );
  const control = valueControl(editor, entry, node.default, { words, onChange: set });
  control.removeAttribute("aria-label");
  return field(words, control, { at: "/default", hint: editor.t("default_hint") });
}

/**
 * @param {Editor} editor
 * @param {Question} node
 */
function appearance(editor, node) {
  const known = editor.catalogue.appearances[node.type] ?? [];
  if (!known.length && !node.appearance) return null;
  /** @type {SelectOption[]} */
  const options = [["", editor.t("appearance_usual")], ...known];
  if (node.appearance && !options.some(([value]) => value === node.appearance))
    options.push([node.appearance, node.appearance]);
  const set = setter(editor, node, "appearance");
  return field(
    editor.t("appearance"),
    select(options, node.appearance ?? "", { disabled: editor.readOnly, onChange: (value) => set(value || undefined) }),
    { at: "/appearance" },
  );
}

/**
 * All of them for one question. `redraw` draws the panel anew, `adopt(table)` is told of tables.
 *
 * @param {Editor} editor
 * @param {Question} node
 * @param {{ redraw: () => void, adopt: (table: Entries) => void }} options
 * @returns {Child[]}
 */
export function typeProperties(editor, node, { redraw, adopt }) {
  const type = editor.catalogue.types[node.type];
  if (!type) return [];
  const has = (/** @type {keyof FormNode} */ name) => type.properties.includes(name);
  const flags = [];
  const set = setter(editor, node, "read_only");
  if (!editor.refuses(node.type, "read_only"))
    flags.push(
      checkbox(editor.t("read_only"), Boolean(node.read_only), {
        disabled: editor.readOnly,
        onChange: (checked) => set(checked || undefined),
      }),
    );
  if (has("coarsen")) {
    const coarsen = setter(editor, node, "coarsen");
    flags.push(
      checkbox(editor.t("coarsen"), node.coarsen === "municipality", {
        disabled: editor.readOnly,
        onChange: (checked) => coarsen(checked ? "municipality" : undefined),
      }),
    );
  }
  const small = [
    ...bounds(editor, node, type),
    has("step") && numberField(editor, node, "step", editor.t("step"), { step: "any" }),
    has("max_length") && numberField(editor, node, "max_length", editor.t("max_length"), { min: 1 }),
    appearance(editor, node),
  ].filter(Boolean);
  const rows =
    has("rows") && new Entries(editor, node, ["rows"], { words: editor.t("matrix_rows"), add: editor.t("add_row") });
  if (rows) adopt(rows);
  return [
    has("of") && belongsTo(editor, node, redraw),
    has("choices") && choices(editor, node, redraw, adopt),
    rows ? rows.element : null,
    has("low_label") && textsField(editor, node, ["low_label"], editor.t("low_label")),
    has("high_label") && textsField(editor, node, ["high_label"], editor.t("high_label")),
    has("accept") && accepts(editor, node),
    small.length > 0 && h("div.vo-row", {}, small),
    !editor.refuses(node.type, "default") && defaultValue(editor, node),
    flags.length > 0 && h("div.vo-modes", {}, flags),
  ];
}
