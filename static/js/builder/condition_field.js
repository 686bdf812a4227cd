/** A condition of a question: when it applies, its rows, and how it reads in Albanian and English. */

import { ConditionRows } from "./condition_rows.js";
import { emptyGroup, hasUnfinished, read, write } from "./conditions.js";
import { escaped, same } from "./document.js";
import { button, h, newId } from "./dom.js";
import { asText } from "./raw.js";

/** How an expression reads, in both languages of the house. */
export function sentences(editor) {
  const lines = ["sq", "en"].map((language) => [language, h("span", { lang: language })]);
  const element = h(
    "dl.vo-sentences",
    { hidden: true },
    lines.map(([language, text]) => h("div", {}, h("dt", {}, editor.languageName(language)), h("dd", {}, text))),
  );
  return {
    element,
    show(expression) {
      const hasOne = typeof expression === "object" && expression !== null;
      element.hidden = !hasOne;
      for (const [language, text] of lines) text.textContent = hasOne ? editor.sentence(expression, language) : "";
    },
  };
}

/** What stands half-built at a place of an item, while it still belongs to what is stored. */
function draftOf(editor, node, at, stored, make) {
  if (!editor.drafts.has(node)) editor.drafts.set(node, new Map());
  const drafts = editor.drafts.get(node);
  const known = drafts.get(at);
  if (known && same(known.stored, stored)) return known;
  const draft = { ...make(), stored };
  drafts.set(at, draft);
  return draft;
}

/** Three-way answer as radio buttons: [value, words]. */
export function modes(editor, words, options, value, onChange, focus) {
  const name = newId("vo-mode");
  const inputs = options.map(([given, label]) => {
    const radio = h("input", {
      type: "radio",
      name,
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
 * `names` lead to the expression. `options`: [mode, words] of which "when" opens the rows; `fixed`: what each other mode
 * stores (undefined: nothing). Without options the rows stand open. `pending` is stored while a condition is unfinished.
 * `write(value)` stores, where a place needs more than a value of its own.
 */
export class ConditionField {
  constructor(
    editor,
    node,
    names,
    { words, hint, scope, options = null, fixed = {}, pending, at, onMode, write: put },
  ) {
    Object.assign(this, { editor, node, names, scope, options, fixed, pending, words, onMode });
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
    return this.names.reduce((part, name) => part?.[name], this.node);
  }

  get draft() {
    const { stored } = this;
    const isExpression = typeof stored === "object" && stored !== null;
    return draftOf(this.editor, this.node, this.at, stored, () => ({
      when: isExpression,
      group: isExpression ? read(stored) : null,
    }));
  }

  mode() {
    if (this.draft.when) return "when";
    const found = Object.entries(this.fixed).find(([, value]) => value === this.stored || (!value && !this.stored));
    return found?.[0] ?? this.options?.[0]?.[0];
  }

  turn(mode) {
    const { group } = this.draft;
    const isWhen = mode === "when";
    this.store(isWhen ? ((group && write(group)) ?? this.pending) : this.fixed[mode], {
      when: isWhen,
      group: isWhen ? (group ?? this.fresh()) : group,
    });
    this.draw();
    this.onMode?.(mode);
    if (isWhen) this.body.querySelector("select")?.focus();
  }

  fresh() {
    return { ...emptyGroup(), rows: [{ is: "blank" }] };
  }

  /** Writes the expression and keeps what is half-built beside it. */
  store(value, draft) {
    const before = this.draft;
    this.put(value ?? undefined);
    this.editor.drafts.get(this.node).set(this.at, { ...before, ...draft, stored: this.stored });
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
    draft.group ??= this.fresh();
    const rows = new ConditionRows(this.editor, draft.group, this.scope(), {
      words: this.words,
      onChange: () => this.rowsChanged(draft.group),
    });
    this.body.replaceChildren(rows.element, this.editor.readOnly ? "" : this.textToggle());
    return this.tell(draft.group);
  }

  begin() {
    this.store(this.stored, { when: true, group: this.fresh() });
    this.draw();
    this.body.querySelector("select")?.focus();
  }

  rowsChanged(group) {
    const isGone = !group.rows.length;
    this.store(write(group) ?? this.pending, { group: isGone && !this.options ? null : group });
    if (isGone && !this.options) this.draw();
    this.sentences.show(this.stored);
    this.tell(group);
  }

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
        const take = (expression) => {
          this.store(expression, { when: true, group: read(expression) });
          this.draw();
        };
        box.replaceChildren(
          ...(isOpen
            ? []
            : [asText(this.editor, this.stored ?? { and: [] }, { onValid: take, read: (given) => given })]),
        );
        toggle.setAttribute("aria-expanded", String(!isOpen));
        if (!isOpen) box.querySelector("textarea").focus();
      },
    });
    toggle.classList.add("vo-link");
    return h("div.vo-textedit", {}, toggle, box);
  }
}
