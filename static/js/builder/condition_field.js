/** A condition of a question: when it applies, its rows, and how it reads in each language of the service. */

import { ConditionRows } from "./condition_rows.js";
import { begunGroup, hasUnfinished, read, write } from "./conditions.js";
import { escaped, same, within } from "./document.js";
import { button, h, newId } from "./dom.js";
import { asText } from "./raw.js";

/**
 * How an expression reads, in every language that has words for it.
 *
 * @param {Editor} editor
 */
export function sentences(editor) {
  const lines = Object.keys(editor.catalogue.sentences).map((language) => ({
    language,
    text: h("span", { lang: language }),
  }));
  const element = h(
    "dl.vo-sentences",
    { hidden: true },
    lines.map(({ language, text }) => h("div", {}, h("dt", {}, editor.languageName(language)), h("dd", {}, text))),
  );
  return {
    element,
    /** @param {Expression | undefined} expression */
    show(expression) {
      const hasOne = typeof expression === "object" && expression !== null;
      element.hidden = !hasOne;
      for (const { language, text } of lines) text.textContent = hasOne ? editor.sentence(expression, language) : "";
    },
  };
}

/**
 * What stands half-built at a place of an item, while it still belongs to what is stored.
 *
 * @template {{ stored: Stored }} D
 * @param {WeakMap<FormNode, Map<string, D>>} all
 * @param {FormNode} node
 * @param {string} at
 * @param {Stored} stored
 * @param {() => D} make
 */
export function draftOf(all, node, at, stored, make) {
  const drafts = all.get(node) ?? new Map();
  all.set(node, drafts);
  const known = drafts.get(at);
  if (known && same(known.stored, stored)) return known;
  const draft = make();
  drafts.set(at, draft);
  return draft;
}

/**
 * Three-way answer as radio buttons: [value, words].
 *
 * @param {Editor} editor
 * @param {string} words
 * @param {SelectOption[]} options
 * @param {Stored} value
 * @param {(value: string) => void} onChange
 * @param {string} focus
 */
export function modes(editor, words, options, value, onChange, focus) {
  const name = newId("vo-mode");
  const inputs = options.map(([given, label]) => {
    const radio = h("input", {
      type: "radio",
      name,
      // Of no form: else Wagtail takes an opened part for a change, and saves although nothing was changed.
      form: "",
      value: given,
      checked: given === value,
      disabled: editor.readOnly,
      "data-focus": `${focus}.${given}`,
      on: { change: () => onChange(given) },
    });
    return h("label.vo-check", {}, radio, h("span", {}, label));
  });
  return h("div.vo-modes", { role: "radiogroup", "aria-label": words }, inputs);
}

/**
 * `names` lead to the expression. `options`: [mode, words] of which "when" opens the rows; `fixed`: what each other
 * mode stores (undefined: nothing). Without options the rows stand open. `pending` is stored while a condition is
 * unfinished. `write(value)` stores, where a place needs more than a value of its own.
 */
export class ConditionField {
  /**
   * @param {Editor} editor
   * @param {FormNode} node
   * @param {Names} names
   * @param {{
   *   words: string,
   *   hint?: string,
   *   scope: () => Scope,
   *   options?: SelectOption[] | null,
   *   fixed?: Record<string, Expression | undefined>,
   *   pending?: Expression,
   *   at?: string,
   *   onMode?: (mode: string) => void,
   *   write?: (value: Expression | undefined) => void,
   * }} options
   */
  constructor(
    editor,
    node,
    names,
    { words, hint, scope, options = null, fixed = {}, pending, at, onMode, write: put },
  ) {
    this.editor = editor;
    this.node = node;
    this.names = names;
    this.scope = scope;
    this.options = options;
    this.fixed = fixed;
    this.pending = pending;
    this.words = words;
    this.onMode = onMode;
    /** @type {(value: Expression | undefined) => void} */
    this.put =
      put ??
      ((value) => editor.document.set(node, names, value, { origin: "panel", label: editor.t("step_condition") }));
    this.at = at ?? names.map((name) => `/${escaped(name)}`).join("");
    this.sentences = sentences(editor);
    this.body = h("div");
    this.status = h("p.vo-quiet");
    this.element = h(
      "fieldset.vo-fieldset.vo-condition",
      { data: { at: this.at } },
      h("legend.vo-field__label", {}, words),
      hint && h("p.vo-field__hint", {}, hint),
      options && modes(editor, words, options, this.mode(), (mode) => this.turn(mode), this.at),
      this.body,
      this.status,
      this.sentences.element,
      h("div.vo-field__problems"),
    );
    this.draw();
  }

  get stored() {
    return /** @type {Expression | undefined} */ (within(this.node, this.names));
  }

  get draft() {
    const { stored } = this;
    const isExpression = typeof stored === "object" && stored !== null;
    return draftOf(this.editor.conditions, this.node, this.at, stored, () => ({
      stored,
      when: isExpression,
      group: isExpression ? read(stored) : null,
    }));
  }

  mode() {
    if (this.draft.when) return "when";
    const found = Object.entries(this.fixed).find(([, value]) => value === this.stored || (!value && !this.stored));
    return found?.[0] ?? this.options?.[0]?.[0];
  }

  /** @param {string} mode */
  turn(mode) {
    const { group } = this.draft;
    const isWhen = mode === "when";
    this.store(isWhen ? ((group && write(group)) ?? this.pending) : this.fixed[mode], {
      when: isWhen,
      group: isWhen ? (group ?? begunGroup()) : group,
    });
    this.draw();
    this.onMode?.(mode);
    if (isWhen) this.body.querySelector("select")?.focus();
  }

  /**
   * Writes the expression and keeps what is half-built beside it.
   *
   * @param {Expression | undefined} value
   * @param {Partial<ConditionDraft>} draft
   */
  store(value, draft) {
    const before = this.draft;
    this.put(value ?? undefined);
    this.editor.conditions.get(this.node)?.set(this.at, { ...before, ...draft, stored: this.stored });
  }

  draw() {
    const { draft } = this;
    this.sentences.show(this.stored);
    this.status.textContent = "";
    if (this.options && !draft.when) return this.body.replaceChildren();
    if (!draft.group && !this.options) {
      const add = button(this.editor.t("add_condition"), {
        iconName: "plus",
        disabled: this.editor.readOnly,
        onClick: () => this.begin(),
      });
      return this.body.replaceChildren(add);
    }
    const group = draft.group ?? begunGroup();
    draft.group = group;
    const rows = new ConditionRows(this.editor, group, this.scope(), {
      words: this.words,
      onChange: () => this.rowsChanged(group),
    });
    this.body.replaceChildren(rows.element, this.editor.readOnly ? "" : this.textToggle());
    return this.tell(group);
  }

  begin() {
    this.store(this.stored, { when: true, group: begunGroup() });
    this.draw();
    this.body.querySelector("select")?.focus();
  }

  /** @param {Group} group */
  rowsChanged(group) {
    const isGone = !group.rows.length;
    this.store(write(group) ?? this.pending, { group: isGone && !this.options ? null : group });
    if (isGone && !this.options) this.draw();
    this.sentences.show(this.stored);
    this.tell(group);
  }

  /** @param {Group} group */
  tell(group) {
    this.status.textContent = hasUnfinished(group) ? this.editor.t("unfinished") : "";
  }

  textToggle() {
    const box = h("div");
    const toggle = button(this.editor.t("edit_as_text"), {
      iconName: "code",
      "aria-expanded": "false",
      "data-focus": `${this.at}.text`,
      onClick: () => {
        const isOpen = box.childElementCount > 0;
        const take = (/** @type {Expression} */ expression) => {
          this.store(expression, { when: true, group: read(expression) });
          this.draw();
        };
        box.replaceChildren(
          ...(isOpen
            ? []
            : [asText(this.editor, this.stored ?? { and: [] }, { onValid: take, read: (given) => given })]),
        );
        toggle.setAttribute("aria-expanded", String(!isOpen));
        if (!isOpen) box.querySelector("textarea")?.focus();
      },
    });
    toggle.classList.add("vo-link");
    return h("div.vo-textedit", {}, toggle, box);
  }
}
