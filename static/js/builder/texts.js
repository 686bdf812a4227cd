/** Texts in every language of the form, side by side, and the key that is proposed from the first of them. */

import { escaped, within } from "./document.js";
import { field, fieldset, h, input } from "./dom.js";
import { folded, proposed, renaming, takenKeys } from "./keys.js";
import { textIn } from "./scope.js";

/**
 * @param {FormNode} node
 * @param {Names} names
 */
const textsAt = (node, names) => /** @type {Texts | undefined} */ (within(node, names));

/**
 * Writes one text; an optional one that is emptied in all languages goes away.
 *
 * @param {Editor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} language
 * @param {string} value
 * @param {{ needed?: boolean }} [options]
 */
export function setText(editor, node, names, language, value, { needed = false } = {}) {
  const { document } = editor;
  const texts = textsAt(node, names);
  const merge = `${document.pathOf(node)}/${names.join("/")}/${language}`;
  const options = { merge, origin: "panel", label: editor.t("step_text") };
  const isLast = Object.keys(texts ?? {}).every((other) => other === language);
  if (texts === undefined && value) document.set(node, names, { [language]: value }, options);
  else if (value) document.set(node, [...names, language], value, options);
  else if (texts) document.set(node, isLast && !needed ? names : [...names, language], undefined, options);
}

/**
 * @typedef {{
 *   multiline?: boolean,
 *   needed?: boolean,
 *   hint?: string,
 *   onText?: (language: string, value: string) => void,
 * }} TextOptions
 */

/**
 * One text in all languages. `onText(language, value)` in place of writing it.
 *
 * @param {Editor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} words
 * @param {TextOptions} [options]
 */
export function textsField(editor, node, names, words, { multiline = false, needed = false, hint, onText } = {}) {
  const at = names.map((name) => `/${escaped(name)}`).join("");
  const texts = textsAt(node, names) ?? {};
  /** @type {(language: string, value: string) => void} */
  const write = onText ?? ((language, value) => setText(editor, node, names, language, value, { needed }));
  const control = (/** @type {string} */ language) =>
    input(texts[language], {
      multiline,
      readonly: editor.readOnly,
      "data-focus": `${at}/${language}`,
      onInput: (value) => write(language, value),
    });
  if (editor.languages.length === 1) {
    const [language] = editor.languages;
    return field(words, control(language), { at: `${at}/${language}`, hint, lang: language });
  }
  const fields = editor.languages.map((language) =>
    field(editor.languageName(language), control(language), { at: `${at}/${language}`, lang: language }),
  );
  return fieldset(words, { at, hint }, h("div.vo-texts", {}, fields));
}

/** @type {Record<string, string>} */
const STEMS = { question: "question", note: "note", repeat: "group" };

/**
 * @param {Editor} editor
 * @param {string} kind
 */
export function newKey(editor, kind) {
  return proposed("", takenKeys(editor.definition, { sections: kind === "section" }), STEMS[kind] ?? kind);
}

/**
 * Lets the key follow the label while nobody has chosen one.
 *
 * @param {Editor} editor
 * @param {FormNode} node
 * @param {Names} names
 * @param {string} text
 * @param {{ sections: boolean }} options
 */
function follow(editor, node, names, text, { sections }) {
  const taken = takenKeys(editor.definition, { sections, except: node });
  const stem = sections ? "section" : STEMS[node.item ?? ""];
  const key = proposed(text, taken, stem);
  if (folded(text) && key !== node.key)
    editor.document.apply(renaming(editor.document, node, key), {
      merge: `${editor.document.pathOf(node)}/${names[0]}`,
      origin: "panel",
    });
}

/**
 * The label (title, text) of a node: as any text, but the key may follow it.
 *
 * @param {Editor} editor
 * @param {FormNode} node
 * @param {"title" | "label" | "text"} name
 * @param {string} words
 * @param {TextOptions} [options]
 */
export function namedField(editor, node, name, words, options = {}) {
  const sections = !("item" in node);
  return textsField(editor, node, [name], words, {
    ...options,
    needed: true,
    onText: (language, value) => {
      setText(editor, node, [name], language, value, { needed: true });
      const isFirst = language === editor.languages[0] || !node[name]?.[editor.languages[0]];
      if (isFirst && editor.proposing.has(node))
        follow(editor, node, [name], textIn(node[name], editor.languages[0]), { sections });
    },
  });
}

/**
 * The key: editable until it has been published.
 *
 * @param {Editor} editor
 * @param {FormNode} node
 */
export function keyField(editor, node) {
  const fixed = editor.published.has(node);
  const control = input(node.key, {
    spellcheck: "false",
    autocapitalize: "off",
    readonly: editor.readOnly || fixed,
    "data-focus": "/key",
    maxlength: 64,
    onInput: (value) => {
      editor.proposing.delete(node);
      const operations = renaming(editor.document, node, value.trim());
      editor.document.apply(operations, {
        merge: `${editor.document.pathOf(node)}/key`,
        origin: "panel",
        label: editor.t("step_key"),
      });
    },
  });
  control.classList.add("vo-key");
  const refresh = () => {
    if (control !== control.ownerDocument.activeElement && control.value !== node.key) control.value = node.key ?? "";
  };
  const hint = editor.t(fixed ? "key_fixed" : "key_hint");
  const shown = Object.assign(field(editor.t("key"), control, { at: "/key", hint }), { refresh });
  shown.dataset.refreshes = "";
  return shown;
}
