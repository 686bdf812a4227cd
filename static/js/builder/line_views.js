/**
 * How a section and an item look in the outline: one line each, with marks that have words for those who can't see
 * them.
 */

import { button, h, icon, newId, unseen } from "./dom.js";

const SEALED = new Set(["personal", "special"]);

/**
 * @param {Editor} editor
 * @param {LineNode} node
 */
function marksOf(editor, node) {
  /** @type {HTMLElement[]} */
  const marks = [];
  const add = (/** @type {string} */ iconName, /** @type {string} */ words, className = "") =>
    marks.push(
      h(
        `span.vo-mark${className}`,
        { title: words },
        iconName === "*" ? h("span", { "aria-hidden": "true" }, "*") : icon(iconName),
        unseen(words),
      ),
    );
  if (node.required)
    add("*", editor.t(node.required === true ? "mark_required" : "mark_required_when"), ".vo-mark--required");
  if (typeof node.relevant === "object" && node.relevant) add("branch", editor.t("mark_conditional"));
  if (node.sensitivity && SEALED.has(node.sensitivity))
    add("lock", editor.t(`mark_${node.sensitivity}`), `.vo-mark--${node.sensitivity}`);
  const problems = editor.problemsOf(node);
  if (problems.length)
    add(
      "warning",
      problems.length === 1 ? problems[0].message : editor.t("problems_here", { count: problems.length }),
      ".vo-mark--problem",
    );
  return marks;
}

/**
 * @param {Editor} editor
 * @param {LineNode} node
 */
function signatureOf(editor, node) {
  const problems = editor.problemsOf(node);
  return JSON.stringify([
    editor.nameOf(node),
    node.key,
    node.type,
    node.required ? (node.required === true ? 1 : 2) : 0,
    Boolean(node.relevant),
    node.sensitivity,
    problems.length,
    problems[0]?.message,
    editor.language,
  ]);
}

/**
 * @template {LineNode} T
 */
class View {
  /**
   * @param {Editor} editor
   * @param {T} node
   * @param {{ opener: string, head: string, element: string }} names the elements that it is made of, and their classes
   */
  constructor(editor, node, { opener, head, element }) {
    this.editor = editor;
    this.node = node;
    this.id = editor.document.idOf(node);
    /** @type {OutlinePanel | null} */
    this.panel = null;
    this.folded = false; // a section's items are out of sight
    this.signature = "";
    this.label = h("span.vo-line__label");
    this.key = h("span.vo-code.vo-line__key");
    this.marks = h("span.vo-line__marks");
    this.panelId = newId("vo-panel");
    this.menu = this.menuButton();
    /** @type {HTMLElement | null} */
    this.list = null; // where its items stand
    this.button = /** @type {HTMLButtonElement} */ (this.opener(opener));
    this.handle = editor.readOnly
      ? ""
      : h("span.vo-handle", { "aria-hidden": "true", data: { handle: "" } }, icon("grip"));
    this.head = h(head);
    this.element = h(element, { data: { node: this.id } }, this.head);
  }

  get open() {
    return this.panel !== null;
  }

  /** @param {string} className */
  opener(className) {
    return h(className, {
      "aria-expanded": "false",
      "aria-controls": this.panelId,
      tabindex: "-1",
      data: { open: this.id, focus: `line.${this.id}` },
    });
  }

  menuButton() {
    return h(
      "button.vo-icon-button.vo-line__menu",
      { "aria-haspopup": "menu", "aria-expanded": "false", tabindex: "-1", data: { menu: this.id } },
      icon("dots-horizontal"),
    );
  }

  /** @param {OutlinePanel | null} panel */
  setPanel(panel) {
    this.panel?.element.remove();
    this.panel = panel;
    this.button.setAttribute("aria-expanded", String(this.open));
    this.element.classList.toggle("is-open", this.open);
    if (panel) this.head.after(panel.element);
  }

  update() {
    const signature = signatureOf(this.editor, this.node) + this.extra();
    if (signature === this.signature) return;
    this.signature = signature;
    const name = this.editor.nameOf(this.node);
    this.label.textContent = name;
    this.key.textContent = this.node.key;
    this.marks.replaceChildren(...marksOf(this.editor, this.node));
    const words = this.editor.t("actions_for", { name });
    this.menu.setAttribute("aria-label", words);
    this.menu.title = words;
    this.updated();
  }

  /** What else the line shows. */
  extra() {
    return "";
  }

  /** Draws what this kind of line has beside the rest. */
  updated() {}

  /** @param {boolean} folded */
  setFolded(folded) {
    this.folded = folded;
  }
}

/** @extends {View<Item>} */
export class ItemView extends View {
  /**
   * @param {Editor} editor
   * @param {Item} node
   */
  constructor(editor, node) {
    super(editor, node, { opener: "button.vo-line__open", head: "div.vo-line", element: "li.vo-item" });
    this.type = h("span.vo-line__type");
    this.adder = button("", { iconName: "plus", "data-add": this.id });
    this.button.append(this.type, this.label, this.key, this.marks);
    this.head.append(this.handle, this.button, this.menu);
    if (node.item === "repeat") this.nest();
  }

  nest() {
    this.list = h("ol.vo-list");
    this.element.classList.add("vo-item--repeat");
    this.element.append(h("div.vo-nested", {}, this.list, !this.editor.readOnly && this.adder));
  }

  updated() {
    const { node, editor } = this;
    const type =
      node.item === "question"
        ? (editor.catalogue.types[node.type] ?? { icon: "help", label: node.type })
        : { icon: node.item === "note" ? "info-circle" : "rotate", label: editor.t(`type_${node.item}`) };
    this.type.replaceChildren(icon(type.icon), unseen(type.label));
    this.type.title = type.label;
    this.element.classList.toggle("vo-item--note", node.item === "note");
    if (this.adder.lastChild) this.adder.lastChild.textContent = editor.t("add_to", { name: editor.nameOf(node) });
  }
}

/** @extends {View<Section>} */
export class SectionView extends View {
  /**
   * @param {Editor} editor
   * @param {Section} node
   */
  constructor(editor, node) {
    super(editor, node, {
      opener: "button.vo-section__title",
      head: "header.vo-section__head",
      element: "section.vo-section",
    });
    this.number = h("span.vo-section__number");
    this.count = h("span.vo-section__count");
    this.listId = newId("vo-list");
    this.list = h("ol.vo-list", { id: this.listId });
    this.fold = h(
      "button.vo-icon-button.vo-section__fold",
      { "aria-expanded": "true", "aria-controls": this.listId, tabindex: "-1", data: { fold: this.id } },
      icon("arrow-right", "vo-turns"),
    );
    this.button.append(this.number, this.label, this.key, this.marks);
    const heading = h("h2.vo-section__heading", {}, this.button);
    this.head.append(this.handle, this.fold, heading, this.count, this.menu);
    this.adder = button(editor.t("add_item"), { iconName: "plus", "data-add": this.id });
    this.foot = h("div.vo-section__foot", {}, !editor.readOnly && this.adder);
    this.element.append(this.list, this.foot);
  }

  /** @param {boolean} folded */
  setFolded(folded) {
    this.folded = folded;
    this.list.hidden = folded;
    this.foot.hidden = folded;
    this.fold.setAttribute("aria-expanded", String(!folded));
  }

  extra() {
    return `${this.node.items.length}|${this.editor.definition.sections.indexOf(this.node)}`;
  }

  updated() {
    const name = this.editor.nameOf(this.node);
    this.number.textContent = `${this.editor.definition.sections.indexOf(this.node) + 1}.`;
    this.count.textContent = this.editor.t(this.node.items.length === 1 ? "one_item" : "count_items", {
      count: this.node.items.length,
    });
    this.fold.setAttribute("aria-label", this.editor.t("fold", { name }));
    this.element.setAttribute("aria-label", name);
  }
}
