/** What can be done to sections and items: add, move, duplicate, delete. Each is one step of undo. */

import { copied } from "./document.js";
import { proposed, takenKeys, usersOf } from "./keys.js";
import { allItems } from "./scope.js";
import { newKey } from "./texts.js";

const LEVELS = 2; // repeats in repeats

/**
 * The list an item stands in: {holder, items, index}, holder being a section or a repeat; null when it is gone.
 *
 * @param {Definition} definition
 * @param {FormNode} node
 * @returns {Place | null}
 */
export function findPlace(definition, node) {
  /**
   * @param {Holder} holder
   * @returns {Place | null}
   */
  function within(holder) {
    const index = holder.items.indexOf(/** @type {Item} */ (node));
    if (index >= 0) return { holder, items: holder.items, index };
    for (const item of holder.items) {
      const found = item.item === "repeat" && within(item);
      if (found) return found;
    }
    return null;
  }
  const index = definition.sections.indexOf(/** @type {Section} */ (node));
  if (index >= 0) return { holder: definition, items: definition.sections, index };
  for (const section of definition.sections) {
    const found = within(section);
    if (found) return found;
  }
  return null;
}

/**
 * The same for a node that is in the form.
 *
 * @param {Definition} definition
 * @param {FormNode} node
 */
export function placeOf(definition, node) {
  const place = findPlace(definition, node);
  if (!place) throw new RangeError("no such section or item");
  return place;
}

/**
 * @param {FormNode} node
 * @returns {node is Section}
 */
export const isSection = (node) => !("item" in node);

/**
 * @param {Definition} definition
 * @param {FormNode} holder
 */
function depthOf(definition, holder) {
  let depth = 0;
  let place = findPlace(definition, holder);
  while (place && place.holder !== definition) {
    depth += 1;
    place = findPlace(definition, place.holder);
  }
  return "item" in holder ? depth : 0;
}

/**
 * How many repeats an item holds in each other, itself included.
 *
 * @param {LineNode} item
 * @returns {number}
 */
const heightOf = (item) => (item.item === "repeat" ? 1 + Math.max(0, ...item.items.map(heightOf)) : 0);

/**
 * @param {FormNode} node
 * @param {FormNode} other
 * @returns {boolean}
 */
const contains = (node, other) => node === other || (node.items ?? []).some((item) => contains(item, other));

/**
 * Whether an item may stand in a section or repeat: not in itself, and no more than two levels of repeats.
 *
 * @param {Definition} definition
 * @param {LineNode} item
 * @param {Holder} holder
 */
export function fits(definition, item, holder) {
  if (contains(item, holder)) return false;
  return heightOf(item) + depthOf(definition, holder) <= LEVELS;
}

export class Actions {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
  }

  get document() {
    return this.editor.document;
  }

  get definition() {
    return this.editor.definition;
  }

  /**
   * A new item of a type ("note", "repeat" or a question's) in a holder, before `index`.
   *
   * @param {string} type
   * @param {Holder} holder
   * @param {number} index
   */
  add(type, holder, index) {
    const item = this.made(type);
    this.document.apply([{ op: "add", path: `${this.document.pathOf(holder)}/items/${index}`, value: item }], {
      label: this.editor.t("step_add"),
    });
    this.editor.proposing.add(item);
    return item;
  }

  /**
   * @param {string} type
   * @returns {Item}
   */
  made(type) {
    if (type === "note") return { item: "note", key: newKey(this.editor, "note"), text: {} };
    if (type === "repeat") return { item: "repeat", key: newKey(this.editor, "repeat"), label: {}, items: [] };
    return { item: "question", key: newKey(this.editor, "question"), label: {}, ...this.begun(type) };
  }

  /**
   * What a new question of a type needs at least.
   *
   * @param {string} type
   */
  begun(type) {
    const { properties } = this.editor.catalogue.types[type];
    /** @type {Pick<Question, "type" | "sensitivity" | "choices" | "rows" | "min" | "max">} */
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

  /**
   * Another type for a question; what the new one has no use for goes.
   *
   * @param {Item} item
   * @param {string} type
   */
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
    /** @type {Operation[]} */
    const operations = [{ op: "replace", path: `${path}/type`, value: type }];
    for (const name of dropped.reverse()) operations.unshift({ op: "remove", path: `${path}/${name}` });
    for (const [name, value] of added) operations.push({ op: "add", path: `${path}/${name}`, value });
    this.document.apply(operations, { label: this.editor.t("step_type") });
  }

  /**
   * @param {LineNode} node
   * @param {Holder | Definition} holder
   * @param {number} index
   */
  move(node, holder, index) {
    const operation = this.document.moving(node, holder, index);
    if (operation.from === operation.path) return false;
    this.document.apply([operation], { label: this.editor.t("step_move") });
    return true;
  }

  /**
   * One place up or down, over the edge of a section into the next. Gives whether it moved.
   *
   * @param {LineNode} node
   * @param {number} by
   */
  shift(node, by) {
    const place = placeOf(this.definition, node);
    const to = place.index + by;
    if (to >= 0 && to < place.items.length) return this.move(node, place.holder, to);
    if (isSection(node)) return false;
    if (place.holder.item === "repeat") {
      const outer = placeOf(this.definition, place.holder);
      return this.move(node, outer.holder, by < 0 ? outer.index : outer.index + 1);
    }
    const { sections } = this.definition;
    const section = sections[sections.indexOf(/** @type {Section} */ (place.holder)) + by];
    return section ? this.move(node, section, by < 0 ? section.items.length : 0) : false;
  }

  /**
   * Into the repeat group that stands before (by > 0), or out of the one it is in.
   *
   * @param {LineNode} node
   * @param {number} by
   */
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

  /**
   * A copy right after, under keys of its own; what it says of its own questions is said of the copies.
   *
   * @param {LineNode} node
   */
  duplicate(node) {
    const place = placeOf(this.definition, node);
    const copy = copied(node);
    if (isSection(copy)) copy.key = proposed(node.key, takenKeys(this.definition, { sections: true }), "section");
    const taken = takenKeys(this.definition);
    /** @type {Map<string, string>} */
    const names = new Map();
    const inner = isSection(copy) ? copy.items : [copy];
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
          path: `${this.document.pathOf(place.holder)}/${isSection(node) ? "sections" : "items"}/${place.index + 1}`,
          value: copy,
        },
      ],
      { label: this.editor.t("step_duplicate") },
    );
    return copy;
  }

  /**
   * Takes a node away; gives where the focus should go and how many others named its key.
   *
   * @param {LineNode} node
   * @returns {{ next: LineNode | null, users: number }}
   */
  remove(node) {
    const place = placeOf(this.definition, node);
    const users = isSection(node) ? [] : usersOf(this.definition, node.key).filter((user) => !contains(node, user));
    const path = this.document.pathOf(node) ?? "";
    this.document.apply([{ op: "remove", path }], { label: this.editor.t("step_delete") });
    const around = place.holder === this.definition ? null : /** @type {Holder} */ (place.holder);
    const next = place.items[place.index] ?? place.items[place.index - 1] ?? around;
    return { next, users: users.length };
  }
}

/** @type {("relevant" | "required" | "initial" | "choice_filter" | "calculation")[]} */
const EXPRESSIONS = ["relevant", "required", "initial", "choice_filter", "calculation"];

/**
 * @param {Item[]} items
 * @param {Map<string, string>} names
 */
function rename(items, names) {
  const replaced = (/** @type {Expression} */ value) => {
    if (typeof value !== "string") return value;
    const [first, ...rest] = value.split(".");
    return names.has(first) ? [first, ...rest].map((name) => names.get(name) ?? name).join(".") : value;
  };
  /**
   * @template T
   * @param {T} part
   * @param {boolean} isPath
   * @returns {T}
   */
  const walk = (part, isPath) => {
    if (Array.isArray(part)) return /** @type {T} */ (part.map((value) => walk(value, isPath)));
    if (typeof part !== "object" || part === null) {
      return isPath ? /** @type {T} */ (replaced(/** @type {Expression} */ (part))) : part;
    }
    const entries = Object.entries(part).map(([name, value]) => [name, walk(value, PATHS.has(name))]);
    return /** @type {T} */ (Object.fromEntries(entries));
  };
  for (const { item } of allItems({ sections: [{ items }] })) {
    for (const name of EXPRESSIONS) {
      const expression = item[name];
      if (typeof expression === "object" && expression !== null) item[name] = walk(expression, false);
    }
    if (item.constraint) item.constraint = walk(item.constraint, false);
    if (item.shared_with) item.shared_with = walk(item.shared_with, false);
    if (item.of && names.has(item.of)) item.of = names.get(item.of);
  }
}

/** Operators whose arguments are paths of answers. */
const PATHS = new Set(["var", "answered", "missing"]);
