/** Simple problems, seen at once. The server finds these too, and many more; it decides. */

import { isKey, isReserved } from "./keys.js";
import { allItems, TEXTS } from "./scope.js";

export const HINTED = new Set([
  "duplicate_key",
  "bad_key",
  "reserved_key",
  "missing_translation",
  "no_choices",
  "no_value",
  "duplicate_choice",
  "no_sensitivity",
  "empty_repeat",
]);

/** @type {Record<string, string[]>} */
const NEEDED = { section: ["title"], question: ["label"], repeat: ["label"], note: ["text"], form: ["title"] };

/**
 * Every hint of the form: {node, at, code, message}.
 *
 * @param {Editor} editor
 */
export function* hints(editor) {
  const { definition, catalogue, languages } = editor;
  /**
   * @param {FormNode} node
   * @param {string} at
   * @param {string} code
   * @returns {Problem}
   */
  const say = (node, at, code) => ({ node, at, code, message: editor.t(`problem_${code}`) });

  /**
   * @param {FormNode} node
   * @param {Texts | undefined} texts
   * @param {string} at
   */
  function* missing(node, texts, at) {
    for (const language of languages)
      if (!texts?.[language]?.trim()) yield say(node, `${at}/${language}`, "missing_translation");
  }

  /**
   * @param {FormNode} node
   * @param {string} kind
   */
  function* texts(node, kind) {
    for (const name of TEXTS) {
      if (name in node || NEEDED[kind].includes(name))
        yield* missing(node, /** @type {Texts | undefined} */ (node[name]), `/${name}`);
    }
    if (node.constraint) yield* missing(node, node.constraint.message, "/constraint/message");
  }

  /**
   * @param {FormNode} node
   * @param {Map<string, number>} keys
   */
  function* key(node, keys) {
    if (isReserved(node.key ?? "")) yield say(node, "/key", "reserved_key");
    else if (!isKey(node.key ?? "")) yield say(node, "/key", "bad_key");
    else if ((keys.get(node.key) ?? 0) > 1) yield say(node, "/key", "duplicate_key");
  }

  /**
   * @param {FormNode} node
   * @param {string} name
   * @param {Choice[]} list
   * @param {string} [at]
   */
  function* entries(node, name, list, at = `/${name}`) {
    const values = new Set();
    for (const [index, entry] of list.entries()) {
      if (!entry.value?.trim()) yield say(node, `${at}/${index}/value`, "no_value");
      else if (values.has(entry.value)) yield say(node, `${at}/${index}/value`, "duplicate_choice");
      values.add(entry.value);
      yield* missing(node, entry.label, `${at}/${index}/label`);
    }
  }

  /** @param {Question} item */
  function* question(item) {
    if (!item.sensitivity) yield say(item, "/sensitivity", "no_sensitivity");
    const chooses = catalogue.types[item.type]?.properties.includes("choices");
    if (chooses && !item.choices_from && !item.choices?.length) yield say(item, "/choices", "no_choices");
    yield* entries(item, "choices", item.choices ?? []);
    yield* entries(item, "rows", item.rows ?? []);
  }

  const items = [...allItems(definition)];
  const counted = (/** @type {FormNode[]} */ nodes) =>
    nodes.reduce(
      (keys, { key: name }) => keys.set(name, (keys.get(name) ?? 0) + 1),
      /** @type {Map<string, number>} */ (new Map()),
    );
  const itemKeys = counted(items.map(({ item }) => item));
  const sectionKeys = counted(definition.sections ?? []);

  yield* texts(definition, "form");
  for (const [name, list] of Object.entries(definition.lists ?? {})) {
    if (!list.choices?.length) yield say(definition, `/lists/${name}/choices`, "no_choices");
    yield* entries(definition, name, list.choices ?? [], `/lists/${name}/choices`);
  }
  for (const [index, warning] of (definition.warnings ?? []).entries())
    yield* missing(definition, warning.message, `/warnings/${index}/message`);
  for (const section of definition.sections ?? []) {
    yield* key(section, sectionKeys);
    yield* texts(section, "section");
  }
  for (const { item } of items) {
    yield* key(item, itemKeys);
    yield* texts(item, item.item);
    if (item.item === "question") yield* question(item);
    if (item.item === "repeat" && !item.items?.some((inner) => inner.item === "question"))
      yield say(item, "/items", "empty_repeat");
  }
}
