/**
 * A table of entries: the choices of a question or list, the rows of a matrix. Value, label by language, attributes.
 */

import { escaped, within } from "./document.js";
import { button, focusOn, h, icon, input, newId } from "./dom.js";
import { proposed } from "./keys.js";
import { attributesOf, textIn } from "./scope.js";
import { setText } from "./texts.js";

/**
 * `names` lead from the node to the list. `attributes`: whether entries may carry them; `exclusive`: whether one may
 * stand alone. The table draws itself anew after
 * a change of its shape; typing only writes.
 */
export class Entries {
  /**
   * @param {Editor} editor
   * @param {FormNode} node
   * @param {Names} names
   * @param {{ words: string, add: string, attributes?: boolean, exclusive?: boolean }} options
   */
  constructor(editor, node, names, { words, add, attributes = false, exclusive = false }) {
    this.editor = editor;
    this.node = node;
    this.names = names;
    this.add = add;
    this.attributes = attributes;
    this.exclusive = exclusive;
    this.at = names.map((name) => `/${escaped(name)}`).join("");
    this.id = newId("vo-entries");
    /** @type {WeakSet<Choice>} */
    this.following = new WeakSet(); // entries whose value still follows their label
    /** @type {string[]} */
    this.extra = []; // attributes that no entry has yet
    /** @type {() => void} */
    this.drawn = () => {}; // whoever shows the table is told when it is drawn anew
    this.body = h("div");
    this.element = h(
      "fieldset.vo-fieldset.vo-entries",
      { data: { at: this.at } },
      h("legend.vo-field__label", {}, words),
      this.body,
      h("div.vo-field__problems"),
    );
    this.draw();
  }

  get list() {
    return /** @type {Choice[]} */ (within(this.node, this.names) ?? []);
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number | undefined>} [values]
   */
  t(name, values) {
    return this.editor.t(name, values);
  }

  /** @param {Operation[]} operations */
  apply(operations) {
    this.editor.document.apply(operations, { origin: "panel", label: this.t("step_choices") });
  }

  get path() {
    return this.editor.document.pathOf(this.node) + this.at;
  }

  /** @param {string} [focus] */
  draw(focus) {
    const columns = this.attributes ? [...new Set([...attributesOf(this.list), ...this.extra])] : [];
    const heads = [
      this.t("value"),
      ...this.editor.languages.map((code) => this.t("label_in", { language: this.editor.languageName(code) })),
      ...(this.exclusive ? [this.t("exclusive")] : []),
      ...columns,
    ];
    const table = h(
      "table.vo-table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((words) => h("th", { scope: "col" }, words)),
          h("td"),
        ),
      ),
      h(
        "tbody",
        {},
        this.list.map((entry, index) => this.row(entry, index, columns)),
      ),
    );
    const buttons = this.editor.readOnly
      ? []
      : [button(this.add, { iconName: "plus", onClick: () => this.append([""]), "data-focus": `${this.at}/add` })];
    if (this.attributes && !this.editor.readOnly) buttons.push(this.attributeAdder());
    const isFixed = this.list.some((entry) => this.editor.published.has(entry));
    const hint = isFixed && !this.editor.readOnly ? h("p.vo-field__hint", {}, this.t("value_fixed")) : "";
    this.body.replaceChildren(
      this.list.length ? table : h("p.vo-quiet", {}, this.t("nothing_yet")),
      hint,
      h("div.vo-buttons", {}, buttons),
    );
    if (focus) focusOn(this.body, focus);
    this.drawn();
  }

  /**
   * @param {Choice} entry
   * @param {number} index
   * @param {string[]} columns
   */
  row(entry, index, columns) {
    const number = index + 1;
    const cell = (/** @type {string} */ head, /** @type {HTMLElement} */ control, /** @type {string} */ at) =>
      h("td", { data: { head, at: `${this.at}/${index}/${at}` } }, control, h("div.vo-field__problems"));
    const value = input(entry.value, {
      "aria-label": this.t("value_of", { number }),
      spellcheck: "false",
      readonly: this.editor.readOnly || this.editor.published.has(entry),
      title: this.editor.published.has(entry) ? this.t("value_fixed") : undefined,
      "data-focus": `${this.at}/${index}/value`,
      onInput: (text) => {
        this.following.delete(entry);
        this.write(index, ["value"], text);
      },
    });
    value.classList.add("vo-key");
    const labels = this.editor.languages.map((code) => {
      const language = this.editor.languageName(code);
      return cell(
        this.t("label_in", { language }),
        this.labelInput(entry, index, code, this.t("label_of", { language, number }), value),
        `label/${code}`,
      );
    });
    const attributes = columns.map((name) => cell(name, this.attributeInput(entry, index, name), `with/${name}`));
    const alone = this.exclusive ? [cell(this.t("exclusive"), this.exclusiveBox(entry, index), "exclusive")] : [];
    return h(
      "tr",
      {},
      cell(this.t("value"), value, "value"),
      labels,
      alone,
      attributes,
      h("td.vo-table__actions", {}, this.actions(entry, index)),
    );
  }

  /**
   * @param {Choice} entry
   * @param {number} index
   * @param {string} language
   * @param {string} words
   * @param {Control} valueInput
   */
  labelInput(entry, index, language, words, valueInput) {
    return input(entry.label?.[language], {
      "aria-label": words,
      lang: language,
      readonly: this.editor.readOnly,
      "data-focus": `${this.at}/${index}/label/${language}`,
      onInput: (text) => {
        setText(this.editor, this.node, [...this.names, index, "label"], language, text, { needed: true });
        if (language === this.editor.languages[0] && this.following.has(entry)) {
          const taken = new Set(this.list.filter((other) => other !== entry).map((other) => other.value));
          valueInput.value = proposed(text, taken, "choice");
          this.write(index, ["value"], valueInput.value);
        }
      },
      on: {
        keydown: (event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (index === this.list.length - 1) this.append([""]);
          else focusOn(this.body, `${this.at}/${index + 1}/label/${language}`);
        },
        paste: (event) => this.paste(event, entry, language),
      },
    });
  }

  /**
   * Several lines pasted into a label become several entries.
   *
   * @param {ClipboardEvent} event
   * @param {Choice} entry
   * @param {string} language
   */
  paste(event, entry, language) {
    const pasted = event.clipboardData?.getData("text") ?? "";
    const lines = pasted
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(Boolean);
    if (lines.length < 2 || language !== this.editor.languages[0] || entry.label?.[language]) return;
    event.preventDefault();
    this.apply([{ op: "remove", path: `${this.path}/${this.list.indexOf(entry)}` }]);
    this.append(lines);
  }

  /**
   * @param {Choice} entry
   * @param {number} index
   */
  exclusiveBox(entry, index) {
    /** @type {HTMLInputElement} */
    const box = h("input", {
      type: "checkbox",
      checked: entry.exclusive === true,
      disabled: this.editor.readOnly,
      title: this.t("exclusive_hint"),
      "aria-label": this.t("exclusive_of", {
        name: textIn(entry.label, this.editor.language, entry.value || String(index + 1)),
      }),
      "data-focus": `${this.at}/${index}/exclusive`,
      on: { change: () => this.write(index, ["exclusive"], box.checked || undefined) },
    });
    return box;
  }

  /**
   * @param {Choice} entry
   * @param {number} index
   * @param {string} name
   */
  attributeInput(entry, index, name) {
    return input(entry.with?.[name], {
      "aria-label": this.t("attribute_of", { name, number: index + 1 }),
      readonly: this.editor.readOnly,
      "data-focus": `${this.at}/${index}/with/${name}`,
      onInput: (text) => {
        const { [name]: _, ...others } = this.list[index].with ?? {};
        const all = text ? { ...others, [name]: text } : others;
        this.write(index, ["with"], Object.keys(all).length ? all : undefined);
      },
    });
  }

  attributeAdder() {
    const name = input("", {
      "aria-label": this.t("attribute_name"),
      placeholder: this.t("attribute_example"),
      spellcheck: "false",
    });
    name.classList.add("vo-key");
    const adder = button(this.t("add_attribute"), {
      onClick: () => {
        const key = proposed(name.value, new Set(), "attribute");
        this.extra.push(key);
        this.draw(`${this.at}/0/with/${key}`);
      },
    });
    return h("span.vo-inline", {}, name, adder);
  }

  /**
   * @param {Choice} entry
   * @param {number} index
   */
  actions(entry, index) {
    if (this.editor.readOnly) return [];
    const name = textIn(entry.label, this.editor.language, entry.value || String(index + 1));
    /**
     * @param {string} words
     * @param {string} iconName
     * @param {number} to
     * @param {boolean} disabled
     */
    const step = (words, iconName, to, disabled) =>
      h(
        "button.vo-icon-button",
        {
          on: { click: () => this.move(index, to) },
          disabled,
          "aria-label": words,
          title: words,
          "data-focus": `${this.at}/${index}/${iconName}`,
        },
        icon(iconName),
      );
    return [
      step(this.t("move_up_of", { name }), "arrow-up", index - 1, index === 0),
      step(this.t("move_down_of", { name }), "arrow-down", index + 1, index === this.list.length - 1),
      h(
        "button.vo-icon-button",
        {
          on: { click: () => this.remove(index) },
          "aria-label": this.t("delete_of", { name }),
          title: this.t("delete_of", { name }),
        },
        icon("bin"),
      ),
    ];
  }

  /**
   * @param {number} index
   * @param {Names} names
   * @param {Stored} value
   */
  write(index, names, value) {
    this.editor.document.set(this.node, [...this.names, index, ...names], value, {
      origin: "panel",
      label: this.t("step_choices"),
    });
  }

  /** @param {string[]} labels */
  append(labels) {
    const [language] = this.editor.languages;
    const taken = new Set(this.list.map((entry) => entry.value));
    const added = labels.map((label) => {
      const value = label ? proposed(label, taken, "choice") : "";
      taken.add(value);
      return { value, label: label ? { [language]: label } : {} };
    });
    const first = this.list.length;
    const isThere = within(this.node, this.names) !== undefined;
    if (isThere) this.apply(added.map((value, index) => ({ op: "add", path: `${this.path}/${first + index}`, value })));
    else this.apply([{ op: "add", path: this.path, value: added }]);
    if (labels.length === 1) this.following.add(this.list[first]);
    this.draw(`${this.at}/${this.list.length - 1}/label/${language}`);
  }

  /**
   * @param {number} index
   * @param {number} to
   */
  move(index, to) {
    this.apply([{ op: "move", from: `${this.path}/${index}`, path: `${this.path}/${to}` }]);
    const [way, other] = to < index ? ["arrow-up", "arrow-down"] : ["arrow-down", "arrow-up"];
    const isLast = to === 0 || to === this.list.length - 1;
    this.draw(`${this.at}/${to}/${isLast ? other : way}`);
  }

  /** @param {number} index */
  remove(index) {
    this.apply([{ op: "remove", path: `${this.path}/${index}` }]);
    const next = Math.min(index, this.list.length - 1);
    this.draw(next < 0 ? `${this.at}/add` : `${this.at}/${next}/label/${this.editor.languages[0]}`);
  }
}
