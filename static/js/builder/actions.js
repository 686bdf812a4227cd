/** What can be done to sections and items: add, move, duplicate, delete. Each is one step of undo. */

import { copied } from "./document.js";
import { proposed, takenKeys, usersOf } from "./keys.js";
import { allItems } from "./scope.js";
import { newKey } from "./texts.js";

const LEVELS = 2; // repeats in repeats

/** The list an item stands in: {holder, items, index}, holder being a section or a repeat. */
export function placeOf(definition, node) {
  function within(holder) {
    const index = holder.items.indexOf(node);
    if (index >= 0) return { holder, items: holder.items, index };
    for (const item of holder.items) {
      const found = item.item === "repeat" && within(item);
      if (found) return found;
    }
    return null;
  }
  if (definition.sections.includes(node))
    return { holder: definition, items: definition.sections, index: definition.sections.indexOf(node) };
  for (const section of definition.sections) {
    const found = within(section);
    if (found) return found;
  }
  return null;
}

export const isSection = (node) => !("item" in node);

function depthOf(definition, holder) {
  let depth = 0;
  for (
    let place = placeOf(definition, holder);
    place && place.holder !== definition;
    place = placeOf(definition, place.holder)
  )
    depth += 1;
  return "item" in holder ? depth : 0;
}

const heightOf = (item) => (item.item === "repeat" ? 1 + Math.max(0, ...item.items.map(heightOf)) : 0);
const contains = (node, other) => node === other || (node.items ?? []).some((item) => contains(item, other));

/** Whether an item may stand in a section or repeat: not in itself, and no more than two levels of repeats. */
export function fits(definition, item, holder) {
  if (contains(item, holder)) return false;
  return heightOf(item) + depthOf(definition, holder) <= LEVELS;
}

export class Actions {
  constructor(editor) {
    this.editor = editor;
  }

  get document() {
    return this.editor.document;
  }

  get definition() {
    return this.editor.definition;
  }

  /** A new item of a type ("note", "repeat" or a question's) in a holder, before `index`. */
  add(type, holder, index) {
    const kind = type === "note" || type === "repeat" ? type : "question";
    const item = { item: kind, key: newKey(this.editor, kind) };
    if (kind === "note") item.text = {};
    else item.label = {};
    if (kind === "repeat") item.items = [];
    if (kind === "question") Object.assign(item, this.begun(type));
    this.document.apply([{ op: "add", path: `${this.document.pathOf(holder)}/items/${index}`, value: item }], {
      label: this.editor.t("step_add"),
    });
    this.editor.proposing.add(item);
    return item;
  }

  /** What a new question of a type needs at least. */
  begun(type) {
    const { properties } = this.editor.catalogue.types[type];
    const item = { type, sensitivity: this.editor.catalogue.new_sensitivity };
    if (properties.includes("choices")) item.choices = [];
    if (properties.includes("rows")) item.rows = [];
    if (type === "scale") Object.assign(item, { min: 1, max: 5 });
    return item;
  }

  addSection(index = this.definition.sections.length) {
    const section = { key: newKey(this.editor, "section"), title: {}, items: [] };
    this.document.apply([{ op: "add", path: `/sections/${index}`, value: section }], {
      label: this.editor.t("step_add"),
    });
    this.editor.proposing.add(section);
    return section;
  }

  /** Another type for a question; what the new one has no use for goes. */
  changeType(item, type) {
    const next = this.editor.catalogue.types[type];
    const path = this.document.pathOf(item);
    const typed = new Set(Object.values(this.editor.catalogue.types).flatMap(({ properties }) => properties));
    const dropped = Object.keys(item).filter(
      (name) =>
        name === "default" ||
        name === "appearance" ||
        next.refused?.includes(name) ||
        (typed.has(name) && !next.properties.includes(name)),
    );
    const added = Object.entries(this.begun(type)).filter(
      ([name]) =>
        name !== "sensitivity" && name !== "type" && !(name in item) && !(name === "choices" && item.choices_from),
    );
    this.document.apply(
      [
        ...dropped.map((name) => ({ op: "remove", path: `${path}/${name}` })),
        { op: "replace", path: `${path}/type`, value: type },
        ...added.map(([name, value]) => ({ op: "add", path: `${path}/${name}`, value })),
      ],
      { label: this.editor.t("step_type") },
    );
  }

  move(node, holder, index) {
    const operation = this.document.moving(node, holder, index);
    if (operation.from === operation.path) return false;
    this.document.apply([operation], { label: this.editor.t("step_move") });
    return true;
  }

  /** One place up or down, over the edge of a section into the next. Gives whether it moved. */
  shift(node, by) {
    const place = placeOf(this.definition, node);
    const to = place.index + by;
    if (to >= 0 && to < place.items.length) return this.move(node, place.holder, to);
    if (isSection(node)) return false;
    if (place.holder.item === "repeat") {
      const outer = placeOf(this.definition, place.holder);
      return this.move(node, outer.holder, by < 0 ? outer.index : outer.index + 1);
    }
    const section = this.definition.sections[this.definition.sections.indexOf(place.holder) + by];
    return section ? this.move(node, section, by < 0 ? section.items.length : 0) : false;
  }

  /** Into the repeat group that stands before (by > 0), or out of the one it is in. */
  nest(node, by) {
    const place = placeOf(this.definition, node);
    if (by < 0) {
      if (place.holder.item !== "repeat") return false;
      const outer = placeOf(this.definition, place.holder);
      return this.move(node, outer.holder, outer.index + 1);
    }
    const before = place.items[place.index - 1];
    return before?.item === "repeat" && fits(this.definition, node, before)
      ? this.move(node, before, before.items.length)
      : false;
  }

  /** A copy right after, under keys of its own; what it says of its own questions is said of the copies. */
  duplicate(node) {
    const place = placeOf(this.definition, node);
    const copy = copied(node);
    const section = isSection(node);
    if (section) copy.key = proposed(node.key, takenKeys(this.definition, { sections: true }), "section");
    const taken = takenKeys(this.definition);
    const names = new Map();
    const inner = section ? copy.items : [copy];
    for (const { item } of allItems({ sections: [{ items: inner }] })) {
      const key = proposed(item.key, taken, "question");
      taken.add(key);
      names.set(item.key, key);
      item.key = key;
    }
    rename(inner, names);
    this.document.apply(
      [
        {
          op: "add",
          path: `${this.document.pathOf(place.holder)}/${section ? "sections" : "items"}/${place.index + 1}`,
          value: copy,
        },
      ],
      { label: this.editor.t("step_duplicate") },
    );
    return copy;
  }

  /** Takes a node away; gives where the focus should go and how many others named its key. */
  remove(node) {
    const place = placeOf(this.definition, node);
    const users = isSection(node) ? [] : usersOf(this.definition, node.key).filter((user) => !contains(node, user));
    this.document.apply([{ op: "remove", path: this.document.pathOf(node) }], { label: this.editor.t("step_delete") });
    const next =
      place.items[place.index] ??
      place.items[place.index - 1] ??
      (place.holder === this.definition ? null : place.holder);
    return { next, users: users.length };
  }
}

function rename(items, names) {
  const replaced = (value) => {
    if (typeof value === "string") {
      const [first, ...rest] = value.split(".");
      return names.has(first) ? [names.get(first), ...rest.map((name) => names.get(name) ?? name)].join(".") : value;
    }
    return value;
  };
  const walk = (part, isPath) => {
    if (Array.isArray(part)) return part.map((value) => walk(value, isPath));
    if (typeof part !== "object" || part === null) return isPath ? replaced(part) : part;
    return Object.fromEntries(
      Object.entries(part).map(([name, value]) => [
        name,
        walk(value, name === "var" || name === "answered" || name === "missing"),
      ]),
    );
  };
  for (const { item } of allItems({ sections: [{ items }] })) {
    for (const name of [
      "relevant",
      "required",
      "constraint",
      "initial",
      "choice_filter",
      "calculation",
      "shared_with",
    ]) {
      if (typeof item[name] === "object" && item[name] !== null) item[name] = walk(item[name], false);
    }
    if (names.has(item.of)) item.of = names.get(item.of);
  }
}
