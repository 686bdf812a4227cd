/** The properties that depend on a question's type: bounds, lengths, the list, what it belongs to, the default. */

import { checkbox, field, fieldset, h, input, select } from "./dom.js";
import { Entries } from "./entries.js";
import { allItems, choicesOf, kindOf, textIn } from "./scope.js";
import { textsField } from "./texts.js";
import { valueControl, valuesControl } from "./values.js";

const BOUNDS = { number: "number", date: "date", datetime: "date", time: "time" };
const OWN = "";

function setter(editor, node, name) {
  return (value) => editor.document.set(node, name, value, { origin: "panel", label: editor.t("step_property") });
}

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

/** A date, or the day of filling. */
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

function bounds(editor, node, type) {
  const kind = BOUNDS[type.bounds ?? type.kind];
  const counts = type.kind === "choices";
  const words = (name) => editor.t(counts ? `${name}_chosen` : name);
  const one = (name) => {
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
  return ["min", "max"].filter((name) => type.properties.includes(name)).map(one);
}

function choiceSource(editor, node, redraw) {
  const { catalogue, definition } = editor;
  const own = Object.entries(definition.lists ?? {}).map(([key, list]) => [
    key,
    textIn(list.title, editor.language, key),
  ]);
  const built = Object.entries(catalogue.lists)
    .filter(([key]) => !key.startsWith("shared:"))
    .map(([key, list]) => [key, list.label]);
  const shared = Object.entries(catalogue.lists)
    .filter(([key]) => key.startsWith("shared:"))
    .map(([key, list]) => [key, list.label]);
  const groups = [
    [editor.t("lists_of_form"), own],
    [editor.t("lists_shared"), shared],
    [editor.t("lists_built_in"), built],
  ];
  const options = [
    [OWN, editor.t("own_choices")],
    ...groups.filter(([, entries]) => entries.length).map(([group, entries]) => ({ group, options: entries })),
  ];
  const known = options.flatMap((option) => (Array.isArray(option) ? [option] : option.options));
  if (node.choices_from && !known.some(([key]) => key === node.choices_from))
    options.push([node.choices_from, node.choices_from]);
  const path = editor.document.pathOf(node);
  const choose = (key) => {
    const operations = [];
    const put = (name, value) => {
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

/** "Other, namely" is asked when "other" has been chosen. */
function whenOther(editor, key) {
  const { item } = [...allItems(editor.definition)].find((placed) => placed.item.key === key);
  return item.type === "select_many" ? { in: ["other", { var: key }] } : { "==": [{ var: key }, "other"] };
}

function belongsTo(editor, node, redraw) {
  const wanted = node.type === "indicator_assessment" ? ["indicators"] : ["select_one", "select_many"];
  const options = [];
  for (const { item } of allItems(editor.definition)) {
    if (item === node) break;
    if (wanted.includes(item.type)) options.push([item.key, editor.nameOf(item)]);
  }
  if (node.of && !options.some(([key]) => key === node.of)) options.push([node.of, node.of]);
  const set = setter(editor, node, "of");
  const choose = (key) => {
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

function defaultValue(editor, node) {
  const entry = { kind: kindOf(node, editor.catalogue), choices: choicesOf(node, editor.catalogue, editor.definition) };
  if (["object", "none"].includes(entry.kind)) return null;
  const words = editor.t("default");
  const set = setter(editor, node, "default");
  if (entry.kind === "choices")
    return fieldset(
      words,
      { at: "/default", hint: editor.t("default_hint") },
      valuesControl(editor, entry, node.default, { words, onChange: set }),
    );
  const control = valueControl(editor, entry, node.default, { words, onChange: set });
  control.removeAttribute("aria-label");
  return field(words, control, { at: "/default", hint: editor.t("default_hint") });
}

function appearance(editor, node) {
  const known = editor.catalogue.appearances[node.type] ?? [];
  if (!known.length && !node.appearance) return null;
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

/** All of them for one question. `redraw` draws the panel anew, `adopt(table)` is told of tables. */
export function typeProperties(editor, node, { redraw, adopt }) {
  const type = editor.catalogue.types[node.type];
  if (!type) return [];
  const has = (name) => type.properties.includes(name);
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
    rows && rows.element,
    has("low_label") && textsField(editor, node, ["low_label"], editor.t("low_label")),
    has("high_label") && textsField(editor, node, ["high_label"], editor.t("high_label")),
    has("accept") && accepts(editor, node),
    small.length > 0 && h("div.vo-row", {}, small),
    !editor.refuses(node.type, "default") && defaultValue(editor, node),
    flags.length > 0 && h("div.vo-modes", {}, flags),
  ]
    .flat()
    .filter(Boolean);
}
