/**
 * The editor of a form's definition. mountOutline(root, {definition, catalogue, problems, settings}) draws it and gives
 * {definition(), changes(), mark(), setProblems(list), onChange(fn)}: changes() are RFC 6902 operations since mark().
 */

import { Actions } from "./actions.js";
import { at, copied } from "./document.js";
import { button, h, icon, input, select, unseen } from "./dom.js";
import { dragging } from "./drag.js";
import { FormSettings } from "./form_settings.js";
import { Lines } from "./lines.js";
import { openMenu } from "./menu.js";
import { allItems } from "./scope.js";
import { Editor } from "./state.js";

const TOAST = 12000;
/** @param {HTMLElement} element */
const isTyping = (element) => element.matches("input:not([type=radio], [type=checkbox]), textarea, select");

/**
 * @param {HTMLElement} root
 * @param {EditorData} given
 */
export function mountOutline(root, given) {
  return new Outline(root, given).handle();
}

class Outline {
  /**
   * @param {HTMLElement} root
   * @param {EditorData} given
   */
  constructor(root, given) {
    this.editor = new Editor(given);
    this.editor.root = root;
    this.actions = new Actions(this.editor);
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.pending = 0; // the frame in which all is brought up to date
    this.timer = 0; // of the toast
    this.live = h("p.w-sr-only", { role: "status" });
    this.editor.live = this.live;
    this.summary = h("div.vo-summary", { hidden: true });
    this.sections = h("div.vo-sections");
    this.toast = h("div.vo-toast", { role: "status", hidden: true });
    this.found = h("span.vo-found", { role: "status" });
    this.language = h("span");
    this.undo = this.historyButton("undo", () => this.goBack());
    this.redo = this.historyButton("redo", () => this.goForth());
    const told = this.tell.bind(this);
    this.settings = new FormSettings(this.editor, { told });
    root.classList.add("vo");
    root.replaceChildren(this.toolbar(), this.summary, this.settings.element, this.sections, this.foot());
    root.append(this.toast, this.live);
    this.lines = new Lines(this.editor, this.actions, this.sections, { told });
    if (!this.editor.readOnly) dragging(this.editor, root, this.lines);
    this.editor.document.onChange((change) => this.changed(change));
    root.addEventListener("keydown", (event) => this.pressed(event));
    this.refresh();
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number | undefined>} [values]
   */
  t(name, values) {
    return this.editor.t(name, values);
  }

  // ---- parts ----

  /**
   * @param {string} name
   * @param {() => void} onClick
   */
  historyButton(name, onClick) {
    return /** @type {HTMLButtonElement} */ (button(this.t(name), { kind: "icon", iconName: name, onClick }));
  }

  foot() {
    const addSection = button(this.t("add_section"), { iconName: "plus", onClick: () => this.lines.addSection() });
    return h("div.vo-foot", {}, !this.editor.readOnly && addSection);
  }

  toolbar() {
    const search = input("", {
      type: "search",
      placeholder: this.t("search"),
      "aria-label": this.t("search"),
      onInput: (text) => this.searched(text),
    });
    /** @type {HTMLButtonElement} */
    const jump = h(
      "button.button.button-small.button-secondary.vo-jump",
      {
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        on: { click: () => openMenu(jump, this.jumps(), this.t("sections")) },
      },
      this.t("sections"),
      icon("arrow-down"),
    );
    const history = this.editor.readOnly ? [] : [this.undo, this.redo];
    return h(
      "div.vo-toolbar",
      { role: "region", "aria-label": this.t("tools") },
      h("div.vo-search", {}, icon("search"), search, this.found),
      h("span.vo-menu-holder", {}, jump),
      this.language,
      h("span.vo-history", {}, history),
    );
  }

  languageSelect() {
    if (this.editor.languages.length < 2) return [];
    /** @type {SelectOption[]} */
    const options = this.editor.languages.map((code) => [code, this.editor.languageName(code)]);
    const change = (/** @type {string} */ code) => {
      this.editor.language = code;
      this.lines.update();
      this.lines.redrawPanels();
      this.settings.update();
    };
    return [
      select(options, this.editor.language, {
        "aria-label": this.t("editing_language"),
        title: this.t("editing_language"),
        onChange: change,
      }),
    ];
  }

  jumps() {
    return this.editor.definition.sections.map((section, index) => {
      const count =
        [...allItems({ sections: [section] })].filter(({ item }) => this.editor.problemsOf(item).length).length +
        this.editor.problemsOf(section).length;
      return {
        words: `${index + 1}. ${this.editor.nameOf(section)}`,
        iconName: count ? "warning" : "arrow-right",
        run: () => this.goTo(section),
      };
    });
  }

  /** @param {Section} section */
  goTo(section) {
    const view = this.lines.viewOf(section);
    view.button.focus({ preventScroll: true });
    view.element.scrollIntoView({ block: "start" });
  }

  /** @param {string} text */
  searched(text) {
    const count = this.lines.search(text);
    this.found.textContent = text.trim() ? this.t(count === 1 ? "found_one" : "found", { count }) : "";
  }

  // ---- problems ----

  drawSummary() {
    /** @type {FormNode[]} */
    const nodes = [
      this.editor.definition,
      ...this.editor.definition.sections.flatMap((section) => [
        section,
        ...[...allItems({ sections: [section] })].map(({ item }) => item),
      ]),
    ];
    const all = nodes.flatMap((node) => this.editor.problemsOf(node));
    this.summary.hidden = all.length === 0;
    if (!all.length) return this.summary.replaceChildren();
    const wasOpen = this.summary.querySelector("details")?.open ?? false;
    const link = (/** @type {Problem} */ problem) =>
      h(
        "button.vo-summary__link",
        { on: { click: () => this.goToProblem(problem) } },
        h(
          "strong",
          {},
          problem.node === this.editor.definition ? this.t("form_settings") : this.editor.nameOf(problem.node),
        ),
        ` ${this.editor.problemWords(problem)}`,
      );
    const list = h("ul", {});
    const details = h(
      "details",
      {},
      h(
        "summary",
        {},
        icon("arrow-right", "vo-turns"),
        icon("warning"),
        this.t(all.length === 1 ? "one_problem" : "count_problems", { count: all.length }),
      ),
      list,
    );
    const fill = () => {
      if (!details.open || list.childElementCount) return;
      list.append(...all.slice(0, 100).map((problem) => h("li", {}, link(problem))));
    };
    details.addEventListener("toggle", fill);
    details.open = wasOpen;
    fill();
    return this.summary.replaceChildren(details);
  }

  /** @param {{ node: FormNode, at: string }} options */
  goToProblem({ node, at }) {
    if (node === this.editor.definition) this.settings.focusAt(at);
    else this.lines.reveal(/** @type {LineNode} */ (node), at);
  }

  // ---- changes ----

  /** @param {{ operations: Operation[], origin: string | null }} options */
  changed({ operations, origin }) {
    this.editor.forget(operations);
    if (origin === "panel") {
      this.pending ||= requestAnimationFrame(() => this.refresh());
      if (operations.some(({ path }) => /\/items\/\d+\/key$/.test(path))) this.lines.redrawPanels(true);
    } else {
      this.refresh();
    }
    const isOfForm = operations.some(
      ({ path }) => /^\/(languages|lists|warnings|kind|title|intro)/.test(path) || path === "",
    );
    if (origin !== "panel") {
      if (isOfForm) this.settings.redraw();
      if (operations.some(({ path }) => path.startsWith("/languages")) || origin === "history" || !isOfForm)
        this.lines.redrawPanels();
    }
    for (const listener of this.listeners) listener();
  }

  /** Everything that follows from the definition: problems, lines, summary, buttons. */
  refresh() {
    if (this.pending) cancelAnimationFrame(this.pending);
    this.pending = 0;
    const { editor } = this;
    if (!editor.languages.includes(editor.language)) [editor.language] = editor.languages;
    editor.findProblems();
    this.lines.render();
    this.lines.update();
    this.settings.update();
    this.drawSummary();
    this.undo.disabled = !editor.document.canUndo;
    this.redo.disabled = !editor.document.canRedo;
    if (this.language.dataset.known !== editor.languages.join() + editor.language) {
      this.language.dataset.known = editor.languages.join() + editor.language;
      this.language.replaceChildren(...this.languageSelect());
    }
  }

  goBack() {
    const step = this.editor.document.undo();
    if (step) this.afterwards(step.inverse, this.t("undone", { step: step.label }));
  }

  goForth() {
    const step = this.editor.document.redo();
    if (step) this.afterwards(step.operations, this.t("redone", { step: step.label }));
  }

  /**
   * Says what was undone or done again; the focus goes to what came back, unless it stands somewhere on purpose.
   *
   * @param {Operation[]} operations
   * @param {string} words
   */
  afterwards(operations, words) {
    const active = document.activeElement;
    const isFree = !(active instanceof HTMLElement) || active === document.body || this.toast.contains(active);
    const stays = !isFree && !active.dataset.open;
    this.tell(words);
    const node = operations
      .map((operation) => this.nodeAt(operation))
      .find((found) => found && this.lines.views.has(found));
    if (!stays && node) this.lines.reveal(node);
  }

  /**
   * The section or item that an operation put somewhere, or that stands where it took one away.
   *
   * @param {Operation} operation
   * @returns {LineNode | undefined}
   */
  nodeAt({ op, path }) {
    const found = (/** @type {string} */ pointer) =>
      /** @type {LineNode | undefined} */ (at(this.editor.definition, pointer));
    if (op !== "remove") return found(path);
    const list = path.slice(0, path.lastIndexOf("/"));
    const index = Number(path.slice(list.length + 1));
    return found(`${list}/${index}`) ?? found(`${list}/${index - 1}`) ?? found(list.replace(/\/items$/, ""));
  }

  /**
   * @param {string} words
   * @param {boolean} [undoable]
   */
  tell(words, undoable = false) {
    clearTimeout(this.timer);
    const undo = undoable && button(this.t("undo"), { onClick: () => this.goBack() });
    const hide = () => {
      this.toast.hidden = true;
    };
    const close = h("button.vo-icon-button", { "aria-label": this.t("close"), on: { click: hide } }, icon("cross"));
    this.toast.replaceChildren(h("span", {}, words), undo || unseen(""), close);
    this.toast.hidden = false;
    this.timer = setTimeout(hide, TOAST);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    // Enter in a field must not send the page's form.
    if (event.key === "Enter" && target.matches("input")) event.preventDefault();
    const isCommand = event.ctrlKey || event.metaKey;
    if (!isCommand || isTyping(target) || this.editor.readOnly) return;
    if (event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (event.shiftKey) this.goForth();
      else this.goBack();
    } else if (event.key.toLowerCase() === "y") {
      event.preventDefault();
      this.goForth();
    }
  }

  /** @returns {OutlineHandle} */
  handle() {
    const { editor } = this;
    return {
      definition: () => copied(editor.definition),
      changes: () => editor.document.changes(),
      mark: () => editor.document.mark(),
      reveal: (key) => {
        const node =
          editor.definition.sections.find((section) => section.key === key) ??
          [...allItems(editor.definition)].find(({ item }) => item.key === key)?.item;
        if (!node) return;
        this.lines.reveal(node);
        if (node.item) this.lines.open(node);
      },
      setProblems: (problems) => {
        editor.setProblems(problems);
        this.refresh();
      },
      onChange: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    };
  }
}
